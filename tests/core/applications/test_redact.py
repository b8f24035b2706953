"""What the redactor finds, what it leaves, and that it does the same thing everywhere."""

import re
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import SecretBytes

from optiinfra_core.applications.privacy import Redactor
from optiinfra_core.applications.privacy.kinds import KINDS

PEPPER = SecretBytes(b"p" * 32)
ACME = Redactor(PEPPER, "acme")
LABEL = re.compile(r"\[\[([A-Z]+)\|(.*?)\]\]")
PLACEHOLDER = re.compile(r"<([A-Z]+)_([0-9a-f]{4})>")
LABELLED = [
    line
    for line in Path(__file__).with_name("pii.txt").read_text(encoding="utf-8").splitlines()
    if line and not line.startswith("#")
]
PEM = (
    "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\nMIIEpAIBAAKCAQEA/7+x=\n"
    "-----END RSA PRIVATE KEY-----"
)


def kinds_in(text: str) -> Counter[str]:
    """How many placeholders of each kind a text holds."""
    return Counter(match[1] for match in PLACEHOLDER.finditer(text))


def test_every_labelled_value_is_found_and_nothing_else() -> None:
    """Recall and precision are 1 for each kind on our own labelled lines."""
    wanted: Counter[str] = Counter()
    missed = []
    for line in LABELLED:
        plain = LABEL.sub(lambda match: match[2], line)
        expected = LABEL.sub(lambda match: f"<{match[1]}>", line)
        found = PLACEHOLDER.sub(lambda match: f"<{match[1]}>", ACME.redact(plain))
        wanted += Counter(match[1] for match in LABEL.finditer(line))
        if found != expected:
            missed.append((expected, found))
    assert missed == []
    assert set(wanted) == {kind.name for kind in KINDS} - {"PEM"}


@pytest.mark.parametrize(
    "block", [PEM, PEM.replace("\n", "\\n"), PEM.rsplit("\n", 1)[0]], ids=["whole", "json", "cut"]
)
def test_a_private_key_goes_as_a_whole(block: str) -> None:
    """Also escaped as in JSON, and where its end was cut off."""
    left = ACME.redact(f'key: "{block}" (keep this)')
    assert kinds_in(left) == {"PEM": 1}
    assert "MIIE" not in left
    assert left.endswith('" (keep this)')


def test_the_same_value_has_the_same_placeholder_however_it_is_written() -> None:
    """A card with and without gaps, a mail in capitals: the judge sees that they are one."""
    left = ACME.redact("4111 1111 1111 1111, 4111111111111111, A@B.example and a@b.example")
    cards = [match[2] for match in PLACEHOLDER.finditer(left) if match[1] == "CARD"]
    mails = [match[2] for match in PLACEHOLDER.finditer(left) if match[1] == "EMAIL"]
    assert len(set(cards)) == len(set(mails)) == 1
    assert len(cards) == len(mails) == 2


def test_placeholders_of_two_customers_and_of_two_peppers_differ() -> None:
    """Nobody can join the texts of two customers, nor try out values without the pepper."""
    text = "write to jane@example.com and john@example.com and jim@example.com"
    others = (Redactor(PEPPER, "globex"), Redactor(SecretBytes(b"q" * 32), "acme"))
    assert all(other.redact(text) != ACME.redact(text) for other in others)
    assert Redactor(PEPPER, "acme").redact(text) == ACME.redact(text)


def test_two_values_have_two_placeholders() -> None:
    """Who is asked about and who answers stay two people."""
    left = ACME.redact("jane@example.com wrote to john@example.com")
    assert len(set(PLACEHOLDER.findall(left))) == 2


def test_a_text_without_anything_is_returned_as_it_is() -> None:
    """Ordinary words, other scripts, emoji and placeholders are not touched."""
    text = "Größe 42, 価格は1,299円です 🙂 <EMAIL_3f9a> x@y"
    assert ACME.redact(text) == text


FRAGMENTS = st.sampled_from(
    [
        "jane@example.com", "4111 1111 1111 1111", "4111", " ", "-", "+49 170 1234567", "0", "1",
        "123-45-6789", "10.0.0.1", "::", "2001:db8::1:2", "DE89 3704 0044 0532 0130 00", "<", ">",
        "<EMAIL_3f9a>", "_3f9a>", "sk-abcdefghij0123456789", "https://a:b@c", "@", ".", ":",
        "(415)", " 555-2671", "eyJhbGciOi.eyJzdWIi.x", "-----BEGIN KEY-----", "tel ", "x", "\n",
        "é",
    ]
)  # fmt: skip


@given(st.lists(FRAGMENTS, max_size=12).map("".join))
@settings(max_examples=400, deadline=None)
def test_redacting_twice_is_redacting_once(text: str) -> None:
    """A text that was redacted on its way in is not changed on its way to the judge."""
    once = ACME.redact(text)
    assert ACME.redact(once) == once


@given(st.text(max_size=200))
@settings(max_examples=200, deadline=None)
def test_any_text_can_be_redacted(text: str) -> None:
    """No text makes it fail, and none of its placeholders is of an unknown kind."""
    left = ACME.redact(text)
    assert set(kinds_in(left)) <= {kind.name for kind in KINDS} | set(kinds_in(text))


def test_a_hash_of_texts_is_keyed_and_keeps_their_borders() -> None:
    """Two texts never hash like their concatenation, nor like the same texts elsewhere."""
    names = ACME.pseudonyms
    assert names.content(["ab", "c"]) != names.content(["a", "bc"])
    assert names.content(["ab"]) != Redactor(PEPPER, "globex").pseudonyms.content(["ab"])
    assert len(names.content(["ab"])) == 64


def test_nobody_has_no_hash() -> None:
    """A call without a person is found by no erasure."""
    assert ACME.pseudonyms.user("") == ""
    assert ACME.pseudonyms.user("jane") != ACME.pseudonyms.user("Jane")


class Counting(Redactor):
    """Counts how often it reads a text."""

    passes = 0

    def _once(self, text: str) -> str:
        self.passes += 1
        return super()._once(text)


CHAINS = [
    "012 ", "415-555-2671-", "415-555-2671 ", "4111111111111111.", "4111111111111111 ",
    "4111111111111111-", "123-45-6789-", "123-45-6789 ", "+49 170 1234567 ", "10.0.0.1.",
    "10.0.0.1 ", "2001:db8::1:2:", "jane@example.com-", "jane@example.com.", "a@b.example@",
    "GB82WEST12345698765432-", "sk-abcdefghij0123456789 ", "tel 5551234567 ", "(415) 555-2671 ",
    "https://a:b@c ", "eyJhbGciOi.eyJzdWIi.x.", "-----BEGIN KEY-----",
]  # fmt: skip


@pytest.mark.parametrize("link", CHAINS)
def test_a_chain_of_values_is_read_a_fixed_number_of_times(link: str) -> None:
    """Each pass costs the length of the text: their number must not grow with it."""
    for links in (10, 400):
        redactor = Counting(PEPPER, "acme")
        redactor.redact(link * links)
        assert redactor.passes <= 4
