"""One question to the warehouse: a .sql file, the shape of its rows, its optional parameters."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from functools import cached_property
from pathlib import Path
from typing import Any, Generic, TypeVar

from optiinfra_core.errors import InvalidRequest, Permanent
from optiinfra_core.warehouse.backwards import Backwards
from optiinfra_core.warehouse.conditions import Conditions

T = TypeVar("T")

FOLDER = Path(__file__).parent / "sql"
PARAMETER = re.compile(r"\{(\w+):([^{}]+)\}")
# Conditions that several questions have in common, by the name that their files leave open.
SHARED: Mapping[str, str] = {"CHARGE_FILTERS": "cost/charge_filters.part"}
TABLE = re.compile(r"\b(?:FROM|JOIN)\s+([a-z]\w+)", re.IGNORECASE)


def uncommented(sql: str) -> str:
    """``sql`` without the lines that are comments.

    They are for readers of the file. A semicolon in one makes the driver read the whole text
    letter by letter: 1.4 ms of each page of charges.
    """
    return "".join(
        line for line in sql.splitlines(keepends=True) if not line.lstrip().startswith("--")
    )


def text_of(path: str) -> str:
    """The text of a file below ``sql``, with what it shares in its place and without comments."""
    text = uncommented((FOLDER / path).read_text(encoding="utf-8"))
    for name, part in SHARED.items():
        if f"${{{name}}}" in text:
            text = text.replace(f"${{{name}}}", text_of(part).rstrip())
    return text


@dataclass(frozen=True)
class Question(Generic[T]):
    """A read that is known in advance. The file is read at the first use, then kept.

    ``optional`` holds the value of each parameter that may be left out; ``choices`` the values a
    parameter may take. Every question binds ``customer_id``. ``backwards`` tells of an answer that
    begins with the newest rows how it is read without reading all of the period. ``gathers`` says
    that the first row of the answer stands on all rows of the period, as in a ranking: a thousand
    rows of it take as long as one.
    """

    path: str
    row: type[T]
    optional: Mapping[str, Any] = field(default_factory=dict)
    choices: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    backwards: Backwards | None = None
    gathers: bool = False

    @cached_property
    def sql(self) -> str:
        """The whole text of the question."""
        return text_of(self.path)

    @cached_property
    def _conditions(self) -> Conditions:
        return Conditions(self.sql)

    def sent(self, bound: Mapping[str, Any]) -> str:
        """The text for the values ``bound``, without the conditions that are unset."""
        return self._conditions.sent(bound)

    @cached_property
    def parameters(self) -> Mapping[str, str]:
        """Name and ClickHouse type of every parameter that the text binds."""
        return dict(PARAMETER.findall(self.sql))

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """The fields of a row, which are the columns of the answer, in order."""
        return tuple(column.name for column in fields(self.row))  # type: ignore[arg-type]

    @cached_property
    def tables(self) -> frozenset[str]:
        """Names that follow FROM and JOIN: tables, and the question's own subqueries."""
        return frozenset(TABLE.findall(self.sql))

    def bind(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Every parameter with its value.

        Raises:
            Permanent: one is missing or unknown, or there is no customer; the caller is wrong.
            InvalidRequest: a value is not among those the question knows.
        """
        bound = {**self.optional, **given}
        missing = sorted(self.parameters.keys() - bound.keys())
        unknown = sorted(bound.keys() - self.parameters.keys())
        if missing or unknown or not bound.get("customer_id"):
            raise Permanent(f"{self.path}: missing {missing}, unknown {unknown}, or no customer_id")
        for name, allowed in self.choices.items():
            if bound[name] not in allowed:
                raise InvalidRequest(
                    f"{name} cannot be {bound[name]!r}", remedy=f"Use one of {', '.join(allowed)}."
                )
        return bound
