"""What a person reads of an asset in the Dagster UI: contents, source, rhythm, limits, remedies."""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal

from optiinfra_core.collecting.contract import Provider, Rhythm, Typical
from optiinfra_core.metrics import METRICS, Metric
from optiinfra_core.metrics.money import plain
from optiinfra_core.settings import Settings
from optiinfra_core.windows import DAY
from optiinfra_pipelines.assets.reading import docs_link, read_it

UNITS = ((DAY, "day"), (timedelta(hours=1), "hour"), (timedelta(minutes=1), "minute"))
TICK = "A tick looks every 15 minutes"


def spelled(length: timedelta) -> str:
    """A length of time in the largest unit that it is a whole number of: ``8 hours``."""
    for unit, name in UNITS:
        if length >= unit and not length % unit:
            count = length // unit
            return f"{count} {name}{'' if count == 1 else 's'}"
    return f"{int(length.total_seconds())} seconds"


def collected(cloud: Provider, metric: Metric, knobs: Settings) -> str:
    """The description of an asset that collects."""
    typical = cloud.collector(metric).typical
    window = spelled(metric.window)
    return "\n\n".join(
        (
            (
                f"**{metric.title} of {cloud.title}.** One partition is a customer's UTC day; the"
                f" rows stand in ClickHouse table `{metric.table}`."
            ),
            (
                f"**From where:** the provider's own APIs; each event names its `source`."
                f" {docs_link(knobs, 'clouds', 'What each cloud tells')}."
            ),
            f"**How often:** {how_often(typical.rhythm, knobs)}",
            f"**How far back:** {how_far_back(typical.rhythm)}",
            f"**What asking costs:** {price(typical)}",
            (
                f"**Green** means that every window which is due is committed. One write replaces"
                f" one account's window of {window}; running it again changes nothing."
            ),
            failing(knobs),
            backfilling(knobs),
            read_it(knobs, metric.name, cloud.slug),
            *not_supported(cloud),
        )
    )


def how_often(rhythm: Rhythm, knobs: Settings) -> str:
    """The rhythm of a source in words."""
    least = rhythm.min_interval
    if knobs.min_interval_minutes is not None:
        least = timedelta(minutes=knobs.min_interval_minutes)
    told = [f"{TICK}; the source is asked at most every {spelled(least)}"]
    if rhythm.lag:
        told.append(f"its data is expected {spelled(rhythm.lag)} after a window ends")
    if rhythm.reread:
        told.append(f"the last {spelled(rhythm.reread)} are read again, for they still change")
    if rhythm.closing:
        told.append("a billing period is read again until the provider has closed it")
    return "; ".join(told) + "."


def how_far_back(rhythm: Rhythm) -> str:
    """How far a source can be asked back, in words."""
    if rhythm.history is None:
        return "the provider only tells what exists now; past days cannot be collected."
    return (
        f"the source keeps {rhythm.history.days} days, an export that the credential names may keep"
        " more. Older days stay grey, and their event names the oldest day to ask for."
    )


def price(typical: Typical) -> str:
    """The price of a collector's calls in words."""
    if not typical.usd_per_call:
        return "the calls are free."
    calls = typical.calls_per_span + typical.calls_per_day
    return (
        f"{plain(typical.usd_per_call)} US dollars a call, about {plain(_rounded(calls))} calls for"
        " a day of an account with 100 resources. `optiinfra credentials budget` limits it."
    )


def _rounded(calls: Decimal) -> Decimal:
    return calls.quantize(Decimal("0.1"))


def failing(knobs: Settings) -> str:
    """What to do when a partition is red."""
    return (
        "**Red** means that an account failed. The failed run lists under `failures` each account,"
        " what the provider said and **what to do**; all names stand in"
        f" {docs_link(knobs, 'faults', 'When something is wrong')}. The other customers are not"
        " touched, the next tick tries again by itself, and what was missed meanwhile is made up"
        " for."
    )


def backfilling(knobs: Settings) -> str:
    """What a backfill from the UI does."""
    return (
        "**Backfill:** *Materialize*, then choose customers and days. Calls may cost money:"
        " `optiinfra backfill --dry-run` says how many. One such run goes at a time, and ticks go"
        f" first; more in {docs_link(knobs, 'dagster-ui', 'The Dagster UI')}."
    )


def not_supported(cloud: Provider) -> Iterator[str]:
    """What the cloud cannot give, as the end of a description."""
    if cloud.not_supported:
        yield f"**Not supported by {cloud.title}:**\n\n{missing(cloud)}"


def missing(cloud: Provider) -> str:
    """What the cloud cannot give, line by line."""
    lines = [f"- {name}: {why}" for name, why in cloud.not_supported.items()]
    return "\n".join(lines) or "nothing is known to be missing"


def rolled_up(cloud: Provider, metric: Metric, knobs: Settings) -> str:
    """The description of a daily rollup."""
    return "\n\n".join(
        (
            (
                f"**{metric.title} of {cloud.title} by day:** count, sum, minimum, maximum, last"
                f" value and 95th percentile of each resource and UTC day, in ClickHouse table"
                f" `{metric.daily_table}`. It is kept when the samples are gone."
            ),
            f"**From where:** computed whole from `{metric.table}`; no provider is asked.",
            "**How often:** after each collection of the day, in the same run.",
            (
                "**Red** means that ClickHouse did not answer: `optiinfra doctor` says why."
                " Materialize the partition again; it changes nothing else."
            ),
            read_it(knobs, metric.name, cloud.slug),
        )
    )


def not_offered(cloud: Provider, metric: Metric, why: str, knobs: Settings) -> str:
    """The description of an asset that stands for what a cloud does not have."""
    other = ", ".join(each.title.lower() for each in METRICS if cloud.supplies(each))
    return (
        f"**Not supported:** {cloud.title} has no {metric.title.lower()} data. {why}\n\n"
        f"There is nothing to run and nothing to repair; this cloud's {other} are collected."
        f" {docs_link(knobs, 'clouds', 'What each cloud tells')}."
    )
