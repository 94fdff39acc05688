"""What must be seen of a badge alone? Hands, times; each proof is a table that a command prints and a test holds."""
