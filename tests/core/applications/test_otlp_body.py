"""Bodies are unpacked within a bound and refused by name."""

import gzip
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from optiinfra_core.applications.otlp.body import TooLarge, UnsupportedMedia, unpacked
from optiinfra_core.errors import InvalidRequest

LIMIT = 1_000_000


@given(st.binary(max_size=300))
def test_gzip_and_plain_bodies_are_read_alike(body: bytes) -> None:
    """Exporters compress or do not."""
    assert unpacked(gzip.compress(body), "gzip", LIMIT) == body
    assert unpacked(body, "", LIMIT) == unpacked(body, "identity", LIMIT) == body


def test_members_that_follow_one_another_are_one_text() -> None:
    """Concatenated gzip files are a gzip file."""
    assert unpacked(gzip.compress(b"ab") + gzip.compress(b"cd"), " GZIP", LIMIT) == b"abcd"


@pytest.mark.parametrize("limit", [LIMIT, 5])
def test_a_bomb_is_too_large(limit: int) -> None:
    """64 MB of zeroes are 65 kB of gzip; no more than the limit is ever unpacked."""
    with pytest.raises(TooLarge, match=r"unpacks to more|has \d+ bytes"):
        unpacked(gzip.compress(bytes(64 << 20), 9), "gzip", limit)


def test_a_bomb_of_many_members_is_too_large() -> None:
    """The limit is of them all."""
    with pytest.raises(TooLarge):
        unpacked(gzip.compress(bytes(LIMIT // 2)) * 3, "gzip", LIMIT)


def test_thousands_of_empty_members_are_refused() -> None:
    """Each copies what follows it."""
    with pytest.raises(InvalidRequest, match="members"):
        unpacked(gzip.compress(b"") * 1000, "gzip", LIMIT)


def test_exactly_the_limit_is_taken() -> None:
    """The bound is what it says."""
    assert len(unpacked(gzip.compress(bytes(LIMIT)), "gzip", LIMIT)) == LIMIT
    with pytest.raises(TooLarge):
        unpacked(bytes(LIMIT + 1), "identity", LIMIT)


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"not gzip", "says gzip and is not"),
        (gzip.compress(b"hello" * 50, mtime=0)[:-9], "cut off"),
        (gzip.compress(b"hello", mtime=0)[:5], "cut off"),
        (gzip.compress(b"hello", mtime=0) + b"rubbish", "says gzip and is not"),
        (zlib.compress(b"hello"), "says gzip and is not"),
    ],
)
def test_what_is_no_whole_gzip_is_refused(body: bytes, why: str) -> None:
    """With 400: the sender's mistake, and sending it again does not help."""
    with pytest.raises(InvalidRequest, match=why) as refused:
        unpacked(body, "gzip", LIMIT)
    assert refused.type is InvalidRequest


@pytest.mark.parametrize("encoding", ["br", "zstd", "deflate", "gzip, gzip"])
def test_other_encodings_are_not_supported(encoding: str) -> None:
    """With a code of its own, for 415."""
    with pytest.raises(UnsupportedMedia):
        unpacked(b"", encoding, LIMIT)
