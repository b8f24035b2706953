"""What is stored of a call by each policy, and that halves and repetitions give the same row."""

from dataclasses import fields, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from pydantic import SecretBytes

from optiinfra_core.applications.interaction import Interaction, Message, Part, TextPolicy
from optiinfra_core.applications.parts import documents, messages
from optiinfra_core.applications.privacy import KeptInteraction, Redactor, TextRules, kept
from optiinfra_core.warehouse import migrations

ACME = Redactor(SecretBytes(b"p" * 32), "acme")
AT = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
TODAY = AT.date()
CALL = Interaction(
    application="support.assistant",
    trace_id="a" * 32,
    span_id="b" * 16,
    started_at=AT,
    ended_at=AT + timedelta(seconds=1),
    llm_vendor="groq",
    model="openai/gpt-oss-20b",
    input_tokens=1000,
    output_tokens=200,
    user="jane",
    input=(Part("span", 0, Message("user", "I am jane@example.com")),),
    output=(Part("span", 0, Message("assistant", "Noted, jane@example.com")),),
    context=("Jane's mail is jane@example.com",),
    tags={"owner": "jane@example.com"},
)


def rules(policy: TextPolicy, days: int = 30, *, judge: bool = True) -> TextRules:
    """Rules of an application."""
    return TextRules(policy=policy, days=days, send_to_judge=judge)


def said(row: KeptInteraction) -> list[str]:
    """Every text of the row."""
    spoken = (*messages(row.input_parts), *messages(row.output_parts))
    return [*(each.text for each in spoken), *documents(row.context_parts)]


def test_every_column_of_the_table_is_filled() -> None:
    """A column that the migration has and the row lacks would stay empty without a word."""
    folder = Path(next(iter(migrations.__path__)))
    [text] = [path.read_text() for path in folder.glob("0010*.sql")]
    lines = text.split("(\n", 1)[1].split("\n)\n")[0].splitlines()
    columns = {line.split()[0] for line in lines if line.strip()}
    told = {each.name for each in fields(KeptInteraction)}
    assert columns == told | {"customer_id", "ingested_at"}


def test_full_keeps_texts_as_they_were_sent() -> None:
    """Nothing is replaced, tags neither; the person is a hash all the same."""
    row = kept(CALL, rules("full"), ACME, TODAY)
    assert row.text_state == "full"
    assert said(row)[0] == "I am jane@example.com"
    assert row.tags == {"owner": "jane@example.com"}
    assert row.user_hash == ACME.pseudonyms.user("jane")


def test_redacted_keeps_texts_with_one_placeholder_for_one_value() -> None:
    """Question, answer and source still tell that they speak of the same address."""
    row = kept(CALL, rules("redacted"), ACME, TODAY)
    mail = ACME.redact("jane@example.com")
    assert said(row) == [f"I am {mail}", f"Noted, {mail}", f"Jane's mail is {mail}"]
    assert row.tags == {"owner": mail}


def test_hash_keeps_a_hash_and_no_text() -> None:
    """Equal texts can be told as equal, by nobody without the pepper."""
    row = kept(CALL, rules("hash"), ACME, TODAY)
    assert (row.text_state, said(row)) == ("hash", [])
    assert len(row.content_sha256) == 64
    assert row.content_sha256 == kept(CALL, rules("redacted"), ACME, TODAY).content_sha256
    other = Redactor(SecretBytes(b"p" * 32), "globex")
    assert kept(CALL, rules("hash"), other, TODAY).content_sha256 != row.content_sha256


def test_none_keeps_numbers_alone() -> None:
    """Tokens and cost are there; text, hash and the address in the tag are not."""
    row = kept(CALL, rules("none"), ACME, TODAY)
    assert (row.text_state, said(row), row.content_sha256) == ("none", [], "")
    assert (row.input_tokens, row.cost_usd) == (1000, Decimal("0.000135"))
    assert "jane" not in repr(row) + str(row.tags)


def test_a_call_that_refuses_capture_is_neither_kept_nor_judged() -> None:
    """Its own word counts against the policy of the application."""
    row = kept(replace(CALL, capture=False), rules("full"), ACME, TODAY)
    assert (row.text_state, said(row), row.judge_allowed) == ("none", [], False)


@pytest.mark.parametrize("judge", [True, False])
def test_the_judge_sees_what_the_application_allows(*, judge: bool) -> None:
    """Keeping a text and showing it to a judge are two decisions."""
    assert kept(CALL, rules("full", judge=judge), ACME, TODAY).judge_allowed is judge


def test_texts_expire_days_after_the_call() -> None:
    """The day of the call counts, not that of its arrival."""
    late = kept(CALL, rules("full", days=7), ACME, TODAY + timedelta(days=3))
    assert late.text_expires_on == date(2026, 11, 29)
    assert late.text_state == "full"


def test_a_text_that_has_expired_is_not_kept_at_all() -> None:
    """What is sent after its time leaves its numbers only."""
    row = kept(CALL, rules("full", days=7), ACME, TODAY + timedelta(days=7))
    assert (row.text_state, said(row), row.input_tokens) == ("none", [], 1000)


def test_a_clock_in_the_future_keeps_no_text_longer() -> None:
    """A sender that is a year ahead does not lengthen what the customer decided."""
    ahead = replace(CALL, started_at=AT + timedelta(days=365))
    assert kept(ahead, rules("full", days=7), ACME, TODAY).text_expires_on == date(2026, 11, 29)


def test_a_half_without_text_says_so() -> None:
    """The other half's state wins where halves are joined: none is the lowest."""
    row = kept(replace(CALL, input=(), output=(), context=()), rules("redacted"), ACME, TODAY)
    assert (row.text_state, row.content_sha256) == ("none", "")


def test_the_day_is_that_of_utc() -> None:
    """A call in the evening of New York is one of the next day."""
    evening = datetime.fromisoformat("2026-11-21T21:30:00-05:00")
    assert kept(replace(CALL, started_at=evening), rules("full"), ACME, TODAY).day == TODAY


def test_redelivery_gives_the_same_row() -> None:
    """Same half, same rules, same day: every column is equal."""
    assert kept(CALL, rules("redacted"), ACME, TODAY) == kept(CALL, rules("redacted"), ACME, TODAY)


def test_no_text_and_no_person_is_in_the_repr_of_a_row() -> None:
    """What is logged by accident tells no text."""
    assert "jane" not in repr(kept(CALL, rules("full"), ACME, TODAY))
