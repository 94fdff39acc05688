"""What must be done about it? Events in, through one table, effects out."""
