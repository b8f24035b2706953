"""Every registered provider keeps every rule; a provider without a sandbox fails here."""

import importlib
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from optiinfra_core.metrics import ResourceRow
from optiinfra_core.testing.conformance import (
    COLLECTION_RULES,
    MANIFEST_RULES,
    Collected,
    CollectionRule,
    ManifestRule,
    collected,
)
from optiinfra_pipelines.registry import providers

CASES = [
    pytest.param(slug, collector, id=f"{slug}-{collector.metric.name}")
    for slug, provider in providers().items()
    for collector in provider.collectors
]


@pytest.mark.parametrize("rule", MANIFEST_RULES, ids=lambda rule: rule.promise)
@pytest.mark.parametrize("slug", list(providers()))
def test_the_manifest_keeps_its_promises(slug: str, rule: ManifestRule) -> None:
    """What is broken is told in sentences."""
    assert list(rule.breaches(providers()[slug])) == []


@pytest.fixture(scope="module")
def found(request: pytest.FixtureRequest) -> Collected:
    """What a collector brings from its provider's sandbox, twice."""
    slug, collector = request.param
    folder = importlib.import_module(f"tests.providers.{slug}.sandbox")
    with folder.sandbox() as connection:
        told = collected(
            providers()[slug], collector, connection, folder.SPANS[collector.metric.name]
        )
    return replace(told, secrets=folder.SECRETS)


@pytest.mark.parametrize("rule", COLLECTION_RULES, ids=lambda rule: rule.promise)
@pytest.mark.parametrize(
    "found",
    [pytest.param(tuple(case.values), id=str(case.id)) for case in CASES],
    indirect=True,
)
def test_a_collection_keeps_its_promises(found: Collected, rule: CollectionRule) -> None:
    """A sandbox brings rows, so that no rule holds for want of anything to break it."""
    assert found.rows
    assert list(rule.breaches(found)) == []


BREAKAGES = {
    "only rows of its metric type and part failures": lambda f: replace(f, first=("text",)),
    "every row lies in the span that is replaced": lambda f: replace(
        f,
        first=[replace(f.rows[0], charge_period_start=f.extent.end)],
    ),
    "every instant is aware and in UTC": lambda f: replace(
        f,
        first=[replace(f.rows[0], charge_period_start=datetime(2026, 11, 20))],  # noqa: DTZ001
    ),
    "money and quantities are exact": lambda f: replace(
        f, first=[replace(f.rows[0], billed_cost=0.1)]
    ),
    "collecting again brings the same rows": lambda f: replace(f, second=f.second[1:]),
    "every call is in the ledger": lambda f: replace(f, calls=()),
    "resource types begin with the provider": lambda f: replace(
        f,
        first=[
            ResourceRow(
                ts=f.extent.start,
                region="here",
                resource_type="ec2.instance",
                resource_id="i-1",
                state="running",
            )
        ],
    ),
    "secrets stay in the credential": lambda f: replace(
        f, first=[replace(f.rows[0], resource_name=f.secrets[0])]
    ),
    "the rhythm and the extent make sense": lambda f: replace(
        f, rhythm=replace(f.rhythm, min_interval=timedelta(0))
    ),
}


@pytest.mark.parametrize("promise", list(BREAKAGES))
@pytest.mark.parametrize(
    "found", [pytest.param(("aws", providers()["aws"].collectors[0]), id="aws")], indirect=True
)
def test_a_broken_promise_is_noticed(found: Collected, promise: str) -> None:
    """Each rule fails on a collection that breaks it."""
    (rule,) = [rule for rule in COLLECTION_RULES if rule.promise == promise]
    broken = BREAKAGES[promise](found)
    told = rule.breaches(broken)
    assert next(told, None) is not None
