"""A house on one machine: gateway, badges, wearers who act a story, and a time line of what really happened."""
