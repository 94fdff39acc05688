"""Who is kept apart from whom? People and sets that a forest never saw are what it is judged by.

Two wearings of one person are one person, and one experiment's waist and neck are one set.
"""

import zlib

FOLDS = 5
FAMILIES = {"fallalld_waist": "fallalld", "fallalld_neck": "fallalld"}


def family(set_name: str) -> str:
    """Return the experiment that a set is of."""
    return FAMILIES.get(set_name, set_name)


def fold(set_name: str, subject: str) -> int:
    """Return the group, 0 to FOLDS - 1, that a person is in: the same wherever and in whatever order it is asked."""
    return zlib.crc32(f"{family(set_name)} {subject}".encode()) % FOLDS


def person_model(set_name: str, subject: str) -> str:
    """Return the name of the held-out forest that saw nobody of this person's group."""
    return f"without people {fold(set_name, subject)}"


def set_model(set_name: str) -> str:
    """Return the name of the held-out forest that saw nothing of this experiment."""
    return f"without {family(set_name)}"
