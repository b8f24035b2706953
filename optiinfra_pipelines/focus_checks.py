"""Checks that stored charges keep the rules of FOCUS: wrong figures are errors, gaps warnings."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta

import dagster as dg

from optiinfra_core.collecting.contract import Provider
from optiinfra_core.focus.rules import RULES, FocusGap, FocusRule, Gravity
from optiinfra_core.metrics import COST
from optiinfra_core.settings import settings
from optiinfra_core.warehouse.questions.focus import BROKEN, Broken
from optiinfra_pipelines.assets.reading import about
from optiinfra_pipelines.assets.verdict import verdict
from optiinfra_pipelines.collection.doors import Doors
from optiinfra_pipelines.resources.collection import CollectionResource

# What is collected first or again on most days; 8 microseconds a charge were measured, so a week of
# 120,000 charges a day takes 7 s.
HELD = timedelta(days=7)

FIGURES, COLUMNS = "focus_figures", "focus_columns"
CHECKS = {FIGURES: Gravity.FIGURE, COLUMNS: Gravity.WORD}
SEVERITY = {
    Gravity.FIGURE: dg.AssetCheckSeverity.ERROR,
    Gravity.WORD: dg.AssetCheckSeverity.WARN,
}
DESCRIPTIONS = {
    FIGURES: (
        f"No charge of the last {HELD.days} days breaks a rule of FOCUS that makes a figure wrong:"
        " currency, periods, category, unit price times quantity, effective cost. The metadata"
        " names each rule that is broken, how often, with examples and what to do."
    ),
    COLUMNS: (
        f"Every charge of the last {HELD.days} days fills the columns that FOCUS demands, with the"
        " values it allows. What a source is known not to tell is listed apart, as known gaps."
    ),
}


# Metric types whose rows are charges as FOCUS has them.
CONFORMING = (COST.name,)


@dataclass(frozen=True, slots=True)
class Breach:
    """A rule that charges of one customer's account break; ``why`` where that is known."""

    rule: FocusRule
    customer_id: str
    found: Broken
    why: str

    @property
    def line(self) -> str:
        """A line of a table."""
        found = self.found
        examples = "<br>".join(found.examples)
        whose = f"{self.customer_id} {found.account_id} ({found.source})"
        cells = (self.rule.id, self.rule.sentence, whose, str(found.charges), examples)
        last = self.why or self.rule.remedy
        return "| " + " | ".join(cell.replace("|", r"\|") for cell in (*cells, last)) + " |"


def focus_checks(cloud: Provider, asset: dg.AssetsDefinition) -> Iterator[dg.AssetChecksDefinition]:
    """The checks of an asset that collects cost; one question a customer answers both."""
    for key in asset.keys:
        if key.path[-1] in CONFORMING:
            yield conformance(key, cloud)


def conformance(key: dg.AssetKey, cloud: Provider) -> dg.AssetChecksDefinition:
    """Both checks of one provider's charges."""

    @dg.multi_asset_check(
        name=f"{cloud.slug}__focus",
        specs=[
            dg.AssetCheckSpec(
                name,
                asset=key,
                description=DESCRIPTIONS[name],
                metadata=about(settings(), "focus"),
            )
            for name in CHECKS
        ],
    )
    def check(collection: CollectionResource) -> Iterator[dg.AssetCheckResult]:
        charges, breaches = held_against(collection.doors, cloud)
        for name, gravity in CHECKS.items():
            mine = [breach for breach in breaches if breach.rule.gravity is gravity]
            yield result(key, name, charges, mine)

    return check


def held_against(doors: Doors, cloud: Provider) -> tuple[int, list[Breach]]:
    """How many charges were looked at, and every rule that some of them break."""
    rules = {rule.id: rule for rule in RULES}
    last = doors.clock.now().date()
    span = {"first_day": last - HELD, "last_day": last}
    states = doors.states.list(provider=cloud.slug, dataset=COST.name)
    charges, breaches = 0, []
    for customer in sorted({state.customer_id for state in states}):
        params = {"customer_id": customer, "provider": cloud.slug, **span}
        for found in doors.warehouse.rows(BROKEN, params):
            if found.rule:
                why = known(found, cloud.focus_gaps)
                breaches.append(Breach(rules[found.rule], customer, found, why))
            else:
                charges += found.charges
    return charges, sorted(breaches, key=lambda one: (one.rule.id, one.customer_id))


def known(found: Broken, gaps: Iterable[FocusGap]) -> str:
    """Why a source cannot keep a rule, empty where its provider declares nothing."""
    return next(
        (gap.why for gap in gaps if gap.source == found.source and found.rule in gap.rules), ""
    )


def result(
    key: dg.AssetKey, name: str, charges: int, breaches: list[Breach]
) -> dg.AssetCheckResult:
    """What one check tells: broken rules fail it, known gaps are shown beside."""
    unknown = [breach for breach in breaches if not breach.why]
    gaps = [breach for breach in breaches if breach.why]
    counts: dict[str, int] = {}
    for breach in unknown:
        counts[breach.rule.id] = counts.get(breach.rule.id, 0) + breach.found.charges
    told = verdict(
        len(unknown),
        "rules of FOCUS are broken",
        "The last column of the table `broken` says what to do for each.",
        {
            "charges": charges,
            "rules_broken": dg.MetadataValue.json(counts),
            "broken": dg.MetadataValue.md(table(unknown, "what to do")),
            "known_gaps": dg.MetadataValue.md(table(gaps, "why")),
        },
        SEVERITY[CHECKS[name]],
    )
    return told._replace(check_name=name, asset_key=key)


def table(breaches: list[Breach], last: str) -> str:
    """The breaches as a table in Markdown, a sentence where there are none."""
    if not breaches:
        return "None."
    head = f"| rule | says | whose | charges | examples | {last} |\n|---|---|---|---|---|---|\n"
    return head + "\n".join(breach.line for breach in breaches)
