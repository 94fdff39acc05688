"""How does a story read alarms on a gateway's disk? A few columns of each, with the codes as numbers."""

from tools.gateway import enumerations

ALARMS = """SELECT a.id, b.device, b.name, a.alarm_id, a.kind, a.phase AS what, a.badge_phase AS said, a.revision,
            a.practice, a.status AS step, a.taken_by, a.closed_ms, a.uplink_counter AS newest
            FROM alarms a JOIN badges b ON b.pairing = a.pairing"""
_NUMBERS = {column: {name: code for code, name in known.items()} for column, known in (
    ("kind", enumerations.KINDS), ("what", enumerations.PHASES), ("said", enumerations.PHASES),
    ("step", enumerations.STATUSES))}


def alarms(db, more="", words=()):
    """Return the alarms as dicts. db: rows as sqlite3.Row; more: WHERE and ORDER, with `words` for its marks."""
    return [{**row, **{column: known[row[column]] for column, known in _NUMBERS.items()}}
            for row in db.execute(f"{ALARMS} {more}", words)]
