"""Reads calls out of a customer's own ClickHouse: what is due, and one span of it at a time."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import islice
from typing import Protocol

from optiinfra_core.applications.interaction import Rejected
from optiinfra_core.collecting.contract import Verification
from optiinfra_core.collecting.interaction_source import DATASET, SLUG, ClickHouseSource
from optiinfra_core.collecting.state import SourceState, SourceStates
from optiinfra_core.database import Database
from optiinfra_core.errors import (
    CredentialRejected,
    InvalidRequest,
    OptiInfraError,
    PermissionMissing,
    WindowBusy,
)
from optiinfra_core.settings import Settings
from optiinfra_core.vault.credentials import Vault
from optiinfra_core.vault.records import CredentialRecord
from optiinfra_core.windows import DAY, Clock, Window
from optiinfra_pipelines.pulling.client import Connection, connected
from optiinfra_pipelines.pulling.layouts import LAYOUTS, Told
from optiinfra_pipelines.pulling.storing import Store
from optiinfra_pipelines.verification import gate_of

BATCH = 1000
# One pull reads no more than this: after an outage the next ticks read the rest.
MOST = DAY
SECOND = timedelta(seconds=1)


class Doors(Protocol):
    """What pulling talks to besides the source and the store; a collection's doors are such."""

    @property
    def settings(self) -> Settings: ...
    @property
    def clock(self) -> Clock: ...
    @property
    def database(self) -> Database: ...
    @property
    def vault(self) -> Vault: ...
    @property
    def states(self) -> SourceStates: ...


@dataclass(frozen=True, slots=True)
class Pulled:
    """What one pull did: rows written, records rejected, and until when everything was read."""

    rows: int
    rejected: int
    watermark: datetime


@dataclass(frozen=True, slots=True)
class Outcome:
    """One source after a tick: what was pulled, or why nothing was."""

    record: CredentialRecord
    pulled: Pulled | None = None
    error: OptiInfraError | None = None


def sources(doors: Doors, customer_id: str) -> tuple[CredentialRecord, ...]:
    """The customer's sources, oldest first."""
    return doors.vault.list(customer_id, SLUG)


def pull_all(doors: Doors, customer_id: str, store: Store, run_id: str) -> tuple[Outcome, ...]:
    """Pull what is due from every source of the customer; one that fails stops no other.

    What came of it is in the state of the source, and a refused password on the credential.
    """
    return tuple(_pulled(doors, record, store, run_id) for record in sources(doors, customer_id))


def pull(
    doors: Doors, record: CredentialRecord, window: Window, store: Store, run_id: str
) -> Pulled:
    """Read the calls of ``window`` from a source and store them; doing it again changes nothing.

    Raises:
        Transient: the source or a server of ours does not answer; pull the window again.
        CredentialRejected, PermissionMissing: the source refuses the user.
        InvalidRequest, Permanent: the source is not as it was described.
    """
    rows = rejected = 0
    gate = gate_of(doors.settings, doors.clock)
    with (
        doors.vault.open(record.id, ClickHouseSource, actor=f"run {run_id}") as source,
        connected(source, gate) as connection,
    ):
        for batch in _batches(_told(connection, source, window)):
            stored = store.take(record.customer_id, batch)
            rows += stored.rows
            rejected += stored.rejected
        doors.vault.record_verification(record.id, _verified(source), actor=f"run {run_id}")
    return Pulled(rows, rejected, window.end)


def due(doors: Doors, record: CredentialRecord) -> Window:
    """What of a source is to be read now: since it was last read, and the overlap once more.

    A row carries the time of the call, not of its arrival: late ones are found by the overlap.
    """
    now = doors.clock.now()
    configuration = record.configuration
    state = _state(doors, record)
    if state is None or state.watermark is None:
        start = record.created_at - timedelta(days=configuration["backfill_days"])
        start = max(start, now - doors.settings.raw_days * DAY)
    else:
        start = state.watermark
    overlap = timedelta(minutes=configuration["overlap_minutes"])
    return Window(start - overlap, max(min(now, start + MOST), start - overlap + SECOND))


def _told(connection: Connection, source: ClickHouseSource, window: Window) -> Iterator[Told]:
    layout = LAYOUTS[source.layout]
    for need in layout.needs:
        if not getattr(source, need):
            raise InvalidRequest(
                f"a source of the layout {layout.name} needs {need}",
                remedy="Delete the source and add it again with it.",
            )
    bound = {
        "table": source.table or layout.table,
        "start": _nanoseconds(window.start),
        "end": _nanoseconds(window.end),
        **layout.bound(source),
    }
    for row in connection.rows(layout.sql, bound):
        try:
            yield from layout.tell(row, source)
        except (KeyError, TypeError, ValueError) as error:
            yield Rejected(1, f"a row that is not of the layout: {type(error).__name__}")


def _batches(told: Iterator[Told]) -> Iterator[list[Told]]:
    while batch := list(islice(told, BATCH)):
        yield batch


def _pulled(doors: Doors, record: CredentialRecord, store: Store, run_id: str) -> Outcome:
    try:
        with doors.database.try_lock("pull", record.customer_id, str(record.id)):
            pulled = pull(doors, record, due(doors, record), store, run_id)
            _remember(doors, record, pulled, None)
    except WindowBusy as busy:
        return Outcome(record, error=busy)
    except OptiInfraError as error:
        if isinstance(error, CredentialRejected) and not isinstance(error, PermissionMissing):
            doors.vault.record_verification(record.id, error, actor=f"run {run_id}")
        _remember(doors, record, None, error)
        return Outcome(record, error=error)
    return Outcome(record, pulled=pulled)


def _state(doors: Doors, record: CredentialRecord) -> SourceState | None:
    return doors.states.get(record.customer_id, SLUG, DATASET, str(record.id))


def _remember(
    doors: Doors, record: CredentialRecord, pulled: Pulled | None, error: OptiInfraError | None
) -> None:
    now = doors.clock.now()
    before = _state(doors, record) or SourceState(
        customer_id=record.customer_id,
        provider=SLUG,
        dataset=DATASET,
        account_id=str(record.id),
        source=str(record.configuration["layout"]),
    )
    state = replace(
        before,
        last_attempt_at=now,
        last_error_code=error.code if error else None,
        last_error_detail=error.told if error else None,
        last_error_remedy=error.remedy if error else None,
        consecutive_failures=before.consecutive_failures + 1 if error else 0,
    )
    if pulled:
        watermark = max(pulled.watermark, before.watermark or pulled.watermark)
        state = replace(state, watermark=watermark, last_success_at=now, covered_at=now)
    doors.states.save(state)


def _verified(source: ClickHouseSource) -> Verification:
    return Verification(account_id=f"{source.url}/{source.database}", principal=source.user)


def _nanoseconds(at: datetime) -> int:
    return int(at.timestamp()) * 10**9 + at.microsecond * 1000
