"""Text leaves without what is secret in it, and otherwise as it was."""

from concurrent.futures import ThreadPoolExecutor
from secrets import token_hex
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from optiinfra_core.redaction import Registry, register_secret, scrub

JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9"
PEM = "-----BEGIN RSA PRIVATE KEY-----\nMIIEow\nIBAAKC\n-----END RSA PRIVATE KEY-----"
API_KEY = f"oi_prod_abcdefghijkl_{'A' * 43}"


@pytest.mark.parametrize(
    ("said", "left"),
    [
        ("id AKIAIOSFODNN7EXAMPLE failed", "id [redacted] failed"),
        ("id ASIAIOSFODNN7EXAMPLE.", "id [redacted]."),
        ("Authorization: Bearer abc.def-123", "Authorization: [redacted]"),
        ("{'Authorization': 'AWS4-HMAC-SHA256 Credential=x, Signature=y'}",
         "{'Authorization': '[redacted]'}"),
        ("sent bearer abcdefgh12345", "sent bearer [redacted]"),
        ("GET /x?key=abc&page=2", "GET /x?key=[redacted]&page=2"),
        ("GET /x?X-Amz-Signature=abc123&b=1", "GET /x?X-Amz-Signature=[redacted]&b=1"),
        ("password=hunter2 user=ann", "password=[redacted] user=ann"),
        ('{"api_token": "abc", "n": 1}', '{"api_token": "[redacted]", "n": 1}'),
        ("{'secret': 'abc'}", "{'secret': '[redacted]'}"),
        ('"password": "two words, and more", "n": 1', '"password": "[redacted]", "n": 1'),
        (r'{"body": "{\"secret\": \"a b\"}"}', r'{"body": "{\"secret\": \"[redacted]\"}"}'),
        ("Key(secret='a b', n=1)", "Key(secret='[redacted]', n=1)"),
        ("token=b'raw'", "token=b'[redacted]'"),
        ("aws_secret_access_key = abc/def+1", "aws_secret_access_key = [redacted]"),
        (f"jwt {JWT} end", "jwt [redacted] end"),
        (f"pem {PEM} end", "pem [redacted] end"),
        ("cut -----BEGIN PRIVATE KEY-----\nMIIEow", "cut [redacted]"),
        ("groq gsk_abcdefghijklmnop1234", "groq [redacted]"),
        (f"key {API_KEY}", "key oi_prod_abcdefghijkl_[redacted]"),
        ("postgresql://ann:hunter2@db:5432/x", "postgresql://ann:[redacted]@db:5432/x"),
        ("amqp://a:p@ss@h/p", "amqp://a:[redacted]@h/p"),
        ("https://:hunter2@h/p", "https://:[redacted]@h/p"),
    ],
)  # fmt: skip
def test_what_is_shaped_like_a_secret_goes(said: str, left: str) -> None:
    """Only the secret part; scrubbing twice is scrubbing once."""
    assert scrub(said) == left
    assert scrub(left) == left


@pytest.mark.parametrize(
    "said",
    [
        "",
        "a key is needed: see the docs",
        "collected 12 rows in us-east-1, 3 tokens left",
        "http://127.0.0.1:8080/api/v1/costs/acme/aws?start=2026-11-22T00:00:00Z",
        "customer=acme provider=aws rows=12",
        "arn:aws:iam::111111111111:role/reader",
        "secret: see above",
    ],
)
def test_ordinary_text_stays(said: str) -> None:
    """Words that only speak of keys and secrets are no secrets."""
    assert scrub(said) == said


def test_a_known_value_goes_wherever_it_stands() -> None:
    """In the middle of words, twice, at both ends, and as URLs and JSON write it."""
    value = f'p/w "{token_hex(6)}"\n'
    register_secret(value)
    quoted = value.replace("/", "%2F").replace(" ", "%20").replace('"', "%22").replace("\n", "%0A")
    escaped = value.replace('"', '\\"').replace("\n", "\\n")
    assert scrub(f"{value}x{value}") == "[redacted]x[redacted]"
    assert scrub(f"?a={quoted}&b") == "?a=[redacted]&b"
    assert scrub(f'"{escaped}"') == '"[redacted]"'


def test_a_short_value_is_not_hunted() -> None:
    """Seven letters are a word; hiding it everywhere would hide the text."""
    register_secret("ab12345")
    assert scrub("see ab12345 there") == "see ab12345 there"


def test_the_longer_of_two_values_wins() -> None:
    """No rest of the longer secret stays behind."""
    known = Registry()
    known.add("same-start")
    known.add("same-start-and-more")
    assert known.hide("x same-start-and-more y same-start z") == "x [redacted] y [redacted] z"
    known.add("more-and-overlapping")
    assert known.hide("x same-start-and-more-and-overlapping y") == "x [redacted] y"


@given(
    secrets=st.lists(st.text(min_size=8, max_size=20), max_size=5),
    around=st.lists(st.text(max_size=15), min_size=6, max_size=6),
)
def test_no_known_value_is_left_in_any_text(secrets: list[str], around: list[str]) -> None:
    """Whatever stands around it; text without one is returned as it was."""
    known = Registry()
    for secret in secrets:
        known.add(secret)
    text = "".join(part for pair in zip(around, [*secrets, ""] * 6, strict=False) for part in pair)
    hidden = known.hide(text)
    assert not any(secret in hidden for secret in secrets if secret not in "[redacted]" * 3)
    if not secrets:
        assert hidden == text


@pytest.mark.parametrize("piece", ["a", "a-", "key", "eyJabcde", "://a:", "-----BEGIN ", "A ", "="])
def test_long_text_takes_time_with_its_length_only(piece: str) -> None:
    """Ten times the text is not a hundred times the work, whatever it is made of."""

    def seconds(length: int) -> float:
        text = piece * (length // len(piece))
        started = process_time()
        scrub(text)
        return process_time() - started

    assert seconds(100_000) < 40 * max(seconds(10_000), 0.001)


def test_values_may_be_added_while_others_read() -> None:
    """A line is written in one thread while another opens a credential."""
    registry, text = Registry(), "nothing secret is in this line " * 200
    with ThreadPoolExecutor(2) as threads:
        adding = threads.submit(lambda: [registry.add(token_hex(8)) for _ in range(2000)])
        while not adding.done():
            assert registry.hide(text) == text
    assert adding.exception() is None
