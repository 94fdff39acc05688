"""Of what are the tables' columns made? Codes that stand under their names, keys that a ring closes, times, rows."""

import unicodedata
from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, Column, ForeignKey, Integer, LargeBinary, String, TypeDecorator


def readable(text: bytes) -> str:
    """Return a text as it stands in a file, whatever bits have flipped in it: one letter must not shut a whole house.

    It is the text_factory of every connection to SQLite.
    """
    return text.decode("utf-8", "replace")


def typed(text: str) -> str:
    """Return what a person has typed or pasted, without what nobody sees in it: a phone or Word puts blanks that do not
    break, joiners and tabs between the letters, and who is refused for them cannot know why.
    """
    text = text.replace("\r\n", "\n").replace("\t", " ")
    return "".join({"Cf": "", "Zs": " "}.get(unicodedata.category(one), one) for one in text)


class Code(TypeDecorator[int]):
    """A number of firmware/codes.py to the program, its name in the database. pairs: (number, name).

    spoilt: what stands for a name that is none of ours, as after a bit has flipped on the disk.
    """

    impl = String
    cache_ok = True

    def __init__(self, pairs: tuple[tuple[int, str], ...], spoilt: int | None = None):
        super().__init__()
        self.pairs, self.spoilt = pairs, spoilt
        self.names = dict(pairs)
        self.numbers = {name: number for number, name in pairs}

    def process_bind_param(self, value: int | None, dialect: Any) -> str | None:
        """Return the name."""
        return None if value is None else self.names[value]

    def process_result_value(self, value: Any, dialect: Any) -> int | None:
        """Return the number."""
        return self.number(value)

    def number(self, name: Any) -> int | None:
        """Return the number of a name, `spoilt` of one that is none."""
        return None if name is None else self.numbers.get(name, self.spoilt)


class Key(TypeDecorator[bytes]):
    """A badge's key, as the Ring of its engine's dialect keeps it (tools/gateway/key_ring.py)."""

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: bytes | None, dialect: Any) -> bytes | None:
        """Return what may lie on the disk."""
        ring = getattr(dialect, "kald_ring", None)
        return ring.close(value) if ring and value is not None else value

    def process_result_value(self, value: Any, dialect: Any) -> bytes | None:
        """Return the key."""
        ring = getattr(dialect, "kald_ring", None)
        return ring.open(value) if ring and value is not None else value


def _among(name: str, words: Iterable[str]) -> CheckConstraint:
    return CheckConstraint(f"{name} IN ({', '.join(repr(word) for word in words)})", name=name)


def code(name: str, names: Mapping[int, str], spoilt: int | None = None, **more: Any) -> Column[Any]:
    """Return a column of codes that stand under their `names`. spoilt: as for Code."""
    return Column(name, Code(tuple(names.items()), spoilt), _among(name, names.values()), **more)


def word(name: str, words: Iterable[str], **more: Any) -> Column[Any]:
    """Return a column of `words`."""
    return Column(name, String, _among(name, words), **more)


def within(name: str, least: int, most: int, **more: Any) -> Column[Any]:
    """Return a column of whole numbers from `least` to `most`."""
    return Column(name, Integer, CheckConstraint(f"{name} BETWEEN {least} AND {most}", name=name), **more)


def time(name: str, **more: Any) -> Column[Any]:
    """Return a column of Unix milliseconds, or of how many."""
    return Column(name, BigInteger, **more)


def row(name: str, of: str, **more: Any) -> Column[Any]:
    """Return a column of rows `of` another table."""
    return Column(name, Integer, ForeignKey(of), **more)
