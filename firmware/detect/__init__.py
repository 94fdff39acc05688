"""What happened to the body? Presses and falls, read from levels and samples."""
