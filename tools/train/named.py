"""What are the features called? As their places in firmware/detect/features.py, where the meaning of each stands."""

from firmware.detect import features

NAMES = (
    "peak", "high", "across", "pulse", "size", "cos_after", "cos_before", "cos_landed", "turn_before", "turn_quick",
    "down", "turn_fallen", "turn_after", "cos_least", "light",
)

assert [getattr(features, name.upper()) for name in NAMES] == list(range(features.VALUES))
