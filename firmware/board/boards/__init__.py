"""Boards as data: which part sits on which pin."""
