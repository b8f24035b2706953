"""Why cost changed: what rose, what is new, how much is use, how much price, what was restated."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from optiinfra_core.metrics import COST, Row
from optiinfra_core.windows import Window
from tests.api.house import ACCOUNTS, House
from tests.core.warehouse.scene import charge

EFFECTS = ("new_effect", "gone_effect", "usage_effect", "price_effect", "other_effect")
PATH = "/api/v2/costs/acme/aws/change"
SPAN = Window(datetime(2026, 11, 8, tzinfo=UTC), datetime(2026, 11, 22, tzinfo=UTC))
HOURS = {"consumed_unit": "Hours"}
# Resource -> service, daily cost and hours of the first week and of the second; None: no charge.
MACHINES: Mapping[str, tuple[str, tuple[str, str] | None, tuple[str, str] | None]] = {
    "acme-i-1": ("Amazon EC2", ("1.25", "24"), ("1.5", "24")),
    "acme-i-2": ("Amazon EC2", ("2.5", "24"), ("5", "48")),
    "acme-i-9": ("Amazon EC2", None, ("10", "24")),
    "acme-bucket": ("Amazon S3", ("3.75", ""), None),
}


@pytest.fixture(scope="module", autouse=True)
def risen(furnished: House) -> None:
    """Acme's second week: a dearer machine, a busier one, a new one, and no bucket any more."""
    rows: list[Row] = []
    for offset in range(14):
        day = date(2026, 11, 8) + timedelta(days=offset)
        for resource, (service, before, after) in MACHINES.items():
            cost, hours = (after if offset >= 7 else before) or ("", "")
            measured = {"consumed_quantity": Decimal(hours), **HOURS} if hours else {}
            if cost:
                rows.append(
                    charge(
                        cost,
                        day,
                        billing_account_id=ACCOUNTS["acme"],
                        service_name=service,
                        resource_id=resource,
                        tags={"team": "acme"},
                        **measured,
                    )
                )
    furnished.rewrite("acme", COST, SPAN, rows)


def drivers(answer: Mapping[str, Any], dimension: str) -> list[dict[str, Any]]:
    """What of one dimension changed."""
    return [row for row in answer["data"] if row["dimension"] == dimension]


def test_the_last_whole_week_is_put_beside_the_one_before(house: House) -> None:
    """Without an end the running day is left out: half a day is no fall of cost."""
    answer = house.get(PATH).json()
    assert answer["period"] == {"start": "2026-11-15T00:00:00Z", "end": "2026-11-22T00:00:00Z"}
    assert answer["previous"] == {"start": "2026-11-08T00:00:00Z", "end": "2026-11-15T00:00:00Z"}
    assert answer["totals"] == [
        {
            "currency": "USD",
            "cost": "115.5",
            "previous": "52.5",
            "change": "63",
            "percent": "120",
            "kind": "rose",
            "new_effect": "70",
            "gone_effect": "-26.25",
            "usage_effect": "17.5",
            "price_effect": "1.75",
            "other_effect": "0",
        }
    ]
    assert answer["previous_complete"] is True
    assert answer["cost"] == "effective"


def test_what_is_new_gone_used_more_and_dearer_is_told_apart(house: House) -> None:
    """Each resource with its change, the largest first, and its parts of use and price."""
    found = drivers(house.get(PATH).json(), "resource")
    told = [(row["value"], row["kind"], row["change"], row["share"]) for row in found]
    assert told == [
        ("acme-i-9", "new", "70", "111.1"),
        ("acme-bucket", "gone", "-26.25", "-41.7"),
        ("acme-i-2", "rose", "17.5", "27.8"),
        ("acme-i-1", "rose", "1.75", "2.8"),
    ]
    effects = {
        row["value"]: {name: row[name] for name in EFFECTS if row[name] != "0"} for row in found
    }
    assert effects == {
        "acme-i-9": {"new_effect": "70"},
        "acme-bucket": {"gone_effect": "-26.25"},
        "acme-i-2": {"usage_effect": "17.5"},
        "acme-i-1": {"price_effect": "1.75"},
    }
    assert found[2]["quantity"] == "336"
    assert found[2]["unit"] == "Hours"


@pytest.mark.parametrize(
    "dimension", ["service", "resource", "account", "region", "sku", "charge_category", "provider"]
)
def test_every_dimension_adds_up_to_the_whole_change(house: House, dimension: str) -> None:
    """Nothing is lost between the total and what explains it."""
    answer = house.get(PATH, limit=50).json()
    found = drivers(answer, dimension)
    assert sum(Decimal(row["change"]) for row in found) == Decimal(63)
    for row in found:
        assert sum(Decimal(row[name]) for name in EFFECTS) == Decimal(row["change"])
    assert answer["hidden"] == {}


def test_it_is_narrowed_and_cut(house: House) -> None:
    """One service alone; and what a limit leaves out is counted."""
    narrow = house.get(PATH, service="Amazon EC2").json()
    assert narrow["totals"][0]["change"] == "89.25"
    assert {row["value"] for row in drivers(narrow, "service")} == {"Amazon EC2"}
    cut = house.get(PATH, limit=1).json()
    assert [row["value"] for row in drivers(cut, "resource")] == ["acme-i-9"]
    assert cut["hidden"] == {"resource": 3, "service": 1}


def test_what_was_restated_after_its_day_is_told(house: House) -> None:
    """The second week was served otherwise before: its restatements add up to the difference."""
    (restated,) = house.get(PATH).json()["restated"]
    assert restated["period"] == "current"
    assert restated["delta"] == "63"
    assert restated["changes"] == 28


def test_it_is_said_in_words(house: House) -> None:
    """Sentences hold the same figures, so that nobody adds them up again."""
    sentences = house.get(PATH).json()["sentences"]
    assert sentences[0] == (
        "aws cost acme 115.50 USD (effective) from 2026-11-15 to 2026-11-21: 63.00 USD (120.0 %)"
        " more than the 52.50 from 2026-11-08 to 2026-11-14."
    )
    assert sentences[1] == (
        "Of the change: new charges +70.00, charges that ended -26.25, use +17.50, price +1.75."
    )
    assert sentences[3] == (
        "By resource: acme-i-9 new at 70.00 USD, 111.1 % of the change; acme-bucket gone, was"
        " 26.25 USD, -41.7 % of the change; acme-i-2 rose by 17.50 USD, 27.8 % of the change"
        " (use +17.50; 168 to 336 Hours)."
    )
    assert any("providers changed charges by +63.00 USD" in each for each in sentences)


def test_nothing_is_said_of_what_is_not_there(house: House) -> None:
    """A cloud without charges: no total, no figure, and a sentence that says so."""
    answer = house.get("/api/v2/costs/acme/hetzner/change").json()
    assert answer["totals"] == answer["data"] == []
    assert answer["as_of"] is None
    assert "nothing that is known" in answer["sentences"][0]
    assert "not complete" in answer["sentences"][1]


def test_the_answer_is_of_one_customer_and_of_the_scope(house: House) -> None:
    """Another customer's is 404; a key without costs:read is refused."""
    assert house.get("/api/v2/costs/globex/aws/change").status_code == 404
    house.key("blind", ("resources:read",), ("acme",))
    assert house.get(PATH, key="blind").status_code == 403
    assert house.get(PATH, basis="list").status_code == 422
