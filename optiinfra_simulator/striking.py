"""What faults do to every cloud alike: calls hang, connections break, bytes come out broken."""

from threading import Event
from typing import Protocol

from optiinfra_simulator.calls import CallLedger
from optiinfra_simulator.faults import Fault, FaultKind, FaultPlan, Route
from optiinfra_simulator.reply import Reply

GARBAGE = b"<<<{\x00 this is neither JSON nor XML"


class Struck(Protocol):
    """A gateway whose calls are counted and struck; ``stopping`` ends hangs when it is set."""

    faults: FaultPlan
    ledger: CallLedger
    stopping: Event


def strike(gateway: Struck, route: Route) -> Fault | None:
    """Record the call; the fault that strikes it, its waiting already done.

    Raises:
        ConnectionResetError: the fault wants the connection to break.
    """
    gateway.ledger.record(route)
    fault = gateway.faults.strike(route)
    if fault is not None and fault.kind is FaultKind.HANG:
        gateway.stopping.wait(fault.seconds)
    if fault is not None and fault.kind is FaultKind.RESET:
        raise ConnectionResetError
    return fault


def spoil(fault: Fault | None, reply: Reply) -> Reply:
    """The bytes as the fault makes them; a truncated answer announces its full length."""
    kind = fault.kind if fault else None
    headers = tuple(one for one in reply.headers if one[0].lower() != "content-length")
    if kind is FaultKind.GARBAGE:
        return Reply(reply.status, headers, GARBAGE)
    if kind is FaultKind.TRUNCATE:
        told = (*headers, ("Content-Length", str(len(reply.body))), ("Connection", "close"))
        return Reply(reply.status, told, reply.body[: len(reply.body) // 2])
    return reply
