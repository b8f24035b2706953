"""One metric of one customer: every account the customer connected, one after the other."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from decimal import Decimal

from optiinfra_core.collecting.contract import Provider
from optiinfra_core.collecting.results import CollectionResult
from optiinfra_core.errors import CredentialRejected, OptiInfraError, Transient
from optiinfra_core.metrics import Metric
from optiinfra_core.vault.credentials import CredentialRecord
from optiinfra_pipelines.collection.doors import Doors
from optiinfra_pipelines.collection.outcome import Fault, Outcome, Status
from optiinfra_pipelines.collection.runner import AccountCollection, Request
from optiinfra_pipelines.verification import gate_of, identify


def collect(
    doors: Doors, cloud: Provider, metric: Metric, requests: Sequence[Request]
) -> Iterator[tuple[Request, tuple[Outcome, ...]]]:
    """Collect ``metric`` for every request, several customers at a time, yielding each when done.

    An outcome per account; a customer without an active credential gets none.
    """
    workers = max(1, min(doors.settings.max_parallel_customers, len(requests)))
    with ThreadPoolExecutor(workers, thread_name_prefix=f"{cloud.slug}-{metric.name}") as pool:
        yield from zip(
            requests,
            pool.map(lambda request: _accounts(doors, cloud, metric, request), requests),
            strict=True,
        )


def _accounts(
    doors: Doors, cloud: Provider, metric: Metric, request: Request
) -> tuple[Outcome, ...]:
    records = doors.vault.list(request.customer_id, cloud.slug)
    outcomes = tuple(_account(doors, cloud, metric, record, request) for record in records)
    if outcomes:
        doors.tasks.record_result(reported(request, outcomes))
    return outcomes


def _account(
    doors: Doors, cloud: Provider, metric: Metric, record: CredentialRecord, request: Request
) -> Outcome:
    started = doors.clock.now()
    try:
        known = _identified(doors, cloud, record)
        outcome = AccountCollection(doors, cloud, metric, known, request).run()
    except OptiInfraError as error:
        return Outcome(
            customer_id=request.customer_id,
            provider=cloud.slug,
            metric=metric.name,
            account_id=record.account_id or "",
            status="failed",
            started=started,
            finished=doors.clock.now(),
            fault=Fault.of(error),
        )
    if known.status == "rejected" and outcome.progress:
        _accepted_again(doors, cloud, known)
    return outcome


def _identified(doors: Doors, cloud: Provider, record: CredentialRecord) -> CredentialRecord:
    """The credential with the account it opens; one never verified is verified now."""
    if record.account_id:
        return record
    found = _identity(doors, cloud, record)
    if not found.account_id:
        told = found.last_error or {"detail": "no reason was given", "remedy": ""}
        raise CredentialRejected(
            f"credential {found.label!r} was refused: {told['detail']}",
            remedy=told["remedy"] or None,
        )
    return found


def _accepted_again(doors: Doors, cloud: Provider, record: CredentialRecord) -> None:
    """Take back that the credential was refused: it has just opened its account."""
    with suppress(Transient):  # it says nothing about the credential; what was collected stays
        _identity(doors, cloud, record)


def _identity(doors: Doors, cloud: Provider, record: CredentialRecord) -> CredentialRecord:
    gate = gate_of(doors.settings, doors.clock)
    return identify(cloud, record, vault=doors.vault, gate=gate, actor="collection")


def reported(request: Request, outcomes: tuple[Outcome, ...]) -> CollectionResult:
    """What the history shows of one metric of one customer in one run."""
    fault = next((outcome.fault for outcome in outcomes if outcome.fault), None)
    return CollectionResult(
        task_id=request.task_id,
        run_id=request.run_id,
        customer_id=request.customer_id,
        provider=outcomes[0].provider,
        data_type=outcomes[0].metric,
        trigger=request.trigger,
        status=overall(outcomes),
        started_at=min(outcome.started for outcome in outcomes),
        finished_at=max(outcome.finished for outcome in outcomes),
        windows=sum(len(outcome.windows) for outcome in outcomes),
        rows=sum(outcome.rows for outcome in outcomes),
        api_calls=sum(outcome.calls for outcome in outcomes),
        api_usd=sum((outcome.usd for outcome in outcomes), Decimal(0)),
        attempt=request.attempt,
        error_code=fault.code if fault else None,
        error_detail=fault.detail if fault else None,
        remedy=fault.remedy if fault else None,
        failed_parts=tuple(part for outcome in outcomes for part in outcome.failures),
    )


def overall(outcomes: Sequence[Outcome]) -> Status:
    """The accounts' statuses as one: partial as soon as some of it is missing."""
    statuses = {outcome.status for outcome in outcomes}
    if statuses <= {"skipped"}:
        return "skipped"
    if statuses <= {"succeeded", "skipped"}:
        return "succeeded"
    return "failed" if statuses == {"failed"} else "partial"
