"""Names of applications and ids of calls."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from optiinfra_core.applications import identity
from optiinfra_core.applications.interaction import APPLICATION_ID, SPAN_ID, TRACE_ID
from optiinfra_core.errors import InvalidRequest


@pytest.mark.parametrize(
    ("namespace", "name", "slug"),
    [
        ("support", "assistant", "support.assistant"),
        ("", "assistant", "assistant"),
        ("Support Desk", "Assistant/EU", "support-desk.assistant-eu"),
        ("", "", "unknown"),
        ("", "..hidden", "hidden"),
        ("", "docs.copilot_v2", "docs.copilot_v2"),
    ],
)
def test_an_application_is_named_by_namespace_and_name(
    namespace: str, name: str, slug: str
) -> None:
    """The slug stands in URLs and in keys of rows."""
    assert identity.application_id(namespace, name) == slug


def test_names_without_any_letter_of_ascii_stay_apart() -> None:
    """A hash names them, or all Japanese applications would be one."""
    names = {identity.application_id("", name) for name in ("検索", "支援", "---")}
    assert len(names) == 3


def test_long_names_that_begin_alike_stay_apart() -> None:
    """What is cut off is told by a hash."""
    names = {identity.application_id("", "a" * 300 + end) for end in "xy"}
    assert len(names) == 2
    assert all(len(name) == 128 for name in names)


@given(st.text(), st.text())
def test_every_name_gives_a_slug_and_a_slug_gives_itself(namespace: str, name: str) -> None:
    """Whatever text a resource holds, the warehouse and Postgres take its slug."""
    slug = identity.application_id(namespace, name)
    assert APPLICATION_ID.fullmatch(slug)
    assert identity.application_id("", slug) == slug


@given(st.text(), st.text())
def test_ids_derived_from_text_are_ids(application: str, external_id: str) -> None:
    """A call without a trace gets ids of OpenTelemetry's form, the same every time."""
    trace = identity.derived_trace_id(application, external_id)
    span = identity.derived_span_id(application, external_id)
    assert TRACE_ID.fullmatch(trace)
    assert SPAN_ID.fullmatch(span)
    assert identity.derived_trace_id(application, external_id) == trace
    assert identity.parsed(f"{trace}-{span}") == (trace, span)


def test_derived_ids_depend_on_the_application_and_the_id() -> None:
    """Two applications may count their calls alike; parts of a text cannot be moved across."""
    derived = {identity.derived_trace_id(*each) for each in (("a", "bc"), ("ab", "c"), ("", "abc"))}
    assert len(derived) == 3


@pytest.mark.parametrize("text", ["", "x", "-", "0" * 32 + "-" + "1" * 16, "ab" * 16 + "-123"])
def test_what_is_no_interaction_id_is_refused(text: str) -> None:
    """With the form that is wanted."""
    with pytest.raises(InvalidRequest, match="interaction id"):
        identity.parsed(text)


def test_ids_are_taken_in_either_case() -> None:
    """Hex is stored in lower case."""
    assert identity.trace_id("AB" * 16) == "ab" * 16
    assert identity.span_id("0" * 16) is None
