"""Commands of tools/kald.py, a file each, with main(words) -> exit code."""
