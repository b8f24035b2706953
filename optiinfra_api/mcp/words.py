"""An answer in few words: whose, which period, how fresh, how complete, then a small table."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

CELL = 80
# A cell that is a record of its own.
RECORD = 300
COLUMNS = 14
# Columns that say which row it is come first, so that none of them is left out.
IDENTITIES = ("_id", "_name", "_type", "dimension", "value")
Row = Mapping[str, Any]


def told(answer: Any) -> str:
    """The whole answer as text."""
    if not isinstance(answer, dict):
        return flat(answer)
    rows = answer.get("data")
    lines = [*heading(answer), *answer.get("sentences", ())]
    if isinstance(rows, list):
        lines += table(rows)
        lines += ending(answer)
    else:
        lines += fields(answer)
    return "\n".join(lines)


def heading(answer: Row) -> Iterator[str]:
    """What the answer is about and stands on."""
    if "period" in answer:
        period = answer["period"]
        about = [answer.get("customer_id"), answer.get("provider")]
        about.append(f"{minute(period['start'])} to {minute(period['end'])} UTC, end exclusive")
        basis = answer.get("cost")
        about.append(f"{basis} cost" if basis else None)
        yield ", ".join(str(each) for each in about if each)
    if "as_of" in answer:
        yield freshness(answer)


def freshness(answer: Row) -> str:
    """How old the answer is and what it lacks."""
    if answer["as_of"] is None:
        return "NOTHING COLLECTED YET: no figure here means unknown, not zero."
    age = answer.get("freshness_seconds")
    parts = [f"as of {minute(answer['as_of'])} UTC ({age} s old)" if age is not None else "as of"]
    if "stale" in answer:
        parts.append("STALE: later than its source explains" if answer["stale"] else "not stale")
    if "complete" in answer:
        parts.append(completeness(answer))
    return "; ".join(parts)


def completeness(answer: Row) -> str:
    """Whether every window that should be there is."""
    coverage = answer.get("coverage") or {}
    share = (
        f" ({coverage['committed']} of {coverage['expected']} windows)"
        if {"committed", "expected"} <= coverage.keys()
        else ""
    )
    return f"complete{share}" if answer["complete"] else f"INCOMPLETE{share}: figures may change"


def table(rows: Sequence[Any]) -> Iterator[str]:
    """The rows with the columns that tell anything; what all rows share is told once."""
    if not rows:
        yield "no rows"
        return
    if not all(isinstance(row, dict) for row in rows):
        yield from (flat(row) for row in rows)
        return
    names = list(dict.fromkeys(name for row in rows for name in row))
    alike = {
        name: rows[0].get(name)
        for name in names
        if len(rows) > 1 and all(row.get(name) == rows[0].get(name) for row in rows)
    }
    if shared := [f"{name}={flat(value)}" for name, value in alike.items() if said(value)]:
        yield f"all rows: {', '.join(shared)}"
    telling = [name for name in names if name not in alike and any(name in row for row in rows)]
    telling.sort(key=lambda name: not name.endswith(IDENTITIES))
    shown, rest = telling[:COLUMNS], telling[COLUMNS:]
    yield " | ".join(shown)
    for row in rows:
        yield " | ".join(flat(row[name]) if name in row else "" for name in shown)
    if rest:
        yield f"only in the structured content: {', '.join(rest)}"


def ending(answer: Row) -> Iterator[str]:
    """How many rows, and how to have more."""
    if answer.get("cut"):
        cut = answer["cut"]
        yield f"{cut['shown']} of {cut['rows']} rows: {cut['remedy']}"
    elif answer.get("next_cursor"):
        yield f"{len(answer['data'])} rows; more follow with cursor={answer['next_cursor']}"
    elif answer["data"]:
        yield "no further rows"


def fields(answer: Row) -> Iterator[str]:
    """What an answer that is no list says, a line for each field."""
    for name, value in answer.items():
        if name in HEADING:
            continue
        if isinstance(value, list) and value and isinstance(value[0], dict):
            yield f"{name}:"
            yield from table(value)
        elif said(value):
            yield f"{name}: {flat(value)}"


HEADING = frozenset(
    {"customer_id", "provider", "period", "as_of", "freshness_seconds", "stale", "complete",
     "coverage", "sentences", "cost"}
)  # fmt: skip


def said(value: object) -> bool:
    """Whether a value tells anything; null does: it is not zero."""
    return value is None or value not in ("", [], {})


def flat(value: object) -> str:
    """A value in one cell."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict):
        known = {k: v for k, v in value.items() if v is not None and said(v)}
        return short(" ".join(f"{k}={flat(v)}" for k, v in known.items()), RECORD)
    if isinstance(value, list):
        return short(", ".join(flat(each) for each in value), RECORD)
    return short(str(value), CELL)


def short(text: str, most: int) -> str:
    """The text on one line of bounded length."""
    line = " ".join(text.replace("|", "/").split())
    return line if len(line) <= most else f"{line[: most - 3]}..."


def minute(instant: str) -> str:
    """An instant of the API to the minute."""
    return datetime.fromisoformat(instant).strftime("%Y-%m-%d %H:%M")
