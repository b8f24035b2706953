"""What each mishap does to a request: a refusal instead of an answer, or an answer spoilt."""

from collections.abc import Callable, Mapping
from typing import Any

from optiinfra_simulator.groq.durations import go
from optiinfra_simulator.groq.mishaps import Kind, Mishap
from optiinfra_simulator.groq.refusals import Refusal, no_model, told, unknown_key, wrong
from optiinfra_simulator.reply import Reply

Json = dict[str, Any]
_HTML = (("Content-Type", "text/html"),)
# What a daily limit asks for; the SDK ignores anything above a minute.
_DAY_WAIT = 900.0


def _throttled(model: str, mishap: Mishap, default: float | None) -> Refusal:
    wait = mishap.retry_after if mishap.retry_after is not None else default
    again = f" Please try again in {go(wait)}." if wait else ""
    refusal = Refusal(
        429,
        f"Rate limit reached for model `{model}` in organization `org_simulated` service tier"
        f" `on_demand` on tokens per minute (TPM): Limit 250000, Used 249000, Requested 2000."
        f"{again}",
        "rate_limit_exceeded",
        kind="tokens",
    )
    refusal.headers = (("retry-after", f"{wait:g}"),) if wait else ()
    return refusal


def _server(status: int, message: str) -> Callable[[str, Mishap], Refusal]:
    return lambda _model, _mishap: Refusal(status, message, kind="internal_server_error")


_SCHEMA = (
    "Generated JSON does not match the expected schema. Please adjust your prompt."
    " See 'failed_generation' for more details."
)
_REFUSALS: Mapping[Kind, Callable[[str, Mishap], Refusal]] = {
    Kind.THROTTLE: lambda model, mishap: _throttled(model, mishap, 1.0),
    Kind.THROTTLE_BARE: lambda model, mishap: _throttled(model, mishap, None),
    Kind.THROTTLE_DAY: lambda model, mishap: _throttled(model, mishap, _DAY_WAIT),
    Kind.FLEX_FULL: lambda _model, _mishap: Refusal(
        498, "Flex tier capacity exceeded", "capacity_exceeded"
    ),
    Kind.TOO_LARGE: lambda model, _mishap: Refusal(
        413, f"Request too large for model `{model}`", "rate_limit_exceeded", kind="tokens"
    ),
    Kind.MODEL_GONE: lambda model, _mishap: no_model(model),
    Kind.DECOMMISSIONED: lambda model, _mishap: wrong(
        f"The model `{model}` has been decommissioned and is no longer supported.",
        "model_decommissioned",
    ),
    Kind.KEY_REJECTED: lambda _model, _mishap: unknown_key(),
    Kind.FORBIDDEN: lambda model, _mishap: Refusal(
        403, f"The model `{model}` is blocked at the project level.", "permissions_error"
    ),
    Kind.SCHEMA_FAILED: lambda _model, _mishap: wrong(
        _SCHEMA, "json_validate_failed", failed_generation='{"analysis": "the answer'
    ),
    Kind.BAD_REQUEST: lambda _model, _mishap: wrong("'messages' : value is not valid"),
    Kind.ERROR_500: _server(500, "Internal Server Error"),
    Kind.ERROR_502: _server(502, "Bad Gateway"),
    Kind.ERROR_503: _server(503, "Service Unavailable"),
}


def _message(document: Json, **changed: Any) -> Json:
    first = document["choices"][0]
    choice = {**first, "message": {**first["message"], **changed}}
    return {**document, "choices": [choice]}


def _truncated(document: Json) -> Json:
    content = str(document["choices"][0]["message"]["content"])
    cut = _message(document, content=content[: max(1, len(content) // 2)])
    cut["choices"][0]["finish_reason"] = "length"
    return cut


_TWISTS: Mapping[Kind, Callable[[Json], Json]] = {
    Kind.NO_CHOICES: lambda document: {**document, "choices": []},
    Kind.NULL_CONTENT: lambda document: _message(document, content=None),
    Kind.TRUNCATED: _truncated,
    Kind.PROSE: lambda document: _message(document, content="The answer seems fine to me."),
    Kind.OTHER_SCHEMA: lambda document: _message(document, content='{"grade": "A"}'),
    Kind.REFUSED: lambda document: _message(document, content="I'm sorry, I can't help with that."),
    Kind.NO_USAGE: lambda document: {
        name: one for name, one in document.items() if name != "usage"
    },
}


def refusal(mishap: Mishap | None, model: str) -> Refusal | None:
    """The refusal that a mishap calls for instead of an answer."""
    made = _REFUSALS.get(mishap.kind) if mishap else None
    return made(model, mishap) if made and mishap else None


def twisted(mishap: Mishap | None, document: Json) -> Json:
    """The answer as a mishap leaves it."""
    twist = _TWISTS.get(mishap.kind) if mishap else None
    return twist(document) if twist else document


def spoilt(mishap: Mishap | None, reply: Reply) -> Reply:
    """The bytes as a mishap leaves them; half a body is announced as a whole one."""
    match mishap.kind if mishap else None:
        case Kind.CUT_BODY:
            return Reply(reply.status, reply.headers, reply.body[: len(reply.body) // 2])
        case Kind.HTML_200:
            return Reply(200, _HTML, b"<html><body>Please log in to this network</body></html>")
        case Kind.HTML_502:
            return Reply(502, _HTML, b"<html><h1>502 Bad Gateway</h1></html>")
    return reply


def as_line(mishap: Mishap, model: str, document: Json) -> Json:
    """A line of a batch's results as a mishap leaves it: what a batch can show of it."""
    refused = refusal(mishap, model)
    if refused is not None:
        return {"status_code": refused.status, "body": {"error": dict(refused.error)}}
    spoiling = mishap.kind in (Kind.CUT_BODY, Kind.HTML_200, Kind.HTML_502, Kind.RESET, Kind.SLOW)
    if spoiling:
        error = {"message": "Internal Server Error", "type": "internal_server_error"}
        return {"status_code": 500, "body": {"error": error}}
    return {"status_code": 200, "body": twisted(mishap, document)}


def answered(mishap: Mishap | None, document: Json, headers: tuple[tuple[str, str], ...]) -> Reply:
    """An ordinary answer with what befalls it."""
    return spoilt(mishap, told(200, twisted(mishap, document), headers))
