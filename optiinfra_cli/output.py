"""What a command says: one JSON object for programs, or text and tables for people."""

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

from optiinfra_core.errors import OptiInfraError

if TYPE_CHECKING:  # rich takes 0.1 s to import, which --help and --json need not pay
    from rich.console import Console


WIDTH = 160


def plain(value: object) -> Any:
    """A value as JSON knows it: money as decimal strings, instants as RFC 3339 in UTC."""
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, date | Decimal | UUID | Path):
        return str(value)
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(item) for item in value]
    return value


@dataclass(frozen=True, slots=True)
class Output:
    """Where a command's result goes; progress goes to stderr, so that stdout is the result.

    Colours appear only on a terminal, and not with NO_COLOR.
    """

    as_json: bool = False
    _consoles: dict[bool, "Console"] = field(default_factory=dict)

    def result(self, **values: object) -> None:
        """With --json: the one object of the command."""
        if self.as_json:
            sys.stdout.write(json.dumps(plain({"ok": True, **values})) + "\n")
            sys.stdout.flush()

    def say(self, text: str) -> None:
        """A line of the result for people."""
        if not self.as_json:
            self._console(err=False).print(text, highlight=False, soft_wrap=True, markup=False)

    def progress(self, text: str) -> None:
        """What is being done, on stderr."""
        self._console(err=True).print(text, highlight=False, soft_wrap=True, markup=False)

    def table(self, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
        """A table for people; an empty one says so."""
        if self.as_json:
            return
        from rich.table import Table  # noqa: PLC0415 - see TYPE_CHECKING

        cells = [["" if cell is None else str(plain(cell)) for cell in row] for row in rows]
        if not cells:
            self.say("none")
            return
        table = Table(box=None, pad_edge=False, header_style="bold")
        for column in columns:
            table.add_column(column, overflow="fold")
        for row in cells:
            table.add_row(*(cell.replace("[", r"\[") for cell in row))
        self._console(err=False).print(table)

    def _console(self, *, err: bool) -> "Console":
        if err not in self._consoles:
            from rich.console import Console  # noqa: PLC0415 - see TYPE_CHECKING

            stream = sys.stderr if err else sys.stdout
            # A file or a pipe has no width; 80 columns would break words of a table in two.
            width = None if stream.isatty() else WIDTH
            self._consoles[err] = Console(stderr=err, width=width)
        return self._consoles[err]


def report_failure(error: OptiInfraError, *, as_json: bool) -> None:
    """A failure with its remedy: as the JSON object of the command, or as two lines on stderr."""
    problem = {
        "code": error.code,
        "title": error.title,
        "detail": error.detail,
        "remedy": error.remedy,
    }
    if as_json:
        sys.stdout.write(json.dumps({"ok": False, "error": problem}) + "\n")
        sys.stdout.flush()
    else:
        sys.stderr.write(f"{error.title}: {error.detail}\nRemedy: {error.remedy}\n")
