"""The world that badges are tested in."""
