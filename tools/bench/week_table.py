"""How is a simulated week told? A table with a row a day, and the same as one object."""

from collections.abc import Callable

from tools.bench import week_days
from tools.bench.week import Lived
from tools.bench.week_days import Row
from tools.sim.energy import model

Show = Callable[[Row], str]
Column = tuple[str, str, int, Show]  # group, name, width, value of a row


def _columns(rows: list[Row]) -> list[Column]:
    columns: list[Column] = [
        ("", "day", 3, lambda row: str(row["day"])),
        ("heap, bytes", "taken", 7, lambda row: str(row["taken"])),
        ("heap, bytes", "free", 7, lambda row: str(row["free"])),
        ("heap, bytes", "one piece", 10, lambda row: str(row["one_piece"])),
        ("flash", "entries", 9, lambda row: str(row["entries"])),
        ("flash", "erases", 7, lambda row: str(row["erases"])),
        ("watchdog", "feeds", 9, lambda row: str(row["feeds"])),
        ("watchdog", "gap ms", 7, lambda row: str(row["gap_ms"])),
    ]
    for name in rows[0]["frames"]:
        columns.append(("frames sent", name, max(7, len(name) + 1), _sent(name)))
    columns.append(("alarms", "alarms", 8, lambda row: str(row["alarms"])))
    columns.append(("alarms", "tests", 6, lambda row: str(row["tests"])))
    for name in told_parts(rows):
        short = name.removeprefix("chip ")
        columns.append(("mAh", short, max(7, len(short) + 2), _drawn(name)))
    columns.append(("mAh", "all", 7, lambda row: f"{sum(row['mah'].values()):.1f}"))
    columns.append(("", "  reported", 2, lambda row: "  " + _causes(row)))
    return columns


def _sent(name: str) -> Show:
    return lambda row: str(row["frames"][name])


def _drawn(part: str) -> Show:
    return lambda row: f"{row['mah'][part]:.1f}"


def told_parts(rows: list[Row]) -> list[str]:
    """Return the parts that draw what is worth telling, 0.05 mAh on some day, in the model's order."""
    return [part for part in rows[0]["mah"] if any(row["mah"][part] >= 0.05 for row in rows)]


def _causes(row: Row) -> str:
    return ", ".join(name if n == 1 else f"{name} {n} times" for name, n in row["causes"].items()) or "-"


def table(lived: Lived) -> str:
    """Return the week as lines for people: a row a day, what it comes to, and what is wrong with it."""
    rows = week_days.rows(lived)
    columns = _columns(rows)
    groups = ""
    at = 0
    for i, (group, _, width, _) in enumerate(columns):
        if group and (not i or columns[i - 1][0] != group):
            groups = groups.ljust(at + 2) + group
        at += width
    lines = [groups, "".join(name.rjust(width) for _, name, width, _ in columns)]
    lines += ["".join(show(row).rjust(width) for _, _, width, show in columns) for row in rows]
    return "\n".join([*lines, "", *said(lived)])


def said(lived: Lived) -> list[str]:
    """Return [sentences]: what the week comes to, and what is wrong with it."""
    mah = sum(week_days.parts(lived, 0, len(lived.hours) - 1).values())
    lines = [
        f"{lived.bits}-bit MicroPython, heap of {lived.heap_kb * lived.bits // 32} KB: {lived.growth()} bytes more "
        f"taken than after the start, in one piece never less than {lived.least_piece()}",
        f"flash: {week_days.years(lived):.0f} years of such days; charge: {mah / lived.days:.1f} mAh a day on "
        f"{week_days.BOARD}, {lived.days * 24 * model.CELL_MAH / mah:.0f} h on {model.CELL_MAH} mAh",
        f"{lived.hours_per_minute():.0f} hours of a badge in a minute of a core",
    ]
    wrong = week_days.troubles(lived)
    return lines + ([f"WRONG: {sentence}" for sentence in wrong] or ["all within bounds"])


def figures(lived: Lived) -> dict[str, object]:
    """Return the week as one object: rows by day, looks by hour, and what is wrong."""
    return {
        "radio": lived.radio,
        "days": lived.days,
        "word_bits": lived.bits,
        "heap_kb": lived.heap_kb * lived.bits // 32,
        "grown_bytes": lived.growth(),
        "least_piece_bytes": lived.least_piece(),
        "flash_years": round(week_days.years(lived)),
        "badge_hours_per_minute": round(lived.hours_per_minute(), 1),
        "rows": week_days.rows(lived),
        "hours": list(lived.hours),
        "troubles": week_days.troubles(lived),
    }
