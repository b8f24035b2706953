"""Readings shared by every kind of payload: whitelisted attributes, and what is not understood."""

import json
import re
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from optiinfra_core.errors import Malformed

R = TypeVar("R")

_WORDS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


def attributes(payload: Mapping[str, Any], *names: str, **further: Any) -> str:
    """Canonical JSON of the fields ``names`` and of ``further``, in snake_case, without empty ones.

    Only named fields pass: payloads hold user data, environments and keys.
    """
    chosen = {_WORDS.sub("_", name).lower(): payload.get(name) for name in names} | further
    kept = {key: value for key, value in chosen.items() if value not in (None, "", [])}
    return json.dumps(kept, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def understood(read: Callable[[], R], payload: Mapping[str, Any]) -> R | Malformed:
    """What ``read`` makes of ``payload``, or the complaint that it is not as documented.

    The sample names the fields that are there; their values may be the customer's own.
    """
    try:
        return read()
    except (KeyError, TypeError, ValueError, ArithmeticError) as surprise:
        return Malformed(
            f"a payload is not as its provider documents it: {type(surprise).__name__}: {surprise}",
            sample=f"fields: {', '.join(sorted(map(str, payload)))}",
        )
