"""ETags: an answer that did not change is not made again."""

import hashlib

import orjson
from fastapi import FastAPI, Request, Response
from starlette.datastructures import Headers


class Unchanged(Exception):
    """What the caller holds is what it would get."""

    def __init__(self, tag: str) -> None:
        super().__init__(tag)
        self.tag = tag


def tag_of(*parts: object) -> str:
    """A weak entity tag of everything the answer depends on.

    Weak, because compression by a proxy may change the bytes and not what they say (RFC 9110).
    """
    digest = hashlib.sha256(orjson.dumps(parts, default=str)).hexdigest()
    return f'W/"{digest[:32]}"'


def demand_change(headers: Headers, tag: str) -> None:
    """Return if the caller does not hold ``tag``.

    Raises:
        Unchanged: it does.
    """
    held = headers.get("if-none-match", "")
    if held.strip() == "*" or tag.removeprefix("W/") in {
        part.strip().removeprefix("W/") for part in held.split(",")
    }:
        raise Unchanged(tag)


async def on_unchanged(request: Request, unchanged: Exception) -> Response:  # noqa: ARG001
    """304, with the tag that still holds."""
    return Response(status_code=304, headers={"ETag": str(unchanged)})


def install(app: FastAPI) -> None:
    """Make ``app`` answer 304."""
    app.add_exception_handler(Unchanged, on_unchanged)
