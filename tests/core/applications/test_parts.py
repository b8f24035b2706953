"""Parts of a conversation as strings: joined in any order they read the same."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from optiinfra_core.applications.interaction import Message, Part
from optiinfra_core.applications.parts import decode, documents, encode, encode_document, messages

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
PARTS = st.builds(
    Part,
    st.sampled_from(["span", "event"]),
    st.integers(0, 2**63 - 1),
    st.builds(Message, st.sampled_from(["system", "user", "assistant", "tool"]), TEXTS),
)


def part(origin: str, at: int, text: str, role: str = "user") -> Part:
    """A part with a text."""
    assert origin in ("span", "event")
    return Part("span" if origin == "span" else "event", at, Message(role, text))


@given(PARTS)
def test_a_part_is_read_as_it_was_spelt(told: Part) -> None:
    """Nothing is lost in the string that is stored."""
    assert decode(encode(told)) == told


@given(st.lists(PARTS), st.data())
def test_order_splits_and_repetition_change_nothing(parts: list[Part], data: st.DataObject) -> None:
    """A union of strings is all that the warehouse makes of halves."""
    encoded = [encode(each) for each in parts]
    again = data.draw(st.permutations(encoded + encoded[: len(encoded) // 2]))
    cut = data.draw(st.integers(0, len(again)))
    joined = sorted({*again[:cut]} | {*again[cut:]})
    assert messages(joined) == messages(encoded)


def test_what_a_span_tells_is_used_before_events() -> None:
    """Both carry the same conversation, and it is read once."""
    told = [part("event", 5, "hello"), part("span", 1, "again"), part("span", 0, "hello")]
    assert [each.text for each in messages(map(encode, told))] == ["hello", "again"]


def test_events_are_read_in_the_order_of_their_times() -> None:
    """Records of one call come in different requests."""
    told = [part("event", 7, "third"), part("event", 1, "first"), part("event", 5, "second")]
    assert [each.text for each in messages(map(encode, told))] == ["first", "second", "third"]


def test_of_two_texts_in_one_place_the_whole_one_is_read() -> None:
    """One exporter cut the attribute, the other did not."""
    told = [part("span", 0, "a long text"), part("span", 0, "a long")]
    assert [each.text for each in messages(map(encode, told))] == ["a long text"]


def test_events_of_one_nanosecond_are_all_read() -> None:
    """Clocks are coarse; messages are not lost for it."""
    told = [part("event", 3, "a"), part("event", 3, "b")]
    assert [each.text for each in messages(map(encode, told))] == ["a", "b"]


def test_documents_are_read_in_order_and_once() -> None:
    """Two halves may tell the same source."""
    told = [encode_document(1, "b"), encode_document(0, "a"), encode_document(2, "a")]
    assert documents(told) == ("a", "b")


@pytest.mark.parametrize("text", ["", "null", "[1,2]", "{", '"x"'])
def test_what_is_no_part_is_no_part(text: str) -> None:
    """A string that we did not write is an error, not an empty conversation."""
    with pytest.raises(ValueError, match=r".*"):
        decode(text)
