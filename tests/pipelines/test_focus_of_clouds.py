"""What every simulated cloud delivers keeps the rules of FOCUS, or its provider says why not."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from optiinfra_core.metrics import COST
from optiinfra_core.windows import FixedClock
from optiinfra_pipelines.collection.doors import Doors
from optiinfra_pipelines.focus_checks import held_against
from optiinfra_pipelines.registry import provider
from tests.pipelines.conftest import NOON
from tests.pipelines.simulated import SLUGS, Clouds, clouds

FORTNIGHT = tuple(NOON.date() - timedelta(days=back) for back in range(13, -1, -1))


@pytest.fixture(params=SLUGS)
def installed(request: pytest.FixtureRequest, doors: Doors, clock: FixedClock) -> Iterator[Clouds]:
    """One cloud with its customers."""
    with clouds(doors, clock, instances=4, only=(request.param,)) as made:
        yield made


def test_charges_keep_the_rules_or_the_gap_is_known(installed: Clouds, doors: Doors) -> None:
    """No figure is wrong; a column that a source cannot fill is declared with its reason."""
    slug = installed.tenants[0].cloud.slug
    for tenant in installed.tenants:
        outcome = installed.collect(tenant, COST, FORTNIGHT, "run-1", "backfill")
        assert outcome.status == "succeeded", outcome.fault
    charges, breaches = held_against(doors, provider(slug))
    assert charges
    mine = {tenant.customer for tenant in installed.tenants}
    unexplained = {
        (one.found.source, one.rule.id, one.found.examples[0])
        for one in breaches
        if one.customer_id in mine and not one.why
    }
    assert unexplained == set()
