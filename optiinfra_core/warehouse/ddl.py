"""The columns of our tables as the migrations that make them say."""

import re
from dataclasses import dataclass
from functools import cache

from optiinfra_core.warehouse.migrate import files

_TABLE = re.compile(
    r"CREATE TABLE IF NOT EXISTS \$\{DB\}\.(?P<name>\w+)[^\n]*\n\((?P<body>.*?)^\)",
    re.MULTILINE | re.DOTALL,
)
_ADDED = re.compile(
    r"ALTER TABLE \$\{DB\}\.(?P<name>\w+)[^\n]*\n(?P<body>.*?);", re.MULTILINE | re.DOTALL
)
_COLUMN = re.compile(
    r"^ +(?:ADD COLUMN IF NOT EXISTS )?(?P<name>[a-z]\w*) +"
    r"(?P<kind>[A-Z]\w*(?:\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*\))?)(?P<rest>[^\n]*)$",
    re.MULTILINE,
)
_VIEW = re.compile(r"CREATE VIEW IF NOT EXISTS \$\{DB\}\.(?P<name>\w+)")
_COMMENT = re.compile(r"COMMENT '(?P<text>(?:[^']|'')*)'")


@dataclass(frozen=True, slots=True)
class StoredColumn:
    """A column as it is stored; ``caption`` is empty where the migration says nothing."""

    name: str
    kind: str
    caption: str


@cache
def columns_of(table: str) -> tuple[StoredColumn, ...]:
    """The columns of ``table``, those that were added later last; none where nothing makes it."""
    texts = [path.read_text(encoding="utf-8") for path in files()]
    return tuple(
        _column(found)
        for pattern in (_TABLE, _ADDED)
        for text in texts
        for made in pattern.finditer(text)
        if made["name"] == table
        for found in _COLUMN.finditer(made["body"])
    )


@cache
def views() -> tuple[str, ...]:
    """The views that tools read, in the order in which they are made."""
    texts = (path.read_text(encoding="utf-8") for path in files())
    return tuple(found["name"] for text in texts for found in _VIEW.finditer(text))


def _column(found: re.Match[str]) -> StoredColumn:
    comment = _COMMENT.search(found["rest"])
    caption = comment["text"].replace("''", "'") if comment else ""
    return StoredColumn(found["name"], _plain(found["kind"]), caption)


def _plain(kind: str) -> str:
    """The type of a value; how its parts merge is nobody's business but the server's."""
    merged = re.fullmatch(r"SimpleAggregateFunction\(\w+, (?P<kind>.+)\)", kind)
    return merged["kind"] if merged else kind
