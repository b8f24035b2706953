"""A simulated Vultr whose clock stands, and requests to it as any client would make them."""

import json
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

import pytest

from optiinfra_simulator.vultr.accounts import ACME
from optiinfra_simulator.vultr.cloud import VultrCloud
from optiinfra_simulator.world.clock import WorldClock
from optiinfra_simulator.world.world import World

NOON = datetime(2026, 11, 20, 12, 3, tzinfo=UTC)


@dataclass(frozen=True)
class Answer:
    """What came back: status and JSON."""

    status: int
    body: Any


@dataclass
class Client:
    """Asks a simulated Vultr with an account's own credential."""

    cloud: VultrCloud

    def get(self, path: str, account: str = ACME.email, key: str | None = None) -> Answer:
        """GET below /v2."""
        told = key if key is not None else str(self.cloud.credential(account)["api_key"])
        return self._ask(f"{self.cloud.url}/v2/{path}", told)

    def query(self, operation: str, token: str | None = None, **form: str) -> Answer:
        """A question to the Prometheus of acme."""
        source = self.cloud.credential(ACME.email)["prometheus"]
        url = f"{source['url']}/api/v1/{operation}"
        return self._ask(url, token or source["bearer_token"], urlencode(form).encode())

    def _ask(self, url: str, key: str, data: bytes | None = None) -> Answer:
        request = urllib.request.Request(url, data=data)  # noqa: S310 - a loopback address
        request.add_header("Authorization", f"Bearer {key}")
        try:
            with urllib.request.urlopen(request, timeout=10) as response:  # noqa: S310
                return Answer(response.status, json.loads(response.read()))
        except urllib.error.HTTPError as refusal:
            with refusal:
                body = refusal.read()
            told = json.loads(body) if body.startswith(b"{") else body
            return Answer(refusal.code, told)

    def all(self, path: str, key: str, account: str = ACME.email) -> list[Mapping[str, Any]]:
        """Every item of a listing, by its cursors, three on a page."""
        found: list[Mapping[str, Any]] = []
        cursor = ""
        while True:
            page = self.get(f"{path}?per_page=3&cursor={cursor}", account).body
            found += page[key]
            cursor = page["meta"]["links"]["next"].replace("=", "%3D")
            if not cursor:
                return found


@pytest.fixture
def clock() -> WorldClock:
    """Noon of 20 November 2026."""
    return WorldClock(NOON)


@pytest.fixture
def vultr(clock: WorldClock) -> Iterator[VultrCloud]:
    """The default world, served."""
    with VultrCloud(World(clock=clock)) as cloud:
        yield cloud


@pytest.fixture
def client(vultr: VultrCloud) -> Client:
    """A client of it."""
    return Client(vultr)
