"""What are the features called? As their places in firmware/detect/features.py, where the meaning of each stands."""

from firmware.detect import features

NAMES = (
    "peak", "high", "along_least", "pulse", "size", "cos_after", "cos_before", "cos_landed", "cos_ready",
    "restless_before", "down", "turn_fallen", "turn_after", "cos_least", "light", "jolt",
)

assert [getattr(features, name.upper()) for name in NAMES] == list(range(features.VALUES))
