"""Chips at register level; they run on CPython and on MicroPython."""
