"""Checks of judging: is what was drawn scored, does the judge fail, do caps hold, did it drift."""

from collections.abc import Iterable, Iterator
from datetime import timedelta
from decimal import Decimal
from itertools import groupby

import dagster as dg

from optiinfra_core.collecting.contract import Provider
from optiinfra_core.settings import settings
from optiinfra_core.tenancy.applications import customers_with_applications
from optiinfra_core.tenancy.judge_spending import caps_of, spent_by
from optiinfra_core.warehouse.gold_results import OPERATOR
from optiinfra_core.warehouse.questions.judging import (
    GOLD_DAYS,
    SAMPLE_STANDING,
    GoldDay,
    SampleStanding,
)
from optiinfra_core.windows import DAY
from optiinfra_pipelines.assets.reading import about
from optiinfra_pipelines.assets.verdict import verdict
from optiinfra_pipelines.collection.doors import Doors
from optiinfra_pipelines.judging.steps import JUDGEMENTS
from optiinfra_pipelines.resources.collection import CollectionResource

SCORED_AT_LEAST = 0.95
FAILED_BELOW = 0.05
# What was drawn is judged by the next ticks; later than this it is missing.
SETTLED_AFTER = timedelta(hours=1)
# Scores of one call in more are what a cap may be passed by.
ONE_CALL_USD = Decimal("0.01")
MOST_DRIFT = 0.05
GOLD_SINCE = timedelta(days=90)
MODELS, SCREENS = ("groq", "openai_compatible"), ("lexical-1",)


def application_checks(cloud: Provider) -> Iterator[dg.AssetChecksDefinition]:
    """The checks of one provider's judgements."""
    key = dg.AssetKey([cloud.slug, JUDGEMENTS])
    yield sample_is_scored(key, cloud.slug)
    yield few_judgements_fail(key, cloud.slug)
    yield judging_within_caps(key, cloud.slug)
    yield judge_as_good_as_ever(key)


def sample_is_scored(key: dg.AssetKey, provider: str) -> dg.AssetChecksDefinition:
    """What is drawn must be judged, or the estimates stand on what was easy to judge."""

    @dg.asset_check(
        asset=key,
        name="sample_is_scored",
        metadata=about(settings(), "judging"),
        description=(
            f"At least {SCORED_AT_LEAST:.0%} of the calls drawn in the last two days have a score"
            " an hour later. If not, the judge fails or a budget is too small: the asset's"
            " metadata tells which."
        ),
    )
    def check(collection: CollectionResource) -> dg.AssetCheckResult:
        bad = {
            name: f"{each.scored} of {each.drawn}"
            for name, each in _standings(collection.doors, provider)
            if each.scored < SCORED_AT_LEAST * each.drawn
        }
        return _result(
            bad,
            "applications have calls without a score",
            "Look at the newest event of this asset: `missing` says whether the judge failed or a"
            " budget was spent; raise the budget or repair the judge, later runs make up for it.",
        )

    return check


def few_judgements_fail(key: dg.AssetKey, provider: str) -> dg.AssetChecksDefinition:
    """A judge that fails is repaired, not averaged away."""

    @dg.asset_check(
        asset=key,
        name="few_judgements_fail",
        metadata=about(settings(), "judging"),
        description=(
            f"Fewer than {FAILED_BELOW:.0%} of the judgements of the last two days are errors or"
            " cannot be read. The column `reason` of `application_metrics` names the faults."
        ),
    )
    def check(collection: CollectionResource) -> dg.AssetCheckResult:
        bad = {
            name: f"{each.failed} of {each.judgements}"
            for name, each in _standings(collection.doors, provider)
            if each.judgements and each.failed >= FAILED_BELOW * each.judgements
        }
        return _result(
            bad,
            "applications have judgements that failed",
            "The column `reason` of `application_metrics` names the faults; refused keys and"
            " models that the server does not offer are repaired in the settings of the judge.",
        )

    return check


def judging_within_caps(key: dg.AssetKey, provider: str) -> dg.AssetChecksDefinition:
    """Caps hold because they are taken before each call; this looks whether they did."""

    @dg.asset_check(
        asset=key,
        name="judging_within_caps",
        metadata=about(settings(), "judging"),
        description=(
            "What judging cost today and this month is within every cap, up to one call. A cap"
            " that was lowered below what is spent shows here until its period ends."
        ),
    )
    def check(collection: CollectionResource) -> dg.AssetCheckResult:
        doors = collection.doors
        customers = sorted(customers_with_applications(doors.database, provider))
        return _result(
            {name: told for each in customers for name, told in _over(doors, each)},
            "caps are passed",
            "Was the cap lowered in its period? Then it shows until the period ends. Otherwise stop"
            " the schedule of judging and report it: caps are taken before each call.",
        )

    return check


def judge_as_good_as_ever(key: dg.AssetKey) -> dg.AssetChecksDefinition:
    """A judge drifts too: held against labelled items, day by day."""

    @dg.asset_check(
        asset=key,
        name="judge_as_good_as_ever",
        metadata=about(settings(), "judging"),
        description=(
            "On the labelled items no judge's balanced accuracy is more than"
            f" {MOST_DRIFT * 100:.0f} points below its first result for the same model and rubric."
            " Passes where `optiinfra judge validate` has stored no results."
        ),
    )
    def check(collection: CollectionResource) -> dg.AssetCheckResult:
        doors = collection.doors
        since = (doors.clock.now() - GOLD_SINCE).date()
        days = doors.warehouse.rows(GOLD_DAYS, {"customer_id": OPERATOR, "since": since})
        return _result(
            dict(drifted(days)),
            "series are worse than they were at first",
            "Do not compare scores over the day of the step; choose another judge model, or pin"
            " its version, and run `optiinfra judge validate` again.",
        )

    return check


def drifted(days: Iterable[GoldDay]) -> Iterator[tuple[str, str]]:
    """Series whose last day is worse than their first by more than is allowed; days in order."""
    series = groupby(
        days, lambda each: (each.judge, each.judge_model, each.rubric_version, each.metric_name)
    )
    for name, held in series:
        told = [each.balanced_accuracy for each in held if each.balanced_accuracy is not None]
        if told and told[-1] < told[0] - MOST_DRIFT:
            yield " ".join(name), f"{told[0]:.2f} at first, {told[-1]:.2f} now"


def _standings(doors: Doors, provider: str) -> Iterator[tuple[str, SampleStanding]]:
    """Customer and application, and how the sample of its last two days stands."""
    now = doors.clock.now()
    knobs = doors.settings
    for customer in sorted(customers_with_applications(doors.database, provider)):
        asked = {
            "customer_id": customer,
            "provider": provider,
            "start": now - 2 * DAY,
            "end": now - SETTLED_AFTER,
            "judges": MODELS if knobs.has_judge else SCREENS,
        }
        for each in doors.warehouse.rows(SAMPLE_STANDING, asked):
            yield f"{customer} {each.application_id}", each


def _over(doors: Doors, customer_id: str) -> Iterator[tuple[str, str]]:
    """The customer's caps that are passed by more than a call."""
    for spent in spent_by(doors.database, customer_id, doors.clock.now().date()):
        caps = caps_of(doors.database, doors.settings, customer_id, spent.application_id)
        cap = {"application_day": caps.day_usd, "customer_month": caps.month_usd}[spent.scope]
        if spent.spent_usd > cap + ONE_CALL_USD:
            name = f"{customer_id} {spent.application_id or 'all applications'}"
            yield name, f"{spent.spent_usd} of {cap} US dollars"


def _result(bad: dict[str, str], of: str, remedy: str) -> dg.AssetCheckResult:
    lines = [f"- {name}: {told}" for name, told in bad.items()]
    which = dg.MetadataValue.md("\n".join(lines))
    return verdict(len(bad), of, remedy, {"found": len(bad), "which": which})
