"""Whatever a charge says survives being written as FOCUS and read again."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from optiinfra_core.focus import FocusReader, Titles, columns_of, focus_record
from optiinfra_core.focus.values import NOTHING
from optiinfra_core.focus.writing import PARTIES
from optiinfra_core.metrics import COST, CostRow, Kind

WORDS = st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=12).filter(
    lambda word: word.strip() not in NOTHING
)
MAPS = st.dictionaries(WORDS, st.one_of(st.just(""), WORDS), max_size=4)
INSTANTS = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)).map(  # noqa: DTZ001 - hypothesis adds the zone
    lambda at: at.replace(microsecond=0)
)
DAYS = st.dates(date(2000, 1, 1), date(2100, 1, 1))


def amounts(places: int, digits: int = 38) -> st.SearchStrategy[Decimal]:
    """Every amount that a stored decimal of 38 digits holds, debts and dust included."""
    most = 10**digits - 1
    return st.integers(-most, most).map(lambda whole: Decimal(whole).scaleb(-places))


SAID: dict[Kind, st.SearchStrategy[Any]] = {
    Kind.TEXT: st.one_of(st.just(""), WORDS),
    Kind.LONG_TEXT: st.sampled_from(["", '{"CoreCount":4,"x_a":"ß"}', '{"Elements":[{"a":1}]}']),
    Kind.MONEY: amounts(12),
    Kind.OPTIONAL_MONEY: st.one_of(st.none(), amounts(12)),
    Kind.QUANTITY: st.one_of(st.none(), amounts(18)),
    Kind.INSTANT: INSTANTS,
    Kind.DAY: DAYS,
    Kind.OPTIONAL_DAY: DAYS,
    Kind.TAGS: MAPS,
}
# Without these a line is no charge, or has FOCUS's usual value.
ALWAYS = {
    "billing_account_id", "service_name", "charge_category", "billing_currency", "finality",
}  # fmt: skip
WHO = (
    "provider_name", "publisher_name", "service_provider_name", "host_provider_name",
    "invoice_issuer_name",
)  # fmt: skip
# Custom columns carry FOCUS's prefix.
EXTRA = MAPS.map(lambda held: {f"x_{name}": word for name, word in held.items()})


@st.composite
def charges(draw: Callable[[st.SearchStrategy[Any]], Any]) -> CostRow:
    """Any charge; who offers it is told, for what is not told is written as the provider."""
    fields = {}
    for column in COST.columns:
        strategy = WORDS if column.name in {*ALWAYS, *WHO} else SAID[column.kind]
        fields[column.name] = draw(EXTRA if column.name == "extra" else strategy)
    return CostRow(**fields)


@given(charges())
def test_a_charge_written_as_1_3_and_read_again_is_the_same_charge(charge: CostRow) -> None:
    """Every field: words of any script, 38 digits, empty tags, nulls."""
    record = focus_record(charge, "1.3", Titles(provider="Somebody"))
    assert FocusReader(record).row(record) == charge


@given(charges())
def test_1_2_loses_what_it_has_no_column_for_and_nothing_else(charge: CostRow) -> None:
    """The eight columns of 1.3 are empty afterwards."""
    record = focus_record(charge, "1.2", Titles(provider="Somebody"))
    written = {one.field for one in columns_of("1.2")}
    lost = {one.field: CostRow.__dataclass_fields__[one.field] for one in columns_of("1.3")}
    empty = {name: "" if name != "allocated_tags" else {} for name in lost if name not in written}
    assert FocusReader(record).row(record) == replace(charge, **empty)


@given(charges())
def test_no_party_is_ever_left_unnamed(charge: CostRow) -> None:
    """Where no source says who, it is the provider."""
    nameless = dict.fromkeys(WHO, "")
    record = focus_record(replace(charge, **nameless), "1.3", Titles(provider="Somebody"))
    assert {record[name] for name in PARTIES} == {"Somebody"}
