"""Has Dagster look whether a credential opens its account, and waits a moment for the outcome."""

import asyncio
from dataclasses import dataclass

from starlette.concurrency import run_in_threadpool

from optiinfra_api.dependencies.doors import Doors
from optiinfra_api.gateway import verification
from optiinfra_api.schemas.credentials import CredentialOut
from optiinfra_core.errors import OptiInfraError
from optiinfra_core.vault.records import CredentialRecord

WAIT_SECONDS = 10.0
POLL_SECONDS = 0.25

PENDING = (
    "The verification still runs: read the credential again in a moment."
    " Collection begins with the next tick either way."
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a verification writes down: while it is as before, nothing came of it yet."""

    status: str
    verified_at: object
    error: object

    @classmethod
    def of(cls, record: CredentialRecord) -> "Outcome":
        """The outcome on record."""
        return cls(record.status, record.last_verified_at, record.last_error)


async def verified(doors: Doors, record: CredentialRecord) -> CredentialOut:
    """The credential after its verification, or with the reason why that is not known yet.

    A Dagster that is away does not undo that the credential was sealed: it is told as a remedy.
    """
    before = Outcome.of(record)
    try:
        await doors.gateway.add_customer(record.provider, record.customer_id)
        run_id = await doors.gateway.launch(verification(str(record.id), record.customer_id))
        record = await settled(doors, record, before, run_id)
    except OptiInfraError as away:
        return shown(record, f"It is not verified yet: {away.detail}. {away.remedy}")
    if Outcome.of(record) == before:
        return shown(record, PENDING)
    return shown(record)


async def settled(
    doors: Doors, record: CredentialRecord, before: Outcome, run_id: str
) -> CredentialRecord:
    """The record once the outcome changed, the run ended or the patience did."""
    deadline = asyncio.get_running_loop().time() + WAIT_SECONDS
    while Outcome.of(record) == before and asyncio.get_running_loop().time() < deadline:
        await asyncio.sleep(POLL_SECONDS)
        # The run first: when it has ended, what it wrote down is there to be read.
        run = (await doors.gateway.runs([run_id])).get(run_id)
        record = await run_in_threadpool(doors.vault.get, record.id, customer=record.customer_id)
        if run is None or run.state.ended:
            break
    return record


def shown(record: CredentialRecord, remedy: str | None = None) -> CredentialOut:
    """A record as an answer; without a remedy of its own it gets that of its last error."""
    out = CredentialOut.model_validate(record)
    return out.model_copy(
        update={"remedy": remedy or (out.last_error.remedy if out.last_error else None)}
    )
