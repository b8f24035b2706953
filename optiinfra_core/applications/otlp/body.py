"""The body of a request as it came over HTTP: unpacked within a bound, or refused by name."""

import zlib

from optiinfra_core.errors import InvalidRequest

GZIP = 31  # zlib's window bits for the gzip format alone
IDENTITY = ("", "identity")
MEMBERS = 64  # what follows a member is copied, so a million empty ones would cost minutes


class TooLarge(InvalidRequest):
    """A body that is larger than the door allows, as sent or once unpacked."""

    code = "too-large"
    title = "The body is too large"
    default_remedy = "Send smaller batches."


class UnsupportedMedia(InvalidRequest):
    """A content type or encoding that the door does not read."""

    code = "unsupported-media"
    title = "The body's form is not supported"
    default_remedy = "Send application/x-protobuf or application/json, plain or with gzip."


def unpacked(body: bytes, encoding: str, limit: int) -> bytes:
    """``body`` without its Content-Encoding, never more than ``limit`` bytes in memory.

    Members that follow one another are one text, as RFC 1952 has it.

    Raises:
        TooLarge: it is, or unpacks to, more than ``limit`` bytes.
        UnsupportedMedia: the encoding is neither gzip nor identity.
        InvalidRequest: it is not gzip, is cut off, or rubbish follows it.
    """
    named = encoding.strip().lower()
    if named not in (*IDENTITY, "gzip"):
        raise UnsupportedMedia(f"the content encoding {named[:40]!r} is not supported")
    if len(body) > limit:
        raise TooLarge(f"the body has {len(body)} bytes; {limit} are allowed")
    return body if named in IDENTITY else _members(body, limit)


def _members(body: bytes, limit: int) -> bytes:
    parts: list[bytes] = []
    left = limit
    while body:
        if len(parts) == MEMBERS:
            raise InvalidRequest(f"the gzip body has more than {MEMBERS} members")
        text, body = _member(body, left)
        left -= len(text)
        parts.append(text)
    return b"".join(parts)


def _member(body: bytes, limit: int) -> tuple[bytes, bytes]:
    """The text of the first member and what follows it."""
    member = zlib.decompressobj(GZIP)
    try:
        text = member.decompress(body, limit + 1)
    except zlib.error:
        raise InvalidRequest("the body says gzip and is not") from None
    if len(text) > limit:
        raise TooLarge(f"the body unpacks to more than the {limit} bytes that are left of it")
    if not member.eof:
        raise InvalidRequest("the gzip body is cut off")
    return text, member.unused_data
