"""What runs on the host: commands, gateway, simulated world."""
