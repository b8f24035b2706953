"""The guide's provider works: its files are taken from the page and held against a server."""

import json
import re
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from optiinfra_core.collecting.contract import Provider
from optiinfra_core.collecting.gate import CallLog, Gate
from optiinfra_core.errors import CredentialRejected, Malformed
from optiinfra_core.testing.conformance import (
    COLLECTION_RULES,
    MANIFEST_RULES,
    Collected,
    CollectionRule,
    ManifestRule,
    collected,
)
from optiinfra_core.testing.http_double import Fate, HttpDouble, Incoming, Reply
from optiinfra_core.windows import FixedClock, Window

PAGE = Path(__file__).parents[2] / "docs" / "providers.md"
FILE = re.compile(
    r"^`(?P<path>[\w/]+\.(?:py|toml))`.*?^```\w+\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL
)
KEY = "harbor-key-that-nobody-sees"
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
SPAN = Window(NOON.replace(hour=0) - timedelta(days=2), NOON.replace(hour=0))
PAGES = {
    "": {"charges": [{"amount": 0.1, "service": "Berth", "port": "north"}], "next": "two"},
    "two": {"charges": [{"amount": 0.2, "service": "Crane", "berth": "b-7"}], "next": None},
}


@dataclass(slots=True)
class HarborApi:
    """Harbor's side: two pages a day; ``first`` are answers that come before them."""

    first: list[Fate] = field(default_factory=list)

    def respond(self, request: Incoming) -> Fate:
        """What Harbor answers."""
        if self.first:
            return self.first.pop(0)
        if request.headers.get("authorization") != f"Bearer {KEY}":
            return Reply(status=401)
        asked = urlsplit(request.path)
        if asked.path == "/account":
            return reply({"id": "h-1", "user": "mia", "role": "owner"})
        query = parse_qs(asked.query, keep_blank_values=True)
        page = json.loads(json.dumps(PAGES[query["cursor"][0]]))
        for charge in page["charges"]:
            charge |= {"account": "h-1", "currency": "EUR"}
        return reply(page)


def reply(told: object) -> Reply:
    """``told`` as JSON."""
    return Reply(body=json.dumps(told).encode(), headers={"content-type": "application/json"})


@pytest.fixture(scope="module")
def harbor(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Provider]:
    """The page's provider, installed as its pyproject.toml says and found by its entry point."""
    folder = tmp_path_factory.mktemp("harbor")
    for found in FILE.finditer(PAGE.read_text()):
        path = folder / found["path"]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(found["text"])
    project = tomllib.loads((folder / "pyproject.toml").read_text())["project"]
    metadata = folder / "optiinfra_harbor-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n"
    )
    groups = project["entry-points"].items()
    lines = [f"[{group}]\n{name} = {to}\n" for group, named in groups for name, to in named.items()]
    (metadata / "entry_points.txt").write_text("".join(lines))
    sys.path.insert(0, str(folder))
    try:
        (entry,) = entry_points(group="optiinfra.providers", name="harbor")
        provider: Provider = entry.load()
        yield provider
    finally:
        sys.path.remove(str(folder))
        for name in [name for name in sys.modules if name.partition(".")[0] == "harbor_cloud"]:
            del sys.modules[name]


def opened(harbor: Provider, double: HttpDouble, waits: list[float]) -> Any:
    """An open account at ``double``; waits between attempts are written down, not waited."""
    credential = harbor.credential.model_validate({"key": KEY, "endpoint_url": double.url})
    gate = Gate(
        ledger=CallLog(), clock=FixedClock(NOON), sleep=waits.append, private_endpoints=True
    )
    return harbor.connect(credential, gate)


def collection(harbor: Provider, api: HarborApi, waits: list[float]) -> Collected:
    """What its collector brings of two days, twice."""
    (collector,) = harbor.collectors
    with HttpDouble(api.respond) as double:
        connection = opened(harbor, double, waits)
        try:
            return replace(collected(harbor, collector, connection, SPAN), secrets=(KEY,))
        finally:
            connection.close()


@pytest.mark.parametrize("rule", MANIFEST_RULES, ids=lambda rule: rule.promise)
def test_the_guides_manifest_keeps_its_promises(harbor: Provider, rule: ManifestRule) -> None:
    """The rules for the providers here hold for the one that a reader writes."""
    assert list(rule.breaches(harbor)) == []


@pytest.fixture(scope="module")
def found(harbor: Provider) -> Collected:
    """An undisturbed collection."""
    return collection(harbor, HarborApi(), [])


@pytest.mark.parametrize("rule", COLLECTION_RULES, ids=lambda rule: rule.promise)
def test_the_guides_collection_keeps_its_promises(found: Collected, rule: CollectionRule) -> None:
    """The same for what its collector brings, which is every charge to the cent."""
    assert list(rule.breaches(found)) == []
    assert [getattr(row, "billed_cost") for row in found.rows] == [  # noqa: B009 - of any metric
        Decimal("0.1"),
        Decimal("0.2"),
    ] * 2


def test_the_guides_client_repeats_what_passes(harbor: Provider) -> None:
    """Throttling is waited for as long as Harbor asks, a failure of the server for less."""
    waits: list[float] = []
    first: list[Fate] = [Reply(status=429, headers={"retry-after": "7"}), Reply(status=502)]
    told = collection(harbor, HarborApi(first), waits)
    assert len(told.rows) == 4
    assert waits[0] == 7
    assert 0 < waits[1] <= 1
    assert [call.status for call in told.calls][:3] == [429, 502, 200]


@pytest.mark.parametrize(
    ("fate", "error"),
    [(Reply(status=401), CredentialRejected), (Reply(body=b"<html>"), Malformed)],
    ids=["refused", "no JSON"],
)
def test_the_guides_client_names_what_does_not_pass(
    harbor: Provider, fate: Fate, error: type[Exception]
) -> None:
    """A refused key is the credential's fault, and what is not JSON is no empty bill."""
    with pytest.raises(error):
        collection(harbor, HarborApi([fate]), [])


def test_the_guides_verification_names_the_missing_role(harbor: Provider) -> None:
    """Verifying tells whose account it is and which permission it lacks."""
    with HttpDouble(HarborApi().respond) as double:
        connection = opened(harbor, double, [])
        told = harbor.verify(connection)
        connection.close()
    assert (told.account_id, told.principal) == ("h-1", "mia")
    assert told.permissions_missing == ("billing-reader",)
