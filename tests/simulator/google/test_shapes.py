"""Answers have the keys of recorded real ones, so that the simulator does not drift."""

import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from google.cloud import monitoring_v3

from optiinfra_simulator.google.world.projects import ACME
from tests.simulator.google.clients import CPU, Clients, series
from tests.simulator.google.test_monitoring import END, START, _listed

CORPUS = os.environ.get("OPTIINFRA_CORPUS")  # noqa: TID251 - tests have no settings
pytestmark = [
    pytest.mark.corpus,
    pytest.mark.skipif(CORPUS is None, reason="OPTIINFRA_CORPUS names no folder of recordings"),
]

# A key is asked for when this share of the recorded items have it.
_USUAL = 0.9
# What newer answers and these things have, after the v1 reference of Compute Engine.
_NEWER = frozenset(
    {
        "labels", "labelFingerprint", "lastStartTimestamp", "lastStopTimestamp", "fingerprint",
        "guestAccelerators", "metadata.items", "networkInterfaces[].accessConfigs",
        "disks[].guestOsFeatures", "physicalBlockSizeBytes", "lastDetachTimestamp", "users",
        "region", "reservationAffinity", "displayDevice", "shieldedInstanceConfig",
        "shieldedInstanceIntegrityPolicy", "confidentialInstanceConfig", "currencyCode",
        "masterBillingAccount", "parent",
    }
)  # fmt: skip
# Keys whose absence is true of this world, with the reason.
_ABSENT = {
    "sourceImage": "images are not simulated",
    "sourceImageId": "images are not simulated",
    "purpose": "only ranges for peering have one",
    "prefixLength": "only ranges have one",
    "network": "only ranges have one",
    "description": "given where the API always gives it",
    "disks[].diskSizeGb": "not in every recording",
    "disks[].guestOsFeatures": "not in every recording",
    "lastStopTimestamp": "only what was stopped before has one",
    "tags": "not every machine has network tags",
}


def _recorded(name: str, file: str) -> Any:
    """The body of a recording."""
    (path,) = Path(CORPUS or "", "recordings", "gcp", name).glob(f"{file}_1.json")
    return json.loads(path.read_text())["body"]


def _kind(value: Any) -> str:
    """The JSON type of a value."""
    return "number" if type(value) in (int, float) else type(value).__name__


def _keys(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Every path and kind in a document; labels are looked at as a whole."""
    if isinstance(value, Mapping):
        for name, inner in value.items():
            below = f"{path}.{name}" if path else name
            yield below, _kind(inner)
            if name != "labels":
                yield from _keys(inner, below)
    elif isinstance(value, list):
        for item in value:
            yield from _keys(item, f"{path}[]")


def _compare(real: list[Any], given: list[Any]) -> None:
    """Usual keys are there, kinds agree, nothing is there that neither recording nor list has."""
    assert real
    assert given
    seen: dict[str, set[str]] = {}
    for one in real:
        for path, kind in _keys(one):
            seen.setdefault(path, set()).add(kind)
    usual = {
        path for path in seen if sum(path in dict(_keys(one)) for one in real) >= _USUAL * len(real)
    }
    for one in given:
        had = dict(_keys(one))
        lacking = usual - had.keys() - _ABSENT.keys()
        assert not {path for path in lacking if path.rpartition(".")[0] in {"", *had}}
        invented = set(had.keys() - seen.keys())
        assert not {path for path in invented if not any(path.startswith(new) for new in _NEWER)}
        assert not {path: kind for path, kind in had.items() if kind not in seen.get(path, {kind})}


def _items(document: Any, noun: str) -> list[Any]:
    """The items of an aggregated list."""
    return [item for held in document["items"].values() for item in held.get(noun, ())]


@pytest.mark.parametrize(
    ("noun", "names"),
    [
        # One is of 2018, the other of 2021 and without network interfaces.
        ("instances", ("instance-query", "filter-metrics")),
        ("disks", ("disk-query",)),
        ("addresses", ("lb-addresses-global-addresses",)),
    ],
)
def test_aggregated_lists_look_as_recorded(
    acme: Clients, noun: str, names: tuple[str, ...]
) -> None:
    """Both the lists around and the items in them."""
    file = f"get-compute-v1-projects-cloud-custodian-aggregated-{noun}"
    real = [_recorded(name, file) for name in names]
    given = acme.listed(noun).json()
    assert {key for one in real for key in one if key != "nextPageToken"} == set(given)
    assert {one["kind"] for one in real} == {given["kind"]}
    _compare([item for one in real for item in _items(one, noun)], _items(given, noun))
    held = [one for document in real for one in document["items"].values()]
    warned = [one["warning"] for one in held if "warning" in one]
    ours = [one["warning"] for one in given["items"].values() if "warning" in one]
    if warned:
        _compare(warned, ours)


def test_a_billing_account_looks_as_recorded(acme: Clients) -> None:
    """Newer keys after the reference of Cloud Billing v1."""
    real = _recorded("cloudbilling-account-get", "get-v1-billingAccounts-CU570D-1A4CU5-70D1A4")
    _compare([real], [acme.get(f"/v1/billingAccounts/{ACME.billing_account}").json()])


def test_time_series_look_as_recorded(acme: Clients) -> None:
    """Labels, kinds, units and points, through the JSON form of the same message."""
    real = _recorded("filter-metrics", "get-v3-projects-cloud-custodian-timeSeries")
    given = json.loads(
        monitoring_v3.TimeSeries.to_json(
            _listed(acme, series(ACME.id, START, END))[0], use_integers_for_enums=False
        )
    )
    recorded = real["timeSeries"][0]
    assert recorded["metric"]["type"] == given["metric"]["type"] == CPU
    assert set(recorded["metric"]["labels"]) == set(given["metric"]["labels"])
    assert set(recorded["resource"]["labels"]) < set(given["resource"]["labels"])
    for key in ("metricKind", "valueType"):
        assert recorded[key] == given[key]
    assert set(recorded["points"][0]["interval"]) == set(given["points"][0]["interval"])
    assert real["unit"] == "10^2.%"
