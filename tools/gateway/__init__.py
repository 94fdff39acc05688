"""The gateway: what badges say, kept on disk before it is acknowledged, and told to colleagues."""
