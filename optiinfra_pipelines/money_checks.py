"""Standing checks on money: what is served against what was stated, spending against its budget."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

import dagster as dg

from optiinfra_core.collecting.state import SourceState
from optiinfra_core.errors import WindowBusy
from optiinfra_core.metrics import COST, Metric
from optiinfra_core.metrics.money import plain
from optiinfra_core.settings import settings
from optiinfra_core.warehouse.question import Question
from optiinfra_core.warehouse.questions.controls import HELD, Held
from optiinfra_core.windows import month_window
from optiinfra_pipelines.assets.reading import about
from optiinfra_pipelines.assets.verdict import verdict
from optiinfra_pipelines.collection.budget import budget_of, spending_of
from optiinfra_pipelines.collection.doors import Doors, collection_lock
from optiinfra_pipelines.resources.collection import CollectionResource

# Metric types whose rows providers state sums of, and the question that holds both together.
CONTROLLED: Mapping[str, Question[Held]] = {COST.name: HELD}

# Invoices of this month and the three before: refunds and corrections come that late.
LOOKED_BACK = timedelta(days=92)


def money_checks(
    key: dg.AssetKey, provider: str, metric: Metric
) -> Iterator[dg.AssetChecksDefinition]:
    """Those that make sense for the metric type."""
    if metric.name in CONTROLLED:
        yield stated_sums_agree(key, provider, metric)
    yield within_budget(key, provider, metric)


def stated_sums_agree(key: dg.AssetKey, provider: str, metric: Metric) -> dg.AssetChecksDefinition:
    """Charges that are served add up to what the provider stated."""

    @dg.asset_check(
        asset=key,
        name="invoices_and_control_totals_agree",
        metadata=about(settings(), "concepts"),
        blocking=True,
        description=(
            "Charges of each invoice, and of each sum that the provider stated, add up to it "
            f"(statements of the last {LOOKED_BACK.days} days). The metadata names each one that "
            "differs with both figures: collect its days again; if it still differs, the provider "
            "has changed charges after it invoiced them."
        ),
    )
    def check(collection: CollectionResource) -> dg.AssetCheckResult:
        doors = collection.doors
        now = doors.clock.now()
        found = [
            (state, each)
            for state in doors.states.list(provider=provider, dataset=metric.name)
            for each in _held(doors, metric, state, now)
        ]
        wrong = [(state, each) for state, each in found if each.contradicted]
        return verdict(
            len(wrong),
            "stated sums differ from the charges that are served",
            "Materialize the days of each again; if it still differs, ask the provider why it"
            " changed charges after it stated their sum.",
            {
                "statements": len(found),
                "differing": len(wrong),
                "differences": dg.MetadataValue.md("\n".join(_line(*pair) for pair in wrong[:100])),
            },
        )

    return check


def _held(doors: Doors, metric: Metric, state: SourceState, now: datetime) -> list[Held]:
    """The statements of one account; none while a run is writing it."""
    account = (state.customer_id, state.provider, state.account_id)
    try:
        with collection_lock(doors, metric, account):
            return doors.warehouse.rows(
                CONTROLLED[metric.name],
                {
                    "customer_id": state.customer_id,
                    "providers": [state.provider],
                    "account": state.account_id,
                    "start": month_window((now - LOOKED_BACK).date()).start,
                    "end": now,
                },
            )
    except WindowBusy:
        return []


def _line(state: SourceState, each: Held) -> str:
    what = f"invoice {each.invoice_id}" if each.invoice_id else each.name
    stated = plain(each.stated) if each.stated is not None else "nothing"
    return (
        f"- {state.customer_id} {state.account_id} {what} {each.span_start:%Y-%m-%d}: stated "
        f"**{stated}**, served **{plain(each.served)}** {each.currency} ({each.measure})"
    )


def within_budget(key: dg.AssetKey, provider: str, metric: Metric) -> dg.AssetChecksDefinition:
    """No account's budget slows its collection; a warning where one does."""

    @dg.asset_check(
        asset=key,
        name="within_budget",
        metadata=about(settings(), "operating"),
        description=(
            "No budget slows the collection of an account. The metadata tells what each slowed "
            "account has spent this month of how much, and when its next paid call is due; a "
            "higher budget counts from the next tick on."
        ),
    )
    def check(collection: CollectionResource) -> dg.AssetCheckResult:
        doors = collection.doors
        slowed = [
            state
            for state in doors.states.list(provider=provider, dataset=metric.name)
            if state.slowed_until and state.slowed_until > doors.clock.now()
        ]
        lines = [_spent(doors, metric, state) for state in slowed]
        return verdict(
            len(slowed),
            "accounts are slowed by their budget",
            "Raise it with `optiinfra credentials budget ID AMOUNT`, or wait: the list says until"
            " when.",
            {"slowed": len(slowed), "accounts": dg.MetadataValue.md("\n".join(lines))},
            dg.AssetCheckSeverity.WARN,
        )

    return check


def _spent(doors: Doors, metric: Metric, state: SourceState) -> str:
    who = f"- {state.customer_id} {state.account_id}: {state.reason or 'slowed by the budget'}"
    for record in doors.vault.list(state.customer_id, state.provider):
        budget = budget_of(record, doors.settings)
        if record.account_id == state.account_id and budget is not None:
            known = spending_of(doors.warehouse, record, metric.name, doors.clock.now())
            return f"{who}, {plain(known.spent)} of {plain(budget)} USD this month"
    return who
