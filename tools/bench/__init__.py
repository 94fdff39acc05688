"""What does it cost, and how long does it take? Each file measures one thing; report.py puts the figures together."""
