"""What is one life of a badge like, told in words? A seeded day through the real badge and the real gateway."""
