"""What runs on a Python of the badge's: scripts that measure the real firmware and print `name number` lines."""
