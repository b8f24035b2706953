"""Who sends calls, and what came over the wire."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Annotated

import structlog
from fastapi import Depends, Header, Request, Security
from starlette.requests import ClientDisconnect

from optiinfra_api.dependencies.doors import Doors, DoorsOf
from optiinfra_api.dependencies.intake import Receipt, Sender, Told
from optiinfra_api.dependencies.tenant import allowed, reached
from optiinfra_api.middleware import MAX_BATCH_BYTES, Figures
from optiinfra_api.problems import Unreadable, kind_of
from optiinfra_core.applications.otlp.body import TooLarge, UnsupportedMedia, unpacked
from optiinfra_core.errors import Conflict, InvalidRequest, OptiInfraError, Transient
from optiinfra_core.tenancy.api_keys import ALL_CUSTOMERS, ApiKey

log = structlog.get_logger(__name__)

WRITING = "applications:write"
SERVER_FAULTS = 500
RETRY = "Send it again after Retry-After; exporters do so by themselves."


@dataclass(frozen=True, slots=True)
class Sent:
    """A body as it came, and what its headers say of it."""

    body: bytes
    content_type: str
    encoding: str

    def unpacked(self) -> bytes:
        """The body without its content encoding.

        Raises:
            TooLarge, UnsupportedMedia: it is over 8 MiB, or of an encoding that is not read.
            Unreadable: it is not of the encoding that it says.
        """
        with readable():
            return unpacked(self.body, self.encoding, MAX_BATCH_BYTES)


@contextmanager
def readable() -> Iterator[None]:
    """A body that cannot be read is a bad request, not an entity that cannot be processed."""
    try:
        yield
    except (TooLarge, UnsupportedMedia):
        raise
    except InvalidRequest as error:
        raise Unreadable(error.detail, remedy=error.remedy) from None


async def sender_of(
    doors: DoorsOf,
    key: Annotated[ApiKey, Security(allowed, scopes=[WRITING])],
    named: Annotated[
        str | None,
        Header(
            alias="X-OptiInfra-Customer",
            max_length=64,
            description="Whose calls they are; needed where the key is bound to more than one.",
        ),
    ] = None,
) -> Sender:
    """The customer that the key stands for; never one that a payload names.

    Raises:
        InvalidRequest: the key stands for several, and the header names none.
        NotFound: there is no such customer for this key.
        Conflict: nothing is collected for the customer at present.
    """
    bound = key.customers
    own = bound[0] if len(bound) == 1 and bound[0] != ALL_CUSTOMERS else None
    if own is None and named is None:
        raise InvalidRequest(
            "this key is bound to more than one customer",
            remedy="Name one with the header X-OptiInfra-Customer, or use a key for one.",
        )
    customer = await reached(doors, key, named or str(own))
    if customer.status != "active":
        raise Conflict(
            f"customer {customer.slug!r} is deactivated", remedy="Activate it to take its calls."
        )
    return Sender(customer.slug, key.default_provider)


SenderOf = Annotated[Sender, Depends(sender_of)]


async def received(
    request: Request, doors: Doors, sender: Sender, read: Callable[[Sent], Iterator[Told]]
) -> tuple[Sent, Receipt]:
    """Read the body and store what it holds, in a thread; ``read`` understands it.

    Raises:
        TooLarge, UnsupportedMedia, Unreadable: the body cannot be read at all.
        Throttled, Transient: it has to be sent again.
    """
    async with doors.gate.place():
        sent = Sent(
            body=await whole(request),
            content_type=request.headers.get("content-type", ""),
            encoding=request.headers.get("content-encoding", ""),
        )

        def work() -> Receipt:
            with readable():
                told = list(read(sent))
            with repeatable():
                return doors.intake.take(sender, told)

        receipt = await doors.gate.run(work)
    figures: Figures = request.app.state.figures
    figures.calls.labels("stored").inc(receipt.stored)
    figures.calls.labels("rejected").inc(receipt.rejected)
    return sent, receipt


async def whole(request: Request) -> bytes:
    """The body.

    Raises:
        Unreadable: the sender went away before it had sent all of it; nobody hears the answer.
    """
    try:
        return await request.body()
    except ClientDisconnect:
        raise Unreadable("the body broke off", remedy=RETRY) from None


@contextmanager
def repeatable() -> Iterator[None]:
    """What keeps a batch from being stored, and is not its own fault, is a reason to send it again.

    An exporter drops what is answered with 500: a database that lacks a table must not cost calls.
    """
    try:
        yield
    except OptiInfraError as error:
        kind = kind_of(error)
        if kind.status < SERVER_FAULTS or isinstance(error, Transient):
            raise
        log.error(  # noqa: TRY400 - the detail says it; a traceback of ours would not help
            "ingest.not_stored", code=error.code, detail=error.detail
        )
        raise Transient("the calls cannot be stored at present", remedy=RETRY) from error
