"""Filters and tags of costs: every read narrows alike, and what has no tag is told as that."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import quote

import pytest

from optiinfra_core.metrics import COST, Row
from optiinfra_core.windows import DAY, Window, day_window
from tests.api.house import House
from tests.core.warehouse.scene import charge

FIRST = date(2026, 11, 20)
BASE = "/api/v2/costs/globex/aws"
PERIOD = {"start": "2026-11-20T00:00:00Z", "end": "2026-11-22T00:00:00Z"}
PAYER = "222222222222"


@pytest.fixture(scope="module", autouse=True)
def charges(furnished: House) -> None:
    """Two days of charges that differ in all that can be filtered."""
    start = datetime(2026, 11, 20, tzinfo=UTC)
    days: list[Row] = [
        row
        for day in (FIRST, FIRST + timedelta(days=1))
        for row in (
            charge("1", day, resource_id="a", sku_id="box", resource_type="vm",
                   tags={"team": "web", "env": "prod"}),
            charge("2", day, resource_id="b", sub_account_id="333333333333",
                   tags={"team": "data", "env": ""}),
            charge("4", day, resource_id="c", region_id="", service_name="Amazon S3"),
            charge("8", day, charge_category="Tax", finality="final", tags={"team": "web"}),
        )
    ]  # fmt: skip
    furnished.rewrite("globex", COST, Window(start, start + 2 * DAY), days)


def data(house: House, path: str, **params: Any) -> list[dict[str, Any]]:
    """The rows of an answer."""
    answer = house.get(f"{BASE}/{path}", key="globex", **PERIOD, **params)
    assert answer.status_code == 200, answer.text
    rows: list[dict[str, Any]] = answer.json()["data"]
    return rows


def costs(rows: list[dict[str, Any]]) -> Decimal:
    """What they cost together."""
    return sum((Decimal(row["cost"]) for row in rows), Decimal(0))


FILTERS = [
    ({}, 30),
    ({"service": "Amazon S3"}, 8),
    ({"region": "us-east-1"}, 22),
    ({"account": "333333333333"}, 4),
    ({"account": PAYER}, 30),
    ({"sub_account": PAYER}, 26),
    ({"charge_category": "Tax"}, 16),
    ({"resource_id": "a"}, 2),
    ({"resource_type": "vm"}, 2),
    ({"sku": "box"}, 2),
    ({"finality": "final"}, 16),
    ({"without": "region"}, 8),
    ({"without": ["resource", "sku"]}, 16),
    ({"tag.team": "web"}, 18),
    ({"tag.team": "web", "tag.env": "prod"}, 2),
    ({"tag.env": ""}, 4),
    ({"untagged": "team"}, 8),
    ({"untagged": ["team", "env"]}, 8),
    ({"tag.team": "web", "untagged": "env"}, 16),
]


@pytest.mark.parametrize(("asked", "total"), FILTERS, ids=str)
def test_every_read_is_narrowed_alike(house: House, asked: dict[str, Any], total: int) -> None:
    """Total, trends, both rankings, rows and streams tell the same sum under the same filters."""
    assert costs(data(house, "total", **asked)) == total
    assert costs(data(house, "trends", **asked)) == total
    assert costs(data(house, "trends-by-type", **asked)) == total
    assert costs(data(house, "by-type", **asked)) == total
    assert costs(data(house, "by-resource", **asked)) == total
    assert costs(data(house, "metrics", **asked)) == total
    assert costs(data(house, "latest", **asked)) == total / 2
    lines = house.get(
        f"{BASE}/metrics", key="globex", headers={"Accept": "application/x-ndjson"},
        **PERIOD, **asked,
    ).text.splitlines()  # fmt: skip
    assert len(lines) == len(data(house, "metrics", **asked))


@pytest.mark.parametrize(
    ("asked", "total"),
    [
        ({"service": "Amazon S3"}, 8),
        ({"region": "us-east-1"}, 22),
        ({"account": "333333333333"}, 4),
        ({"charge_category": "Tax"}, 16),
        ({"resource_id": "a"}, 2),
    ],
    ids=str,
)
def test_what_was_known_is_narrowed_by_what_the_ledger_knows(
    house: House, asked: dict[str, Any], total: int
) -> None:
    """As known now is what is told now; as known before the charges changed, what was before."""
    now = {"as_known_at": "2026-11-23T00:00:00Z"}
    assert costs(data(house, "total", **asked, **now)) == total
    assert costs(data(house, "metrics", **asked, **now)) == total
    before = {"as_known_at": "2026-11-22T10:07:30Z"}
    then = costs(data(house, "total", **before, service="Amazon S3"))
    assert then == Decimal(6) * Decimal("987654.32")


def test_the_keys_of_tags_are_listed_with_what_they_cover(house: House) -> None:
    """Costs of tags overlap; each has its share of all charges, tagged or not."""
    rows = data(house, "tags")
    assert [(row["key"], row["value_count"], row["cost"]) for row in rows] == [
        ("env", 2, "6"),
        ("team", 2, "22"),
    ]
    assert [row["share"] for row in rows] == pytest.approx([6 / 30, 22 / 30])
    [narrowed] = data(house, "tags", **{"tag.team": "data"}, limit=5)[1:]
    assert (narrowed["key"], narrowed["cost"], narrowed["share"]) == ("team", "4", 1)


def test_cost_is_split_by_the_values_of_a_tag(house: House) -> None:
    """Charges without the tag are told as that, apart from those whose tag is empty."""
    rows = data(house, "by-type", dimension="tag", tag="team")
    assert [(row["value"], row["present"], row["cost"]) for row in rows] == [
        ("web", True, "18"),
        ("", False, "8"),
        ("data", True, "4"),
    ]
    rows = data(house, "by-type", dimension="tag", tag="env")
    assert [(row["value"], row["present"], row["cost"]) for row in rows] == [
        ("", False, "24"),
        ("", True, "4"),
        ("prod", True, "2"),
    ]


def test_an_entry_of_a_ranking_leads_to_its_charges(house: House) -> None:
    """Each value of each dimension, and what has none, is a filter that gives the entry's cost."""
    filters = {"service": "service", "region": "region", "account": "sub_account", "sku": "sku",
               "resource_type": "resource_type", "charge_category": "charge_category"}  # fmt: skip
    for dimension, parameter in filters.items():
        for row in data(house, "by-type", dimension=dimension):
            asked = {parameter: row["value"]} if row["present"] else {"without": dimension}
            assert costs(data(house, "total", **asked)) == Decimal(row["cost"]), (dimension, row)


def test_values_beyond_the_dearest_are_added_up(house: House) -> None:
    """A chart of few series still adds up to the whole."""
    rows = data(house, "trends-by-type", dimension="tag", tag="team", top=1)
    assert [(row["period"][:10], row["value"], row["others"], row["cost"]) for row in rows] == [
        ("2026-11-20", "web", False, "9"),
        ("2026-11-20", "", True, "6"),
        ("2026-11-21", "web", False, "9"),
        ("2026-11-21", "", True, "6"),
    ]


@pytest.mark.parametrize(
    ("path", "asked"),
    [
        ("restatements", {"tag.team": "web"}),
        ("invoices", {"tag.team": "web"}),
        ("total", {"tag.": "web"}),
        ("total", {"tag": "web"}),
        ("total", {"tags": "web"}),
        ("total", {"without": "colour"}),
        ("total", {"untagged": ""}),
        ("total", {"as_known_at": "2026-11-22T09:00:00Z", "tag.team": "web"}),
        ("metrics", {"as_known_at": "2026-11-22T09:00:00Z", "sku": "box"}),
        ("by-type", {"dimension": "tag"}),
        ("by-type", {"dimension": "service", "tag": "team"}),
        ("trends-by-type", {"dimension": "tag"}),
        ("trends-by-type", {"top": 0}),
        ("total", {f"tag.{number}": "web" for number in range(21)}),
    ],
)
def test_a_filter_that_cannot_be_applied_is_refused(
    house: House, path: str, asked: dict[str, Any]
) -> None:
    """Ignoring it would be a wrong answer: also a tag where a read knows no tags."""
    answer = house.get(f"{BASE}/{path}", key="globex", **PERIOD, **asked)
    assert answer.status_code == 422
    assert answer.json()["remedy"]


def test_the_description_tells_of_tags_as_parameters_of_their_own(house: House) -> None:
    """An object in form style is, in OpenAPI, a parameter for each of its members."""
    described = house.client.get("/openapi.json").json()
    path = "/api/v2/costs/{customer_id}/{provider}/total"
    parameters = described["paths"][path]["get"]["parameters"]
    [tags] = [each for each in parameters if each["name"] == "tags"]
    assert (tags["in"], tags["style"], tags["explode"]) == ("query", "form", True)
    assert tags["schema"]["propertyNames"] == {"pattern": "^tag\\.."}


STRANGE = (
    "it's",
    'say "so"',
    "back\\slash",
    "tab\tand\nline",
    "{service:String}",
    "né 漢",
    "a,b]['",
)


def test_keys_and_values_are_text_whatever_they_hold(house: House) -> None:
    """Quotes, backslashes, control characters and braces are found as they were written."""
    day = date(2026, 9, 1)
    asked = {"start": "2026-09-01T00:00:00Z", "end": "2026-09-02T00:00:00Z"}
    rows: list[Row] = [
        charge("1", day, resource_id=text, service_name=text, tags={text: text}) for text in STRANGE
    ]
    house.rewrite("globex", COST, day_window(day), [*rows, charge("1", day, resource_id="plain")])
    house.clock.advance(timedelta(minutes=4))

    def total(**filters: Any) -> Decimal:
        answer = house.get(f"{BASE}/total", key="globex", **asked, **filters)
        assert answer.status_code == 200, answer.text
        return costs(answer.json()["data"])

    for text in STRANGE:
        assert total(service=text) == total(resource_id=text) == 1
        assert total(**{f"tag.{text}": text}) == 1
        assert total(untagged=text) == len(STRANGE)
        [first, second] = house.get(
            f"{BASE}/by-type", key="globex", dimension="tag", tag=text, **asked
        ).json()["data"]
        assert (second["value"], first["cost"]) == (text, str(len(STRANGE)))
    keys, cursor = [], None
    while True:
        turn: dict[str, str] = {"cursor": cursor} if cursor else {}
        body = house.get(f"{BASE}/tags", key="globex", limit=2, **asked, **turn).json()
        keys += [row["key"] for row in body["data"]]
        cursor = body["next_cursor"]
        if cursor is None:
            break
    assert sorted(keys) == sorted(STRANGE)


@pytest.mark.parametrize("text", ["\x00", "\ud800"], ids=["nul", "half a character"])
def test_text_that_is_none_is_refused_or_finds_nothing(house: House, text: str) -> None:
    """It is never a fault of the server."""
    quoted = quote(text, errors="surrogatepass")
    for query in (f"service={quoted}", f"tag.{quoted}=1", f"untagged={quoted}"):
        answer = house.client.get(
            f"{BASE}/total?days=3&{query}", headers=dict(house.auth("globex"))
        )
        assert answer.status_code in {200, 422}, answer.text
