"""Which series of scores got worse, against what, and what changed with it; nothing is read here.

Each UTC day begins a watch that lasts seven days and compares with the pinned baseline or the
seven days before it; a version that was not there before begins one against the version before
it. A watch looks at its whole stretch after every window without spending its false alarms, so
that a slow drop of a small application is found in days and a clear one within the hour. Only
scores of one judge, model and rubric are ever compared; a step of the judge on its labelled items
ends what came before it.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from operator import attrgetter

from optiinfra_core.applications.baseline import VERSIONS, Pinned
from optiinfra_core.applications.statistics.intervals import Rate
from optiinfra_core.applications.statistics.sequential import (
    FALSE_ALARMS,
    FEWEST,
    LEAST_EFFECT,
    Items,
    Watch,
)
from optiinfra_core.applications.statistics.variation import between_days, of_a_mean
from optiinfra_core.applications.statistics.verdict import of_rates
from optiinfra_core.applications.statistics.weighted import Sums
from optiinfra_core.warehouse.questions.alarms import BaselineDay, Slice, WatchedItems

WATCHED_DAYS = 7
BASELINE_DAYS = 7
# Seven days tell the variation between days too badly: 5 % false alarms where it is four points.
VARIATION_DAYS = 14
# How far back a pinned version and the first sight of a version are looked for.
MEMORY_DAYS = 30
# Days and a release may each raise a false alarm: together they keep the promise of one.
EACH = FALSE_ALARMS / 2
# A value that is new weighs less than this share of the baseline.
NEW = 0.01

_BY = ("application_id", "environment", "metric_name", "judge", "judge_model", "rubric_version")
Name = tuple[str, str, str, str, str, str]
series_of = attrgetter(*_BY)


@dataclass(frozen=True, slots=True)
class History:
    """What is known of one series: its days, and the items of those that are watched."""

    days: tuple[BaselineDay, ...]
    items: tuple[WatchedItems, ...]

    def after(self, step: date | None) -> "History":
        """Without the days up to a step of the judge."""
        if step is None:
            return self
        return History(
            tuple(day for day in self.days if day.day > step),
            tuple(item for item in self.items if item.day > step),
        )


@dataclass(frozen=True, slots=True)
class Stretch:
    """Items that are compared with a baseline; ``against`` names it for people.

    ``known`` are the days that tell how much the series varies when nothing changed.
    """

    against: str
    baseline: tuple[BaselineDay, ...]
    items: tuple[WatchedItems, ...]
    known: tuple[BaselineDay, ...]

    @property
    def between(self) -> float:
        """The variance between the two sides that is the days' own."""
        days: dict[date, list[BaselineDay]] = defaultdict(list)
        for day in self.known:
            days[day.day].append(day)
        rates = [_day_sums(held).as_rate() for held in days.values()]
        return of_a_mean(
            between_days([rate for rate in rates if rate is not None]),
            len({day.day for day in self.baseline}),
            len({item.day for item in self.items}),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A stretch that is worse: ``evidence`` is the natural logarithm of the wealth."""

    against: str
    began_at: datetime
    baseline: Rate
    current: Rate
    judged: int
    evidence: float
    attributed_to: str = ""
    attributed_value: str = ""
    together: tuple[str, ...] = ()

    @property
    def detail(self) -> str:
        """The finding as a sentence."""
        said = (
            f"{self.current.value:.1%} of {self.judged} judged calls failed"
            f" against {self.baseline.value:.1%} in {self.against}"
        )
        return f"{said}; changed together: {', '.join(self.together)}" if self.together else said


def histories(days: Iterable[BaselineDay], items: Iterable[WatchedItems]) -> Mapping[Name, History]:
    """The rows of each series together."""
    held: dict[Name, tuple[list[BaselineDay], list[WatchedItems]]] = defaultdict(lambda: ([], []))
    for day in days:
        held[series_of(day)][0].append(day)
    for item in items:
        held[series_of(item)][1].append(item)
    return {name: History(tuple(d), tuple(i)) for name, (d, i) in held.items()}


def findings(history: History, today: date, pinned: Pinned | None = None) -> list[Finding]:
    """Every stretch that is worse than its baseline, the clearest first."""
    found = [_examined(stretch) for stretch in stretches(history, today, pinned)]
    worse = [each for each in found if each is not None]
    return sorted(worse, key=lambda each: -each.evidence)


def recovered(history: History, since: date, baseline: float) -> bool:
    """Whether enough items after the day ``since`` fail no more often than the baseline did."""
    seen = _sums(item for item in history.items if item.day > since).as_rate()
    return seen is not None and seen.n >= FEWEST and seen.value <= baseline + LEAST_EFFECT


def stretches(history: History, today: date, pinned: Pinned | None) -> Iterator[Stretch]:
    """Those of the last days, then those of new versions."""
    for back in range(WATCHED_DAYS):
        start = today - timedelta(days=back)
        items = tuple(item for item in history.items if item.day >= start)
        if pinned is None:
            first = start - timedelta(days=BASELINE_DAYS)
            days = tuple(day for day in history.days if first <= day.day < start)
            yield Stretch(f"the {BASELINE_DAYS} days before", days, items, _known(history, start))
        else:
            days = tuple(day for day in history.days if pinned.holds(day.day, versions(day)))
            others = tuple(item for item in items if not pinned.holds(item.day, versions(item)))
            yield Stretch("the pinned baseline", days, others, days)
    if pinned is None:
        yield from _releases(history)


def versions(row: Slice) -> dict[str, str]:
    """What may have changed, by name; a prompt's version is told with the prompt's name."""
    prompt = f"{row.prompt_name} {row.prompt_version}".strip()
    return {
        "service_version": row.service_version,
        "prompt_version": prompt if row.prompt_version else "",
        "model": row.model,
    }


def _releases(history: History) -> Iterator[Stretch]:
    """The newest value of each kind that was seen first in the watched days."""
    for kind in VERSIONS:
        first: dict[str, datetime] = {}
        for item in history.items:
            value = versions(item)[kind]
            first[value] = min(first.get(value, item.first_at), item.first_at)
        newest = max(first, key=lambda value: first[value], default="")
        if not newest:
            continue
        began = first[newest].date()
        if any(day.day < began and versions(day)[kind] == newest for day in history.days):
            continue
        oldest = began - timedelta(days=BASELINE_DAYS)
        earlier = [
            day
            for day in history.days
            if oldest <= day.day <= began and versions(day)[kind] != newest
        ]
        if earlier:
            before = versions(max(earlier, key=lambda day: (day.day, day.weights)))[kind]
            days = tuple(day for day in earlier if versions(day)[kind] == before)
            items = tuple(item for item in history.items if versions(item)[kind] == newest)
            name = f"{kind} {before or '(none)'}"
            yield Stretch(name, days, items, _known(history, began))


def _known(history: History, start: date) -> tuple[BaselineDay, ...]:
    """The days before ``start`` that tell how much the series varies by itself."""
    first = start - timedelta(days=VARIATION_DAYS)
    return tuple(day for day in history.days if first <= day.day < start)


def _examined(stretch: Stretch) -> Finding | None:
    baseline = _day_sums(stretch.baseline).as_rate()
    if baseline is None or not stretch.items:
        return None
    watch = Watch(baseline, min(item.probability for item in stretch.items), stretch.between)
    state = watch.after(watch.start(), _alike(stretch.items))
    current = state.seen.as_rate()
    if current is None or not watch.alarms(state, EACH):
        return None
    changed = _changed(stretch)
    return Finding(
        against=stretch.against,
        began_at=min(item.first_at for item in stretch.items),
        baseline=baseline,
        current=current,
        judged=state.seen.n,
        evidence=watch.evidence(state),
        attributed_to=changed[0][0] if changed else "",
        attributed_value=changed[0][1] if changed else "",
        together=tuple(f"{kind} {value}" for kind, value in changed[1:]),
    )


def _alike(items: Iterable[WatchedItems]) -> Iterator[Items]:
    """Items of all days and versions together: a watch asks for their number only."""
    held: Counter[tuple[float, bool]] = Counter()
    for item in items:
        held[(item.probability, item.failed)] += item.items
    return (Items(probability, failed, n) for (probability, failed), n in held.items())


def _changed(stretch: Stretch) -> list[tuple[str, str]]:
    """New values with worse items than all others, the clearest first, with its equals."""
    whole = _day_sums(stretch.baseline)
    found: list[tuple[float, str, str]] = []
    for kind in VERSIONS:
        for value in sorted({versions(item)[kind] for item in stretch.items} - {""}):
            before = _day_sums(day for day in stretch.baseline if versions(day)[kind] == value)
            if before.weight > NEW * whole.weight:
                continue
            with_it = _sums(item for item in stretch.items if versions(item)[kind] == value)
            others = _sums(item for item in stretch.items if versions(item)[kind] != value)
            p = _p_of_worse(with_it, whole + others)
            if p is not None:
                found.append((p, kind, value))
    best = min((p for p, _, _ in found), default=1.0)
    return [(kind, value) for p, kind, value in found if p <= best * (1 + 1e-9)]


def _p_of_worse(one: Sums, other: Sums) -> float | None:
    """The p value where ``one`` fails clearly more often than ``other``."""
    seen, rest = one.as_rate(), other.as_rate()
    if seen is None or rest is None:
        return None
    verdict = of_rates(seen, rest)
    worse = verdict.word == "regression" and verdict.difference is not None
    return verdict.difference.p if worse and verdict.difference else None


def _sums(items: Iterable[WatchedItems]) -> Sums:
    return sum((each.sums for each in _alike(items)), start=Sums())


def _day_sums(days: Iterable[BaselineDay]) -> Sums:
    held: Sequence[BaselineDay] = tuple(days)
    return Sums(
        sum(day.items for day in held),
        sum(day.weights for day in held),
        sum(day.weights_squared for day in held),
        sum(day.failed_weight for day in held),
        sum(day.failed_weight for day in held),
    )
