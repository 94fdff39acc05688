"""Does the wearer know? Patterns of vibration, as data, and who plays them."""
