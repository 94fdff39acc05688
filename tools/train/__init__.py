"""How is the fall detector trained and measured? On the host only; nothing here runs on a badge."""
