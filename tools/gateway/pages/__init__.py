"""The pages: what people in the office see, print, and touch. Each of their words stands in pairs: Danish, English."""

from collections.abc import Mapping

from tools.spoken import LANGUAGES


def by_language(*tables: Mapping[str, tuple[str, str]]) -> dict[str, dict[str, str]]:
    """Return {language: {key: word}} of tables of (Danish, English)."""
    return {lang: {key: pair[at] for table in tables for key, pair in table.items()}
            for at, lang in enumerate(LANGUAGES)}
