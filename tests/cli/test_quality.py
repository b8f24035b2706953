"""``optiinfra quality`` over an API that is really asked."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from optiinfra_cli import api_client
from optiinfra_cli.app import app
from optiinfra_core.endpoints import ClickHouseEndpoint, PostgresEndpoint, Servers
from tests.api.applications import applications, furnish_applications
from tests.api.house import House, opened


class ThroughTheHouse:
    """Asks the API of a test as the command line asks one on a port."""

    def __init__(self, house: House) -> None:
        self._house = house

    def get(self, path: str, **params: Any) -> Any:
        """The answer's body."""
        answer = self._house.get(path, key="reader", **params)
        assert answer.status_code == 200, answer.text
        return answer.json()


@pytest.fixture
def house(
    tmp_path: Path,
    warehouse_endpoint: ClickHouseEndpoint,
    postgres: PostgresEndpoint,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[House]:
    """Sixty of a hundred calls are judged, and the command line asks this house."""
    servers = Servers(clickhouse=warehouse_endpoint, postgres=postgres)
    with opened(tmp_path, servers) as furnished:
        furnish_applications(furnished)
        scores = dict.fromkeys(range(54), 1.0) | dict.fromkeys(range(54, 60), 0.0)
        applications(furnished).scores(scores)

        @contextmanager
        def open_api(*_: object) -> Iterator[ThroughTheHouse]:
            yield ThroughTheHouse(furnished)

        monkeypatch.setattr(api_client, "open_api", open_api)
        yield furnished


def test_quality_is_shown_with_its_interval_and_what_limits_it(house: House) -> None:
    """A line for each application and one for each metric; with --json all that the API told."""
    shown = CliRunner(env={"COLUMNS": "200"}).invoke(app, ["quality", "acme"])
    assert shown.exit_code == 0, shown.output
    for told in ("0.90 (0.8", "90% (80%-95%)", "not calibrated", "no_judge"):
        assert told in shown.output
    answer = CliRunner().invoke(app, ["quality", "acme", "--provider", "aws", "--json"])
    summary = json.loads(answer.stdout)["quality"]
    assert summary == house.get(
        "/api/v2/applications/acme/aws/summary", key="reader", days=7
    ).json()  # fmt: skip
