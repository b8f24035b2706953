"""BigQuery's SQL as DuckDB understands it, over tables as they were at an instant."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from optiinfra_simulator.google.bigquery.parameters import substituted
from optiinfra_simulator.google.bigquery.pruning import Days
from optiinfra_simulator.google.rest.errors import GoogleError

_PSEUDO = ("_PARTITIONTIME", "_PARTITIONDATE")


@dataclass(frozen=True, slots=True)
class Reference:
    """A table as a statement names it; ``project`` is empty where it names none."""

    project: str
    dataset: str
    table: str


@dataclass(frozen=True, slots=True)
class Place:
    """Where a table's rows are: the macro that gives them, known when, of which days."""

    macro: str
    known: int
    days: Days


@dataclass(frozen=True, slots=True)
class Reading:
    """A reference, the SELECT that reads it, and where it stands in the tree."""

    reference: Reference
    select: Any
    node: Any


@dataclass
class Statement:
    """One SELECT, parsed, with its parameters put in."""

    tree: Any

    @classmethod
    def read(cls, sql: str, parameters: Sequence[Mapping[str, Any]], now: datetime) -> "Statement":
        """The statement that a text is.

        Raises:
            GoogleError: it is not one SELECT of BigQuery's SQL.
        """
        import sqlglot  # noqa: PLC0415 - loads with the first query
        from sqlglot import exp  # noqa: PLC0415 - as above

        try:
            trees = [tree for tree in sqlglot.parse(sql, read="bigquery") if tree is not None]
        except sqlglot.errors.SqlglotError as error:
            raise refused(f"Syntax error: {_first_line(error)}") from None
        if len(trees) != 1 or not isinstance(trees[0], exp.Query):
            raise refused("Only one SELECT at a time is simulated.")
        tree = substituted(trees[0], parameters)
        return cls(_clocked(_typed(tree), now))

    def readings(self) -> list[Reading]:
        """Every place where a table is read that is no subquery of the statement's own."""
        from sqlglot import exp  # noqa: PLC0415 - as above

        own = {one.alias_or_name.lower() for one in self.tree.find_all(exp.CTE)}
        found = []
        for node in self.tree.find_all(exp.Table):
            if not node.args.get("db") and node.name.lower() in own:
                continue
            parts = [part.name for part in node.parts]
            if len(parts) == 1 and "." in parts[0]:
                parts = parts[0].split(".")
            project, dataset, table = ("", *parts) if len(parts) == 2 else (*parts, "", "")[:3]  # noqa: PLR2004
            reference = Reference(project, dataset, table)
            found.append(Reading(reference, node.find_ancestor(exp.Select), node))
        return found

    def columns(self) -> int:
        """How many columns it names; all of a table's where it says ``*``."""
        from sqlglot import exp  # noqa: PLC0415 - as above

        named = len({node.name.lower() for node in self.tree.find_all(exp.Column)})
        return named + (40 if self.tree.find(exp.Star) else 0)

    def written(self, place: Callable[[Reading], Place]) -> str:
        """The statement for DuckDB; ``place`` says where each table's rows are."""
        for reading in self.readings():
            _replace(reading, place(reading))
        _name_columns(self.tree)
        return str(self.tree.sql(dialect="duckdb"))


def _replace(reading: Reading, place: Place) -> None:
    import sqlglot  # noqa: PLC0415 - as above
    from sqlglot import exp  # noqa: PLC0415 - as above

    named = {node.name.upper() for node in reading.select.find_all(exp.Column)}
    pseudo = [name for name in _PSEUDO if name in named]
    hidden = ", ".join(name for name in _PSEUDO if name not in named)
    star = f"* EXCLUDE ({hidden})" if hidden else "*"
    days = f"DATE '{place.days.low}', DATE '{place.days.high}'"
    inner = sqlglot.parse_one(
        f"SELECT {star} FROM {place.macro}({place.known}, {days})",  # noqa: S608 - of our own names
        read="duckdb",
    )
    alias = reading.node.alias or reading.reference.table
    replacement = inner.subquery(alias=exp.to_identifier(alias, quoted=True))
    for key in ("joins", "laterals"):
        if reading.node.args.get(key):
            replacement.set(key, reading.node.args[key])
    reading.node.replace(replacement)
    if pseudo:
        # Pseudo columns are read only where they are named.
        for node in reading.select.expressions:
            if isinstance(node, exp.Star):
                node.set("except_", [exp.to_identifier(name) for name in pseudo])


def _typed(tree: Any) -> Any:
    """NUMERIC has nine decimals and BIGNUMERIC more than DuckDB; IN UNNEST becomes a function."""
    from sqlglot import exp  # noqa: PLC0415 - as above

    kinds = exp.DataType.Type
    decimals = {kinds.DECIMAL: 9, kinds.BIGDECIMAL: 18}

    def patched(node: Any) -> Any:
        if isinstance(node, exp.DataType) and node.this in decimals and not node.expressions:
            return exp.DataType.build(f"DECIMAL(38, {decimals[node.this]})")
        if isinstance(node, exp.In) and node.args.get("unnest"):
            listed = node.args["unnest"].expressions[0]
            return exp.func("list_contains", listed.copy(), node.this.copy(), dialect="duckdb")
        if isinstance(node, exp.Extract) and node.name.upper() == "DATE":
            return exp.cast(node.expression.copy(), "DATE")
        return node

    return tree.transform(patched)


def _clocked(tree: Any, now: datetime) -> Any:
    """The simulated clock in place of the machine's."""
    import sqlglot  # noqa: PLC0415 - as above
    from sqlglot import exp  # noqa: PLC0415 - as above

    def patched(node: Any) -> Any:
        if isinstance(node, exp.CurrentTimestamp):
            return sqlglot.parse_one(f"TIMESTAMP '{now.isoformat()}'", read="bigquery")
        if isinstance(node, exp.CurrentDate):
            return sqlglot.parse_one(f"DATE '{now:%Y-%m-%d}'", read="bigquery")
        return node

    return tree.transform(patched)


def _name_columns(tree: Any) -> None:
    """Give columns without a name the ones that BigQuery gives them."""
    from sqlglot import exp  # noqa: PLC0415 - as above

    if not isinstance(tree, exp.Select):
        return
    named = []
    for number, node in enumerate(tree.expressions):
        unnamed = not isinstance(node, exp.Star) and not node.alias_or_name
        named.append(exp.alias_(node, f"f{number}_") if unnamed else node)
    tree.set("expressions", named)


def refused(message: str) -> GoogleError:
    """The refusal of a statement that cannot be run."""
    return GoogleError(400, message, "invalidQuery")


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0][:300]
