"""Every request to Azure: bounded, retried, its token renewed, its refusal in our vocabulary."""

import threading
from collections.abc import Callable
from typing import TypeVar

from optiinfra_core.collecting.gate import Gate
from optiinfra_core.collecting.retrying import retrying
from optiinfra_pipelines.providers.azure.client.credentials import Tokens
from optiinfra_pipelines.providers.azure.client.refusals import (
    DENIED,
    UNAUTHORIZED,
    fault,
    read,
    refusal,
    unreadable,
)
from optiinfra_pipelines.providers.azure.client.transport import Asked, Meter

T = TypeVar("T")


class Calls:
    """Makes requests for one connection; threads may call at the same time."""

    def __init__(self, gate: Gate, meter: Meter, tokens: Tokens) -> None:
        self._gate = gate
        self._meter = meter
        self._tokens = tokens
        self._slots = threading.BoundedSemaphore(gate.concurrency)

    def ask(self, asked: Asked, call: Callable[[], T]) -> T:
        """What ``call`` brings: one page by one of the SDK's clients, read whole.

        Raises:
            OptiInfraError: Azure refused, did not answer, or answered what cannot be read.
        """
        return retrying(self._gate, lambda: self._once(asked, call))

    def _once(self, asked: Asked, call: Callable[[], T], *, renewed: bool = False) -> T:
        from azure.core.exceptions import AzureError, HttpResponseError  # noqa: PLC0415 - the SDK

        try:
            with self._slots, self._meter.asking(asked):
                return call()
        except HttpResponseError as failure:
            if failure.response is None:
                raise fault(asked, failure) from None
            answer = read(failure.response)
            if answer.status < 400:  # noqa: PLR2004 - an answer, but not JSON
                raise unreadable(asked, failure) from None
            # Cost Management says 401 where a role is missing (Azure/azqr issue 277).
            if answer.status != UNAUTHORIZED or renewed or answer.code in DENIED:
                raise refusal(asked, answer, self._gate.clock.now()) from None
        except AzureError as failure:
            raise fault(asked, failure) from None
        except (AttributeError, KeyError, TypeError, ValueError) as failure:
            # The SDK's parsers fail with any of these on an answer of another shape.
            raise unreadable(asked, failure) from None
        # A token may be revoked before its time, in the middle of paging: try once with a new one.
        self._tokens.renew()
        return self._once(asked, call, renewed=True)
