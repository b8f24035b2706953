# ruff: noqa: INP001 - a script beside the pages that it writes
"""Writes the tables of settings, data dictionary, clouds, FOCUS and tools from what they describe.

`python -m docs.generate` rewrites them between their markers; tests/docs proves them current.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from pydantic.fields import FieldInfo

from optiinfra_api.mcp.operations import Operation, operations_of
from optiinfra_core.collecting.catalogue import CredentialField, DataTypeInfo, ProviderInfo
from optiinfra_core.focus.rules import RULES
from optiinfra_core.metrics import METRICS, Kind, Metric
from optiinfra_core.metrics.money import plain
from optiinfra_core.metrics.performance import UNITS
from optiinfra_core.settings import Settings
from optiinfra_core.warehouse import migrate
from optiinfra_pipelines.publish import describe
from optiinfra_pipelines.registry import providers

DOCS = Path(__file__).parent
MIGRATIONS = Path(migrate.__file__).parent / "migrations"
MARKED = re.compile(r"(<!-- begin: (?P<name>\S+) -->\n).*?(<!-- end: (?P=name) -->)", re.DOTALL)
TABLE = re.compile(
    r"(?P<why>(?:^-- [^\n]*\n)+)CREATE TABLE IF NOT EXISTS \$\{DB\}\.(?P<name>\w+)[^\n]*\n\("
    r"(?P<body>.*?)^\)",
    re.MULTILINE | re.DOTALL,
)
COLUMN = re.compile(r"^ {4}(?P<name>\w+) +(?P<rest>.+?),?$", re.MULTILINE)
TYPE = re.compile(r"\w+(?:\([^()]*(?:\([^()]*\)[^()]*)*\))?")
CAPTION = re.compile(r"COMMENT '(?P<text>[^']*)'")
BOUNDS: Mapping[str, str] = {"Ge": "at least", "Le": "at most"}


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table in Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(map(cell, line))} |\n" for line in lines)


def cell(text: str) -> str:
    """A text that neither ends its cell nor is taken for HTML."""
    kept = text.replace("|", r"\|")
    return kept if text.startswith("`") else kept.replace("<", "&lt;")


def settings() -> str:
    """Every setting: variable, default, accepted values, meaning."""
    rows = [
        [f"`OPTIINFRA_{name.upper()}`", default_of(field), accepted(field), field.description or ""]
        for name, field in Settings.model_fields.items()
    ]
    return table(("variable", "default", "accepts", "meaning"), rows)


def default_of(field: FieldInfo) -> str:
    """The default as a person writes it."""
    value = field.default
    if value is None or value in ((), ""):
        return "unset"
    if isinstance(value, Path):
        return f"`{str(value).replace(str(Path.home()), '~')}`"
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


def accepted(field: FieldInfo) -> str:
    """What values are taken: bounds, a pattern, or that it is a secret."""
    told = [
        f"{BOUNDS[type(bound).__name__]} {getattr(bound, type(bound).__name__.lower())}"
        for bound in field.metadata
        if type(bound).__name__ in BOUNDS
    ]
    patterns = [getattr(bound, "pattern", None) for bound in field.metadata]
    told += [f"`{pattern}`" for pattern in patterns if pattern]
    return ", ".join(told + ["secret"] * ("Secret" in str(field.annotation)))


def metric(found: Metric) -> str:
    """A metric type: its window, what identifies a row, and its columns."""
    identity = identified(found)
    summed = ", ".join(f"`{name}`" for name in found.additive)
    added = f" Where a source gives the same row twice, {summed} are added up." if summed else ""
    intro = (
        f"Table `{found.table}`; data type `{found.name}` of the API; one write replaces windows"
        f" of {length(found.window.total_seconds())}.\n\n"
        f"A row is identified by customer, provider, account and {identity}.{added}\n\n"
    )
    rows = [
        [f"`{one.name}`", kind(one.kind), one.caption + (f" ({one.unit})" if one.unit else "")]
        for one in found.columns
    ]
    return intro + table(("column", "type", "meaning"), rows)


def identified(found: Metric) -> str:
    """What, with customer, provider and account, tells one row from another."""
    if not found.digest:
        return ", ".join(f"`{name}`" for name in found.key)
    told = (*found.key, *found.additive)
    others = [f"`{one.name}`" for one in found.columns if one.name not in told]
    left = f" and {', '.join(others)}" if others else ""
    hashed = f"(`{found.digest}` is their hash)"
    return f"every column but the amounts that are added up{left} {hashed}"


def length(seconds: float) -> str:
    """A window's length in words."""
    return "a UTC day" if seconds == 86400 else f"{seconds / 60:.0f} minutes"  # noqa: PLR2004


def kind(of: Kind) -> str:
    """The ClickHouse type of a column."""
    return f"`{of.value}`"


def units() -> str:
    """The canonical names of what is sampled."""
    return table(("metric", "unit"), [[f"`{name}`", f"`{unit}`"] for name, unit in UNITS.items()])


def focus_rules() -> str:
    """Every rule that stored charges are held against."""
    rows = [[f"`{rule.id}`", rule.sentence, rule.gravity.value] for rule in RULES]
    return table(("rule", "says", "if broken"), rows)


def focus_gaps() -> str:
    """What the sources of each provider are known not to tell."""
    rows = [
        [
            cloud.title,
            f"`{gap.source}`",
            ", ".join(sorted(f"`{rule}`" for rule in gap.rules)),
            gap.why,
        ]
        for cloud in providers().values()
        for gap in cloud.focus_gaps
    ]
    return table(("provider", "source", "rules", "why"), rows)


def other_tables() -> str:
    """Tables that no provider fills, from the migrations that make them."""
    mine = {each.table for each in METRICS}
    return "\n".join(described(found) for found in migrated() if found["name"] not in mine)


def migrated() -> Iterator[re.Match[str]]:
    """Every table that the migrations create."""
    for path in sorted(MIGRATIONS.glob("*.sql")):
        yield from TABLE.finditer(path.read_text())


def described(found: re.Match[str]) -> str:
    """A table's reason and columns."""
    why = " ".join(line.removeprefix("-- ") for line in found["why"].splitlines())
    return f"### {found['name']}\n{sentence(why.removeprefix('Why: '))}\n\n" + table(
        ("column", "type", "meaning"), columns(found["body"])
    )


def sentence(text: str) -> str:
    """The text with a capital at its start."""
    return text[:1].upper() + text[1:]


def columns(body: str) -> Iterator[list[str]]:
    """Name, type and comment of each column in a table's definition."""
    for found in COLUMN.finditer(body):
        caption = CAPTION.search(found["rest"])
        told = TYPE.match(found["rest"])
        meaning = caption["text"] if caption else ""
        yield [f"`{found['name']}`", f"`{told[0] if told else ''}`", meaning]


def clouds() -> str:
    """Every installed provider, from its manifest."""
    return "\n".join(cloud(describe(found)) for found in providers().values())


def cloud(info: ProviderInfo) -> str:
    """A provider: what it supplies, what it cannot give, what its credential takes."""
    return (
        f"## {info.title} (`{info.slug}`)\n{supplied(info.data_types)}\n"
        f"{missing(info)}\n{entered(info.credential)}"
    )


def supplied(data_types: Iterable[DataTypeInfo]) -> str:
    """Data types with the rhythm and price of a typical source."""
    rows = [
        [
            f"`{each.name}`", span(each.min_interval_seconds), span(each.lag_seconds),
            span(each.history_seconds) if each.history_seconds else "the present only",
            f"{plain(round(each.usd_per_call, 6))} USD",
        ]
        for each in data_types
    ]  # fmt: skip
    return table(("data type", "asked at most every", "expected after", "reaches", "a call"), rows)


def missing(info: ProviderInfo) -> str:
    """What the provider cannot give, the metric types it has no collector for included."""
    held = {each.name for each in info.data_types}
    without = {each.name: "Its API does not offer it." for each in METRICS if each.name not in held}
    told = {**without, **info.not_supported}
    rows = [[f"`{name}`", why] for name, why in told.items()]
    return table(("not supported", "why"), rows) if rows else "Nothing is known to be missing.\n"


def entered(fields: Iterable[CredentialField], inside: str = "") -> str:
    """The fields that a customer enters, those of nested models after a dot."""
    return table(
        ("credential field", "type", "required", "meaning"), list(field_rows(fields, inside))
    )


def field_rows(fields: Iterable[CredentialField], inside: str) -> Iterator[list[str]]:
    """A row for each field."""
    for each in fields:
        kept = "sealed " if each.secret else ""
        needed = "yes" if each.required else "no"
        yield [f"`{inside}{each.name}`", f"{kept}{each.type.value}", needed, each.description]
        yield from field_rows(each.fields, f"{inside}{each.name}.")


def span(seconds: int) -> str:
    """A length of time in its largest whole unit."""
    for unit, size in (("day", 86400), ("hour", 3600), ("minute", 60)):
        if seconds and seconds % size == 0:
            return f"{seconds // size} {unit}{'s' * (seconds > size)}"
    return f"{seconds} seconds" if seconds else "0"


def tools() -> str:
    """Every tool of the MCP server: the reads of the API's committed description."""
    found = operations_of(json.loads((DOCS / "openapi.json").read_text())).values()
    rows = [
        [f"`{each.name}`", each.description.split("\n\n")[0].replace("\n", " "), opened_by(each)]
        for each in found
    ]
    return table(("tool", "tells", "scope"), rows)


def opened_by(operation: Operation) -> str:
    """The scopes that open a tool."""
    if operation.accepted:
        return "any that reads"
    return ", ".join(f"`{scope}`" for scope in sorted(operation.demanded)) or "any"


SECTIONS: Mapping[str, Callable[[], str]] = {
    "settings": settings,
    **{each.name: partial(metric, each) for each in METRICS},
    "units": units,
    "other-tables": other_tables,
    "clouds": clouds,
    "focus-rules": focus_rules,
    "focus-gaps": focus_gaps,
    "tools": tools,
}
PAGES = ("settings.md", "data-dictionary.md", "clouds.md", "focus.md", "mcp.md")


def current(text: str) -> str:
    """A page with its marked sections written anew."""

    def fresh(marked: re.Match[str]) -> Any:
        return f"{marked[1]}{SECTIONS[marked['name']]()}{marked[3]}"

    return MARKED.sub(fresh, text)


def main() -> None:
    """Rewrite the pages."""
    for page in PAGES:
        path = DOCS / page
        path.write_text(current(path.read_text()))


if __name__ == "__main__":
    main()
