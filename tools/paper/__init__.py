"""What the house prints and draws from the firmware's own data."""
