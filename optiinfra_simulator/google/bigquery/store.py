"""The export tables of one project in DuckDB: lines of the days that queries need, kept."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from importlib.resources import files
from threading import Lock
from typing import Any

from optiinfra_core.windows import DAY
from optiinfra_simulator.google.bigquery import facets
from optiinfra_simulator.google.bigquery.pruning import Days
from optiinfra_simulator.google.cost.book import FIRST_DAY, Book
from optiinfra_simulator.google.cost.lines import Adjustment, Facet, Line
from optiinfra_simulator.world import dice

_SQL = files("optiinfra_simulator.google.bigquery") / "sql"
_LINES: Mapping[str, str] = {
    "place": "INTEGER",
    "day": "DATE",
    "start": "BIGINT",
    "count": "INTEGER",
    "step": "INTEGER",
    "cost": "BIGINT",
    "listed": "BIGINT",
    "quantity": "DOUBLE",
    "discounted": "BIGINT",
    "promoted": "BIGINT",
    "lag": "BIGINT",
    "cost_type": "VARCHAR",
    "adjustment_info": "STRUCT(id VARCHAR, description VARCHAR, mode VARCHAR, type VARCHAR)",
    "month": "VARCHAR",
}


@dataclass
class Store:
    """A DuckDB database that is filled day by day as queries ask for days."""

    book: Book
    _loaded: set[tuple[str, date]] = field(default_factory=set)
    _places: dict[tuple[str, str], int] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    @cached_property
    def _database(self) -> Any:
        import duckdb  # noqa: PLC0415 - loads with the first query

        database = duckdb.connect(config={"threads": 2})
        database.execute("SET TimeZone = 'UTC'")
        for name, columns in (("lines", _LINES), ("facets", facets.COLUMNS)):
            listed = ", ".join(f'"{column}" {kind}' for column, kind in columns.items())
            database.execute(f"CREATE TABLE {name} ({listed})")
        for name in ("rows", "detailed", "standard", "focus"):
            database.execute((_SQL / f"{name}.sql").read_text())
        return database

    def load(self, days: Days, now: datetime) -> int:
        """Bring every line that queries of ``days`` can need; how many rows those days hold."""
        with self._lock:
            self._load(days, now)
            found = self._database.execute(
                "SELECT coalesce(sum(count), 0) FROM lines WHERE day BETWEEN ? AND ?",
                [days.low, days.high],
            ).fetchall()
        return int(found[0][0])

    def cursor(self) -> Any:
        """A cursor over what was loaded."""
        cursor = self._database.cursor()
        cursor.execute("SET TimeZone = 'UTC'")
        return cursor

    def close(self) -> None:
        """Forget everything; DuckDB complains at the end of a process that still holds one."""
        with self._lock:
            database = self.__dict__.pop("_database", None)
            if database is not None:
                database.close()
            self._loaded.clear()
            self._places.clear()

    def evaluate(self, expression: str) -> Any:
        """The value of a constant expression, None where it has none."""
        import duckdb  # noqa: PLC0415 - as above

        with self._lock:
            try:
                found = self._database.execute(f"SELECT {expression}").fetchall()
            except duckdb.Error:
                return None
        return found[0][0] if found else None

    def _load(self, days: Days, now: datetime) -> None:
        known = len(self._places)
        added: list[Facet] = []
        lines: list[Mapping[str, Any]] = []
        day = max(days.low, FIRST_DAY)
        while day <= days.high:
            wanted = {
                "usage": self.book.ordinary if day >= days.recent else None,
                "booked": self.book.booked,
                "invoiced": lambda day: self.book.invoiced(day, now),
            }
            for kind, drawn in wanted.items():
                found = drawn(day) if drawn and (kind, day) not in self._loaded else ()
                if found:
                    lines.extend(self._line(day, line, added) for line in found)
                    self._loaded.add((kind, day))
            day += DAY
        described = (facets.described(known + at, facet) for at, facet in enumerate(added))
        self._insert("facets", facets.COLUMNS, described)
        self._insert("lines", _LINES, lines)

    def _line(self, day: date, line: Line, added: list[Facet]) -> Mapping[str, Any]:
        place = self._places.get(line.facet.key)
        if place is None:
            place = self._places[line.facet.key] = len(self._places)
            added.append(line.facet)
        return {
            "place": place,
            "day": day,
            "start": line.start,
            "count": line.count,
            "step": line.step,
            "cost": line.cost,
            "listed": line.listed,
            "quantity": line.quantity,
            "discounted": line.discount,
            "promoted": line.promotion,
            "lag": line.lag,
            "cost_type": line.cost_type,
            "adjustment_info": _adjustment(line.adjustment, day, line.facet),
            "month": line.month or None,
        }

    def _insert(
        self, table: str, columns: Mapping[str, str], rows: Iterable[Mapping[str, Any]]
    ) -> None:
        import pyarrow as pa  # noqa: PLC0415 - as DuckDB

        held = list(rows)
        if not held:
            return
        schema = self._database.sql(f"FROM {table} LIMIT 0").to_arrow_table().schema
        arrow = pa.table(
            {name: pa.array([row[name] for row in held], schema.field(name).type)
             for name in columns}
        )  # fmt: skip
        self._database.register("incoming", arrow)
        self._database.execute(f"INSERT INTO {table} FROM incoming")
        self._database.unregister("incoming")


def _adjustment(one: Adjustment | None, day: date, facet: Facet) -> Mapping[str, Any] | None:
    if one is None:
        return None
    return {
        "id": dice.hexadecimal(16, facet.project.id, day, one.type),
        "description": one.description,
        "mode": one.mode,
        "type": one.type,
    }


def seconds(instant: datetime) -> int:
    """Seconds since the epoch."""
    return int(instant.timestamp())
