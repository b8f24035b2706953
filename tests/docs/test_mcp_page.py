"""docs/mcp.md: its program prints what the page shows, its tools are those that exist."""

import json
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from optiinfra_api.app import create_app
from optiinfra_core.collecting.catalogue import ProviderCatalogue
from optiinfra_core.collecting.state import SourceState, SourceStates
from optiinfra_core.metrics import COST, Row
from optiinfra_core.warehouse.batch import Batch
from optiinfra_core.warehouse.writer import WindowWriter
from optiinfra_core.windows import Window
from optiinfra_pipelines.publish import describe
from optiinfra_pipelines.registry import provider
from tests.api.agents import Agent
from tests.api.house import House
from tests.core.warehouse.scene import charge
from tests.dashboard.served import served
from tests.docs.examples import DOCS, FENCE

SPAN = Window(datetime(2026, 11, 8, tzinfo=UTC), datetime(2026, 11, 22, tzinfo=UTC))
# Service, resource, what a day cost and how many hours it ran, in the first week and the second.
DAYS = (
    ("Cloud Compute", "web-1", ("0.48", "24"), ("0.48", "24")),
    ("Cloud Compute", "batch-1", ("0.60", "12"), ("1.20", "24")),
    ("Managed Databases", "orders", ("1.00", "24"), ("1.10", "24")),
    ("Cloud GPU", "train-1", None, ("9.60", "24")),
)


@pytest.fixture(scope="module")
def address(house: House) -> Iterator[str]:
    """Where an API answers whose acme has two weeks at Vultr."""
    ProviderCatalogue(house.database).publish([describe(provider(one)) for one in ("aws", "vultr")])
    batch = Batch(
        metric=COST,
        customer_id="acme",
        provider="vultr",
        account_id="acme-vultr",
        source="test",
        run_id="run-0",
        span=SPAN,
        windows=tuple(SPAN.split(COST.window)),
    )
    written = WindowWriter(house.warehouse, house.writing).replace(batch, list(charges()))
    now = house.writing.now()
    SourceStates(house.database).save(
        SourceState(
            customer_id="acme",
            provider="vultr",
            dataset=COST.name,
            account_id="acme-vultr",
            source="test",
            watermark=now,
            last_attempt_at=now,
            last_success_at=now,
            data_version=written.version,
            committed_at=now,
        )
    )
    house.key("agent", ("costs:read",), ("acme",))
    with served(create_app(house.settings, house.servers, house.clock)) as url:
        yield url


def charges() -> Iterator[Row]:
    """A charge of each resource that ran on each day."""
    for offset in range(14):
        for service, resource, before, after in DAYS:
            told = after if offset >= 7 else before
            if told is None:
                continue
            yield charge(
                told[0],
                date(2026, 11, 8) + timedelta(days=offset),
                billing_account_id="acme-vultr",
                service_name=service,
                resource_id=resource,
                region_id="ewr",
                consumed_quantity=Decimal(told[1]),
                consumed_unit="Hours",
            )


def blocks(language: str) -> list[str]:
    """The page's blocks in a language."""
    page = (DOCS / "mcp.md").read_text()
    return [block["text"] for block in FENCE.finditer(page) if block["language"] == language]


def test_the_program_prints_what_the_page_shows(address: str, house: House) -> None:
    """Line by line: the question of the page is answered with one call."""
    (program,), (shown,) = blocks("python"), blocks("text")
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={
            "PATH": os.environ["PATH"],  # noqa: TID251 - a child needs a PATH
            "OPTIINFRA_MCP": f"{address}/mcp",
            "OPTIINFRA_KEY": house.tokens["agent"],
        },
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert done.stdout == shown


def test_the_page_names_every_tool(address: str, house: House) -> None:
    """Those that a key for everything sees, and no others."""
    page = (DOCS / "mcp.md").read_text()
    section = page.partition("## Tools\n")[2].partition("\n## ")[0]
    tools = Agent(address, house.auth("admin")).tools()
    assert sorted(re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE)) == sorted(tools)


def test_the_configurations_can_be_read_and_hold_no_key() -> None:
    """Each names the address and takes the key from elsewhere."""
    found: list[Any] = [json.loads(each) for each in blocks("json")]
    found += [tomllib.loads(each) for each in blocks("toml")]
    assert len(found) == 4
    for each in found:
        told = json.dumps(each)
        assert "http://127.0.0.1:8080/mcp" in told
        assert "oi_" not in told
