"""The air between simulated radios: time, LoRa's physics, and one channel that all of them share."""
