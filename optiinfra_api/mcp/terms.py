"""What the words and units in answers mean, as resources that agents may read."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from mcp.shared.exceptions import MCPError
from mcp_types import INVALID_PARAMS, ReadResourceResult, Resource, TextResourceContents

from optiinfra_core.metrics import METRICS
from optiinfra_core.metrics.model import Column
from optiinfra_core.metrics.performance import UNITS

MARKDOWN = "text/markdown"

TERMS = """# Terms
- period: start inclusive, end exclusive, UTC.
- as_of: the last commit that an answer stands on. freshness_seconds: from then to the answer.
- stale: an account's last success is older than its source's own lag explains.
- complete: every window of the period that should be there is committed; else figures may change.
- coverage: windows expected and committed, over all accounts.
- cost: effective spreads up-front payments over their term; billed is the invoice; contracted and
  list are at negotiated and at public prices.
- finality: open while the period runs, closing while the provider may still change it, final.
- restatement: what the provider changed after it was first served; old, new and delta.
- share: part of the total of its currency, from 0 to 1. percent: in hundredths.
- null: not known, or there is none. Never zero.
- new_effect, gone_effect, usage_effect, price_effect, other_effect: the parts of a change of cost;
  charges that there were none of before, that there are none of now, more or less use at the price
  per unit of before, another price per unit, and charges without a quantity. They add up to it.
- unknown_rows: charges without a cost on the basis asked for; they are in no sum.
"""


@dataclass(frozen=True, slots=True)
class Paper:
    """A resource and its text."""

    resource: Resource
    text: str


def columns() -> Iterator[str]:
    """Every column of every metric type, from the catalogue."""
    yield "# Units of metrics"
    yield from (f"- {name}: {symbol}" for name, symbol in UNITS.items())
    yield "\n# Columns and their meanings"
    for metric in METRICS:
        yield f"\n## {metric.title}"
        yield from (f"- {column.name}: {column.caption}{unit(column)}" for column in metric.columns)


def unit(column: Column) -> str:
    """The column's unit in brackets, if it has one."""
    return f" ({column.unit})" if column.unit else ""


def paper(uri: str, title: str, text: str) -> Paper:
    """A resource of ours."""
    resource = Resource(
        name=uri.rsplit("/", 1)[-1],
        title=title,
        uri=uri,
        description=title,
        mime_type=MARKDOWN,
        size=len(text.encode()),
    )
    return Paper(resource, text)


RESOURCES: Mapping[str, Paper] = {
    each.resource.uri: each
    for each in (
        paper("optiinfra://terms", "What words in answers mean", TERMS),
        paper(
            "optiinfra://columns",
            "Units, and columns of charges, samples and resources",
            "\n".join(columns()),
        ),
    )
}


def read(uri: str) -> ReadResourceResult:
    """The text of a resource.

    Raises:
        MCPError: there is none of that address.
    """
    if uri not in RESOURCES:
        raise MCPError(INVALID_PARAMS, f"there is no resource {uri[:80]!r}: see resources/list")
    held = RESOURCES[uri]
    contents = TextResourceContents(uri=uri, mime_type=MARKDOWN, text=held.text)
    return ReadResourceResult(contents=[contents])
