"""A change of cost in sentences; every figure in them was computed before."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from optiinfra_api.dependencies.tenant import ALL
from optiinfra_api.schemas.cost_change import Amounts, CostChange, Driver
from optiinfra_api.schemas.envelope import Coverage
from optiinfra_core.metrics.money import plain

# Of each dimension so many are worth a sentence.
TOLD = 3
# What explains, in the order in which it is told; the rest is in the figures.
NOUNS: Mapping[str, str] = {
    "service": "By service",
    "resource": "By resource",
    "account": "By account",
    "region": "By region",
}
VERBS: Mapping[str, str] = {
    "new": "new at", "gone": "gone, was", "rose": "rose by", "fell": "fell by",
}  # fmt: skip
# The parts of a change, in words.
EFFECTS: Mapping[str, str] = {
    "new_effect": "new charges",
    "gone_effect": "charges that ended",
    "usage_effect": "use",
    "price_effect": "price",
    "other_effect": "charges without a quantity",
}
CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Facts:
    """What sentences are made of."""

    answer: CostChange
    narrowed: Mapping[str, str]

    @property
    def subject(self) -> str:
        """Whose cost, where, and of what."""
        cloud = "all clouds" if self.answer.provider == ALL else self.answer.provider
        only = ", ".join(f"{name} {value}" for name, value in self.narrowed.items() if value)
        return f"{cloud}{f' ({only})' if only else ''} cost {self.answer.customer_id}"


def sentences_of(facts: Facts) -> Iterator[str]:
    """The whole first, then what explains it, then what it may lack."""
    answer = facts.answer
    if not answer.totals:
        yield f"{facts.subject} nothing that is known in both periods."
    for total in answer.totals:
        yield whole(facts, total)
        if total.change:
            yield f"Of the change: {effects(total)}."
        rows = [row for row in answer.data if row.currency == total.currency]
        for dimension, noun in NOUNS.items():
            found = [row for row in rows if row.dimension == dimension]
            if found:
                yield f"{noun}: {'; '.join(one(row) for row in found[:TOLD])}."
    for restated in answer.restated:
        yield (
            f"Of the {restated.period} period, providers changed charges by"
            f" {signed(restated.delta)} {restated.currency} in all after their days had ended"
            f" ({restated.changes} changes, the last on {restated.last_detected:%Y-%m-%d})."
        )
    yield from doubts(answer)


def whole(facts: Facts, total: Amounts) -> str:
    """What the period cost and how that differs from the one before."""
    answer = facts.answer
    span = span_of(answer.period.start, answer.period.end)
    before = span_of(answer.previous.start, answer.previous.end)
    told = f"{facts.subject} {money(total.cost)} {total.currency} ({answer.cost}) from {span}"
    if not total.change:
        return f"{told}, the same as from {before}."
    ratio = f" ({abs(total.percent)} %)" if total.percent is not None else ""
    more = "more" if total.change > 0 else "less"
    return (
        f"{told}: {money(abs(total.change))} {total.currency}{ratio} {more}"
        f" than the {money(total.previous)} from {before}."
    )


def one(row: Driver) -> str:
    """One service, resource, account or region."""
    name = f"{row.value or '(none named)'}{f' ({row.label})' if row.label else ''}"
    amount = money(abs(row.change))
    share = f", {row.share} % of the change" if row.share is not None else ""
    return f"{name} {VERBS[row.kind]} {amount} {row.currency}{share}{cause(row)}"


def cause(row: Driver) -> str:
    """What made the difference, where not all of it is new or gone."""
    if row.kind not in {"rose", "fell"}:
        return ""
    quantities = (
        f"; {plain(row.previous_quantity)} to {plain(row.quantity)} {row.unit}"
        if row.previous_quantity is not None
        and row.quantity is not None
        and row.quantity != row.previous_quantity
        else ""
    )
    return f" ({effects(row)}{quantities})"


def effects(amounts: Amounts) -> str:
    """The parts of a change that are not nothing."""
    parts = [
        f"{words} {signed(getattr(amounts, name))}"
        for name, words in EFFECTS.items()
        if getattr(amounts, name)
    ]
    return ", ".join(parts)


def doubts(answer: CostChange) -> Iterator[str]:
    """What the comparison lacks."""
    periods = (
        ("The period", answer.complete, answer.coverage),
        ("The period before", answer.previous_complete, answer.previous_coverage),
    )
    for name, complete, coverage in periods:
        if not complete:
            yield f"{name} is not complete ({counted(coverage)}): the change may still differ."
    if answer.stale:
        yield "The data is older than its sources explain: see source_freshness."


def counted(coverage: Coverage) -> str:
    """How many windows are there."""
    return f"{coverage.committed} of {coverage.expected} windows are committed"


def span_of(start: datetime, end: datetime) -> str:
    """A period with its last day included, where it is made of days."""
    if start.time() == end.time() == datetime.min.time():
        return f"{start:%Y-%m-%d} to {end - timedelta(days=1):%Y-%m-%d}"
    return f"{start:%Y-%m-%d %H:%M} to {end:%Y-%m-%d %H:%M} UTC"


def money(amount: Decimal) -> str:
    """An amount to the cent, exactly where it is a part of one."""
    return plain(amount) if 0 < abs(amount) < CENT else f"{amount.quantize(CENT):f}"


def signed(amount: Decimal) -> str:
    """An amount with its sign."""
    return f"{'+' if amount >= 0 else '-'}{money(abs(amount))}"
