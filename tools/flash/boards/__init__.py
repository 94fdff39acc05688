"""Boards as data, looked at from the host."""
