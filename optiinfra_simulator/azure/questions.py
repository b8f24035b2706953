"""A Cost Management query: its body, understood."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from optiinfra_core.windows import DAY
from optiinfra_simulator.azure.answers import AzureError, bad_request
from optiinfra_simulator.azure.charges import Charge
from optiinfra_simulator.azure.dimensions import DIMENSIONS

AGGREGATED = ("UsageQuantity", "PreTaxCost", "Cost", "CostUSD", "PreTaxCostUSD")
TYPES = ("Usage", "ActualCost", "AmortizedCost")
GRANULARITIES = ("None", "Daily", "Monthly")
# The models of the API say two; it takes fifteen.
_MOST_GROUPS = 15
_MOST_DAYS = 31
_A_YEAR = timedelta(days=366)

Test = Callable[[Charge], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A query over the days from ``first`` to ``last``, both included.

    ``groups`` are (kind, name): dimensions and keys of tags.
    """

    kind: str
    first: date
    last: date
    granularity: str
    aggregations: tuple[str, ...]
    groups: tuple[tuple[str, str], ...]
    keeps: Test
    sorting: tuple[tuple[str, bool], ...]
    with_tags: bool

    @property
    def amortised(self) -> bool:
        """Whether purchases are spread over what they buy."""
        return self.kind == "AmortizedCost"

    @property
    def months(self) -> int:
        """The months of data it reads: so many query units it costs."""
        months = (self.last.year - self.first.year) * 12 + self.last.month - self.first.month
        return max(1, months + 1)


def invalid(message: str) -> AzureError:
    """What Cost Management says to a definition that cannot be meant."""
    return bad_request(f"Invalid query definition: {message}")


def read(body: Mapping[str, Any], now: datetime) -> Question:
    """The query that a body describes.

    Raises:
        AzureError: 400, it describes none.
    """
    dataset = body.get("dataset") or body.get("dataSet") or {}
    granularity = _one_of(str(dataset.get("granularity") or "None"), GRANULARITIES, "granularity")
    first, last = _period(body, now)
    if last < first:
        raise invalid("the time period ends before it begins.")
    if granularity == "Daily" and (last - first) // DAY + 1 > _MOST_DAYS:
        raise invalid(f"with daily granularity no more than {_MOST_DAYS} days may be asked for.")
    if last - first > _A_YEAR:
        raise bad_request("The time period for pulling the data cannot exceed 1 year(s)")
    return Question(
        kind=_one_of(str(body.get("type") or ""), TYPES, "type"),
        first=first,
        last=last,
        granularity=granularity,
        aggregations=_aggregations(dataset.get("aggregation") or {}),
        groups=_groups(dataset.get("grouping") or ()),
        keeps=_test(dataset.get("filter") or {}),
        sorting=tuple(
            (str(one["name"]), str(one.get("direction", "")).lower() == "descending")
            for one in dataset.get("sorting") or ()
        ),
        with_tags="Tags" in (dataset.get("include") or ()),
    )


def _one_of(told: str, known: tuple[str, ...], what: str) -> str:
    for one in known:
        if one.lower() == told.lower():
            return one
    raise invalid(f"{what} '{told}' is not one of {', '.join(known)}.")


def _period(body: Mapping[str, Any], now: datetime) -> tuple[date, date]:
    today = now.date()
    this_month = today.replace(day=1)
    match str(body.get("timeframe") or "").lower():
        case "custom":
            period = body.get("timePeriod") or {}
            return _day(period.get("from")), _day(period.get("to"))
        case "monthtodate" | "billingmonthtodate":
            return this_month, today
        case "thelastmonth" | "thelastbillingmonth":
            last = this_month - DAY
            return last.replace(day=1), last
        case "weektodate":
            return today - today.weekday() * DAY, today
        case other:
            raise invalid(f"timeframe '{other}' is not known.")


def _day(told: Any) -> date:
    try:
        found = datetime.fromisoformat(str(told))
    except ValueError:
        raise invalid("time period 'from' and 'to' must be times.") from None
    return (found.astimezone(UTC) if found.tzinfo else found).date()


def _aggregations(told: Mapping[str, Any]) -> tuple[str, ...]:
    names = tuple(str(one.get("name")) for one in told.values())
    for name in names:
        if name not in AGGREGATED:
            valid = ", ".join(f"'{one}'" for one in AGGREGATED)
            raise invalid(f"Invalid dataset aggregation: '{name}'. Valid values: {valid}.")
    return names


def _groups(told: Any) -> tuple[tuple[str, str], ...]:
    if len(told) > _MOST_GROUPS:
        raise invalid(f"no more than {_MOST_GROUPS} groups may be asked for.")
    found = tuple((str(one.get("type")), str(one.get("name"))) for one in told)
    for kind, name in found:
        if kind == "Dimension" and name not in DIMENSIONS:
            valid = ", ".join(f"'{one}'" for one in DIMENSIONS)
            raise invalid(f"Invalid dataset grouping: '{name}'; valid values: {valid}.")
        if kind not in ("Dimension", "TagKey", "Tag"):
            raise invalid(f"the type of a group is not '{kind}'.")
    return found


def _test(told: Mapping[str, Any]) -> Test:
    """Whether a charge passes a filter: dimensions and tags, with ``and`` and ``or``."""
    lower = {str(name).lower(): value for name, value in told.items()}
    if not lower:
        return lambda _: True
    if "and" in lower:
        parts = [_test(one) for one in lower["and"]]
        return lambda charge: all(part(charge) for part in parts)
    if "or" in lower:
        parts = [_test(one) for one in lower["or"]]
        return lambda charge: any(part(charge) for part in parts)
    if "not" in lower:
        inner = _test(lower["not"])
        return lambda charge: not inner(charge)
    return _comparison(lower)


def _comparison(told: Mapping[str, Any]) -> Test:
    kind = "tags" if "tags" in told else "dimensions"
    one = {str(name).lower(): value for name, value in (told.get(kind) or {}).items()}
    name, wanted = str(one.get("name")), {str(value).lower() for value in one.get("values") or ()}
    if kind == "tags":
        return lambda charge: charge.tags.get(name, "").lower() in wanted
    getter = DIMENSIONS.get(name)
    if getter is None:
        raise invalid(f"Invalid dataset filter: '{name}'.")
    return lambda charge: (getter(charge) or "").lower() in wanted
