"""The fields of plain JSON: their names, their types, and what an OpenAI pair calls them."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import cast

from optiinfra_core.applications.dialects.values import (
    count,
    dollars,
    error_type,
    lower,
    milliseconds,
    moment,
    name,
    number,
)
from optiinfra_core.applications.otlp.times import EPOCH, LAST_SECOND, plausible

Fields = Mapping[str, object]
Names = tuple[str, ...]
# Numbers of this size and more are in milli-, micro-, nanoseconds since 1970; smaller in seconds.
UNITS: tuple[tuple[float, float], ...] = ((1e17, 1e9), (1e14, 1e6), (1e11, 1e3), (0, 1))


class Unreadable(Exception):
    """An item that cannot be read; the text says which field and why."""


TEXTS: Mapping[str, tuple[Callable[[object], str], Names]] = {
    "external_id": (name, ("id",)),
    "environment": (name, ("environment",)),
    "service_version": (name, ("service_version", "version")),
    "prompt_name": (name, ("prompt_name",)),
    "prompt_version": (name, ("prompt_version",)),
    "llm_vendor": (lower, ("llm_vendor", "vendor")),
    "request_model": (name, ("request_model",)),
    "model": (name, ("model",)),
    "operation": (lower, ("operation",)),
    "error_type": (error_type, ("error_type", "error.type", "error")),
    "finish_reason": (lower, ("finish_reason",)),
    "conversation_id": (name, ("conversation_id", "session_id")),
    "user": (name, ("user", "user_id", "user_hash")),
}
NUMBERS: Mapping[str, tuple[Callable[[object], object], Names]] = {
    "latency_ms": (milliseconds, ("latency_ms",)),
    "ttft_ms": (milliseconds, ("ttft_ms",)),
    "cost_usd": (dollars, ("cost_usd",)),
    "input_tokens": (count, ("usage.input_tokens", "usage.prompt_tokens")),
    "output_tokens": (count, ("usage.output_tokens", "usage.completion_tokens")),
    "cache_read_tokens": (
        count,
        (
            "usage.cache_read_tokens",
            "usage.prompt_tokens_details.cached_tokens",
            "usage.input_tokens_details.cached_tokens",
        ),
    ),
    "cache_write_tokens": (count, ("usage.cache_write_tokens",)),
    "reasoning_tokens": (
        count,
        (
            "usage.reasoning_tokens",
            "usage.completion_tokens_details.reasoning_tokens",
            "usage.output_tokens_details.reasoning_tokens",
        ),
    ),
}
# What the answer of an OpenAI-compatible API tells, under the names of the plain form.
OF_ANSWER: Mapping[str, Names] = {
    "id": ("id",),
    "timestamp": ("created", "created_at"),
    "model": ("model",),
    "usage": ("usage",),
    "error": ("error.type", "error.code", "error"),
    "finish_reason": ("choices.0.finish_reason", "status"),
}
OF_REQUEST: Mapping[str, Names] = {"request_model": ("model",), "user": ("user",)}


def of_pair(fields: Fields) -> Fields:
    """A request with its answer in the plain form; what the item itself tells comes first."""
    request, answer = object_of(fields, "request"), fields.get("response")
    held = cast("Fields", answer) if isinstance(answer, Mapping) else {}
    told = {
        "messages": request,
        **{key: _found(request, names) for key, names in OF_REQUEST.items()},
        **{key: _found(held, names) for key, names in OF_ANSWER.items()},
    }
    return {**told, **{key: value for key, value in fields.items() if value is not None}}


def read(fields: Fields) -> dict[str, object]:
    """All fields of the tables; not told is None or empty.

    Raises:
        Unreadable: one is told and is not of its type.
    """
    object_of(fields, "usage")
    texts = {field: _read(fields, *row) or "" for field, row in TEXTS.items()}
    return {**texts, **{field: _read(fields, *row) for field, row in NUMBERS.items()}}


def text_of(fields: Fields, key: str) -> str:
    """A text; empty where it is not told."""
    return str(_read(fields, name, (key,)) or "")


def object_of(fields: Fields, key: str) -> Fields:
    """An object; empty where it is not told."""
    found = fields.get(key)
    if found is not None and not isinstance(found, Mapping):
        raise Unreadable(f"{key} is not an object")
    return cast("Fields", found or {})


def moment_of(value: object) -> datetime | None:
    """A time of ISO 8601, or a number since 1970 in any of the usual units."""
    if isinstance(value, str):
        at = moment(value)
        return None if at is None else plausible(at)
    told = number(value)
    if told is None or told <= 0:
        return None
    since = told / next(unit for least, unit in UNITS if told >= least)
    return plausible(EPOCH + timedelta(seconds=since)) if since < LAST_SECOND else None


def _read(fields: Fields, reader: Callable[[object], object], names: Names) -> object:
    """The first of ``names`` that is told; a dot leads into an object."""
    for each in names:
        told = _found(fields, (each,))
        if told is None or told == "":
            continue
        found = reader(told)
        if found is None or found == "":
            raise Unreadable(f"{each} cannot be read")
        return found
    return None


def _found(fields: object, names: Names) -> object:
    for each in names:
        told: object = fields
        for step in each.split("."):
            if isinstance(told, list):
                told = told[int(step)] if step.isdigit() and int(step) < len(told) else None
            else:
                told = told.get(step) if isinstance(told, Mapping) else None
        if told is not None:
            return told
    return None
