"""Grafana's dashboards: every question that a panel asks is answered by the migrated ClickHouse."""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from optiinfra_core.endpoints import ClickHouseEndpoint, PostgresEndpoint, Servers
from optiinfra_core.warehouse.ddl import views
from tests.api.house import House, opened

GRAFANA = Path(__file__).parents[2] / "deploy/grafana"
BOARDS = sorted((GRAFANA / "dashboards").glob("*.json"))
# What Grafana and its plugin put in place of macros and variables; 1 to 23 November 2026.
SINCE, UNTIL = 1793491200, 1795392000
MACROS: Mapping[str, str] = {
    r"\$__dateFilter\((\w+)\)": r"\1 >= toDate('2026-11-01') AND \1 <= toDate('2026-11-23')",
    r"\$__timeFilter\((\w+)\)": rf"\1 >= toDateTime({SINCE}) AND \1 <= toDateTime({UNTIL})",
    r"\$__timeInterval\((\w+)\)": r"toStartOfInterval(toDateTime(\1), INTERVAL 3600 second)",
    r"\$\{customer:singlequote\}": "'acme'",
    r"\$\{provider:singlequote\}": "'aws','hetzner'",
    r"\$\{application:singlequote\}": "'assistant'",
    r"\$\{metric\}": "cpu_utilization",
    r"\$\{tag\}": "team",
}
# The furnished customer has charges, samples and commits, and no application.
FILLED = {"costs", "collection"}


def expanded(sql: str) -> str:
    """The statement as it reaches the server."""
    for macro, told in MACROS.items():
        sql = re.sub(macro, told, sql)
    assert "$" not in sql, sql
    return sql


def questions() -> Iterator[tuple[str, str, str]]:
    """Dashboard, title and statement of every panel and variable."""
    for path in BOARDS:
        board = json.loads(path.read_text(encoding="utf-8"))
        for panel in board["panels"]:
            for target in panel["targets"]:
                yield path.stem, panel["title"], target["rawSql"]
        for variable in board["templating"]["list"]:
            yield path.stem, variable["name"], variable["query"]


QUESTIONS = list(questions())
NAMED = [f"{board}-{title}" for board, title, _ in QUESTIONS]


@pytest.fixture(scope="module")
def house(
    tmp_path_factory: pytest.TempPathFactory,
    warehouse_endpoint: ClickHouseEndpoint,
    postgres: PostgresEndpoint,
) -> Iterator[House]:
    """Two customers with data."""
    servers = Servers(clickhouse=warehouse_endpoint, postgres=postgres)
    with opened(tmp_path_factory.mktemp("house"), servers) as furnished:
        yield furnished


@pytest.mark.parametrize(("board", "title", "sql"), QUESTIONS, ids=NAMED)
def test_a_panels_question_is_answered(house: House, board: str, title: str, sql: str) -> None:
    """The statement is valid, and finds something where the customer has data of its kind."""
    rows = house.warehouse.select(expanded(sql), {})
    lists_trouble = re.search(r"lack|failed", title)
    asks_for_today = "today()" in sql or "calls" in sql
    if board in FILLED and not lists_trouble and not asks_for_today:
        assert rows, title


def test_the_dashboard_of_costs_shows_what_the_api_shows(house: House) -> None:
    """The first panel's effective cost is the API's total, to the last decimal."""
    [sql] = [
        sql for board, title, sql in QUESTIONS if (board, title) == ("costs", "Cost of the period")
    ]
    [row] = house.warehouse.select(expanded(sql), {})
    period = {"start": "2026-11-01T00:00:00Z", "end": "2026-11-23T00:00:00Z"}
    [told] = house.get("/api/v2/costs/acme/aws/total", **period).json()["data"]
    assert str(row["effective"].normalize()) == told["cost"].rstrip("0").rstrip(".")


def test_only_views_are_read(house: House) -> None:
    """The user of dashboards has no right on anything else."""
    for board, title, sql in QUESTIONS:
        read = set(re.findall(r"\b(?:FROM|JOIN) (\w+)", sql))
        assert read <= set(views()), f"{board}: {title}"


@pytest.mark.parametrize("path", BOARDS, ids=[path.stem for path in BOARDS])
def test_a_dashboard_is_whole(path: Path) -> None:
    """Ids are unique, panels do not overlap, each says what it shows and reads our data source."""
    board = json.loads(path.read_text(encoding="utf-8"))
    sources = {source["uid"] for source in provisioned("datasources")["datasources"]}
    assert board["uid"] == f"optiinfra-{path.stem}"
    assert len({panel["id"] for panel in board["panels"]}) == len(board["panels"])
    taken: set[tuple[int, int]] = set()
    for panel in board["panels"]:
        assert panel["description"].endswith("."), panel["title"]
        assert {target["datasource"]["uid"] for target in panel["targets"]} <= sources
        assert not taken & cells(panel["gridPos"]), panel["title"]
        taken |= cells(panel["gridPos"])


def cells(where: Mapping[str, int]) -> set[tuple[int, int]]:
    """The squares of the grid that a panel covers."""
    assert where["x"] + where["w"] <= 24
    return {
        (x, y)
        for x in range(where["x"], where["x"] + where["w"])
        for y in range(where["y"], where["y"] + where["h"])
    }


def provisioned(kind: str) -> Any:
    """What Grafana reads at its start."""
    return yaml.safe_load((GRAFANA / f"provisioning/{kind}/optiinfra.yaml").read_text())


def test_no_secret_stands_in_the_provisioning() -> None:
    """The password comes from a file, and the user is the one who reads views."""
    [clickhouse] = [
        each for each in provisioned("datasources")["datasources"] if "jsonData" in each
    ]
    assert clickhouse["jsonData"]["username"] == "bi"
    assert clickhouse["secureJsonData"]["password"].startswith("$__file{/run/secrets/")
    assert int(clickhouse["jsonData"]["queryTimeout"]) < 60
