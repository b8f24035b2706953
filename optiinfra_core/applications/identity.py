"""Who a call belongs to: the application's slug and the ids of the call, told or derived."""

import re
from hashlib import sha256

from optiinfra_core.applications.interaction import SPAN_ID, TRACE_ID
from optiinfra_core.errors import InvalidRequest

LONGEST = 128
UNKNOWN = "unknown"
OTHER = re.compile(r"[^a-z0-9._-]")
NO_TRACE = "0" * 32
NO_SPAN = "0" * 16


def application_id(namespace: str, name: str) -> str:
    """The slug of ``service.namespace`` and ``service.name``: lower case, other characters ``-``.

    A name without any letter or digit of ASCII, and one beyond 128 characters, gets a hash of the
    whole so that two applications never share a slug for that reason. Without a name: ``unknown``.
    """
    told = ".".join(each for each in (namespace.strip(), name.strip()) if each)
    if not told:
        return UNKNOWN
    slug = OTHER.sub("-", told.lower()).lstrip("._-")
    if len(slug) <= LONGEST and slug.strip("._-"):
        return slug
    digest = sha256(told.encode("utf-8", "replace")).hexdigest()[:8]
    if not slug.strip("._-"):
        return f"application-{digest}"
    return f"{slug[: LONGEST - 9]}-{digest}"


def derived_trace_id(application: str, external_id: str) -> str:
    """32 hex digits for a call that was sent without ids: the same for the same text, always."""
    return _digest("trace", application, external_id)[:32]


def derived_span_id(application: str, external_id: str) -> str:
    """16 hex digits for a call that was sent without ids."""
    return _digest("span", application, external_id)[:16]


def trace_id(text: str) -> str | None:
    """``text`` as a trace id in lower-case hex; None where it is none or all zeroes."""
    found = text.lower()
    return found if TRACE_ID.fullmatch(found) and found != NO_TRACE else None


def span_id(text: str) -> str | None:
    """``text`` as a span id in lower-case hex; None where it is none or all zeroes."""
    found = text.lower()
    return found if SPAN_ID.fullmatch(found) and found != NO_SPAN else None


def parsed(interaction_id: str) -> tuple[str, str]:
    """The trace id and the span id of an interaction id.

    Raises:
        InvalidRequest: it is not ``<32 hex digits>-<16 hex digits>``.
    """
    trace, _, span = interaction_id.partition("-")
    found = trace_id(trace), span_id(span)
    if found[0] is None or found[1] is None:
        raise InvalidRequest(
            "the interaction id is not of the form <trace id>-<span id>",
            remedy="Send 32 hex digits, a hyphen and 16 hex digits, as the API returned them.",
        )
    return found[0], found[1]


def _digest(kind: str, application: str, external_id: str) -> str:
    # The length keeps ("a", "bc") and ("ab", "c") apart.
    told = f"{kind}\n{len(application)}\n{application}\n{external_id}"
    return sha256(told.encode("utf-8", "replace")).hexdigest()
