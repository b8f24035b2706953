"""The doors for calls of applications: OpenTelemetry's protocol, and plain JSON."""

from collections.abc import Iterator, Mapping
from typing import Any

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel

from optiinfra_api.dependencies.doors import DoorsOf
from optiinfra_api.dependencies.intake import Told
from optiinfra_api.dependencies.sending import SenderOf, Sent, received
from optiinfra_api.problems import MEDIA_TYPE, RESPONSES
from optiinfra_api.schemas.ingest import ReasonOut, Received, RecordsAnswer, SpansAnswer
from optiinfra_core.applications import plain
from optiinfra_core.applications.otlp import logs, spans
from optiinfra_core.applications.otlp.body import UnsupportedMedia

PROBLEM = {"content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}}
REFUSED: Mapping[int | str, dict[str, Any]] = {
    400: {"description": "The body is not what its headers say", **PROBLEM},
    409: {"description": "The customer is deactivated", **PROBLEM},
    413: {"description": "Over 8 MiB, as sent or unpacked", **PROBLEM},
    415: {"description": "A content type or encoding that is not read", **PROBLEM},
}
router = APIRouter(tags=["applications"], responses={**RESPONSES, **REFUSED})

OTLP_MEDIA = ("application/x-protobuf", "application/json")
PLAIN_MEDIA = ("application/json", "application/x-ndjson", "application/jsonl")
BINARY = {"schema": {"type": "string", "format": "binary"}}
OTLP_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "description": "An export request of OTLP/HTTP, plain or with Content-Encoding gzip.",
        "content": dict.fromkeys(OTLP_MEDIA, BINARY),
    }
}


def otlp(answer: type[BaseModel]) -> dict[str, Any]:
    """How a door of OTLP is described; its answer has the encoding of its request."""
    stored = {
        "description": "Stored; partialSuccess tells what is not, and why.",
        "model": answer,
        "content": {OTLP_MEDIA[0]: BINARY},
    }
    return {
        "response_class": Response,
        "responses": {200: stored},
        "openapi_extra": OTLP_BODY,
    }


PLAIN: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "description": "A call, an array of them, or one on each line; plain or gzip.",
        "content": {media: {"schema": {}} for media in PLAIN_MEDIA},
    }
}


@router.post("/v1/traces", **otlp(SpansAnswer))
async def receive_traces(request: Request, sender: SenderOf, doors: DoorsOf) -> Response:
    """Spans by OTLP/HTTP: those that are calls of a language model are kept, others passed over.

    A call may come in halves, here and at `/v1/logs`, in any order and more than once.
    """
    from optiinfra_core.applications.otlp import wire  # noqa: PLC0415 - reads need no protobuf

    def read(sent: Sent) -> Iterator[Told]:
        return spans.interactions(wire.decode_traces(sent.unpacked(), sent.content_type))

    wire.answer_media(request.headers.get("content-type", ""))
    sent, receipt = await received(request, doors, sender, read)
    return Response(
        wire.answer_traces(sent.content_type, receipt.rejected, receipt.message),
        media_type=wire.answer_media(sent.content_type),
    )


@router.post("/v1/logs", **otlp(RecordsAnswer))
async def receive_logs(request: Request, sender: SenderOf, doors: DoorsOf) -> Response:
    """Log records by OTLP/HTTP: texts of calls, and scores that other tools gave them."""
    from optiinfra_core.applications.otlp import wire  # noqa: PLC0415 - reads need no protobuf

    def read(sent: Sent) -> Iterator[Told]:
        return logs.interactions(wire.decode_logs(sent.unpacked(), sent.content_type))

    wire.answer_media(request.headers.get("content-type", ""))
    sent, receipt = await received(request, doors, sender, read)
    return Response(
        wire.answer_logs(sent.content_type, receipt.rejected, receipt.message),
        media_type=wire.answer_media(sent.content_type),
    )


@router.post("/api/v2/applications/interactions", openapi_extra=PLAIN)
async def receive_interactions(request: Request, sender: SenderOf, doors: DoorsOf) -> Received:
    """Calls as plain JSON, for applications without OpenTelemetry: an object, an array, or lines.

    What cannot be understood is told by its place; the rest is stored. The same `id` of an
    application is the same call, however often it comes.
    """
    media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media not in PLAIN_MEDIA:
        raise UnsupportedMedia(
            f"the content type {media[:60]!r} is not read here",
            remedy=f"Send {', '.join(PLAIN_MEDIA)}.",
        )

    def read(sent: Sent) -> Iterator[Told]:
        return plain.interactions(sent.unpacked())

    _, receipt = await received(request, doors, sender, read)
    return Received(
        stored=receipt.stored,
        rejected=receipt.rejected,
        reasons=[
            ReasonOut(records=records, reason=reason) for reason, records in receipt.reasons.items()
        ],
        notes=list(receipt.notes),
    )
