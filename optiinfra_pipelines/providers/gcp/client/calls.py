"""Every request to Google: bounded, retried, its token renewed, its refusal in our vocabulary."""

import threading
from collections.abc import Callable
from typing import Any, TypeVar

from optiinfra_core.collecting.gate import Gate
from optiinfra_core.collecting.retrying import retrying
from optiinfra_core.errors import OptiInfraError
from optiinfra_pipelines.providers.gcp.client.meter import Meter, Pricing
from optiinfra_pipelines.providers.gcp.client.operations import Asked
from optiinfra_pipelines.providers.gcp.client.refusals import (
    UNAUTHORIZED,
    call_answer,
    fault,
    refusal,
    unreadable,
)
from optiinfra_pipelines.providers.gcp.client.tokens import Tokens

T = TypeVar("T")


class Calls:
    """Makes requests for one connection; threads may call at the same time."""

    def __init__(self, gate: Gate, meter: Meter, tokens: Tokens) -> None:
        self.gate = gate
        self.meter = meter
        self.tokens = tokens
        self._slots = threading.BoundedSemaphore(gate.concurrency)

    @property
    def seconds(self) -> float:
        """How long one request may take."""
        return min(60.0, self.gate.deadline_seconds)

    def ask(self, asked: Asked, call: Callable[[], T], pricing: Pricing | None = None) -> T:
        """What ``call`` brings: one page by one of the clients, called again while that may help.

        Raises:
            OptiInfraError: Google refused, did not answer, or answered what cannot be read.
        """
        return retrying(self.gate, lambda: self._once(asked, call, pricing))

    def _once(self, asked: Asked, call: Callable[[], T], pricing: Pricing | None) -> T:
        token = self.tokens.ready()
        try:
            return self._told(asked, call, pricing)
        except Refused as first:
            if first.status != UNAUTHORIZED:
                raise first.error from None
        # A token may be revoked before its time, in the middle of paging: try once with a new one.
        self.tokens.renew(token)
        try:
            return self._told(asked, call, pricing)
        except Refused as second:
            raise second.error from None

    def _told(self, asked: Asked, call: Callable[[], T], pricing: Pricing | None) -> T:
        with self._slots, self.meter.asking(asked, pricing):
            return translated(asked, call)


class Refused(Exception):
    """A refusal on its way to whoever decides whether a fresh token helps."""

    def __init__(self, status: int, error: OptiInfraError) -> None:
        super().__init__(status)
        self.status = status
        self.error = error


def translated(asked: Asked, call: Callable[[], T]) -> T:
    """What ``call`` brings, its failures told in our vocabulary.

    Raises:
        Refused: Google answered that it will not.
        OptiInfraError: no answer came, or none that can be read.
    """
    from google.api_core.exceptions import GoogleAPICallError  # noqa: PLC0415 - loads the SDK
    from google.auth.exceptions import GoogleAuthError  # noqa: PLC0415 - loads the SDK
    from google.protobuf.json_format import ParseError  # noqa: PLC0415 - loads the SDK
    from requests import JSONDecodeError, RequestException  # noqa: PLC0415 - loads the SDK

    try:
        return call()
    except GoogleAPICallError as failure:
        answer = call_answer(failure)
        raise Refused(answer.status, refusal(asked, answer)) from None
    except (JSONDecodeError, ParseError) as failure:
        raise unreadable(asked, failure) from None
    except (RequestException, GoogleAuthError, TimeoutError) as failure:
        raise fault(asked, failure) from None
    except (AttributeError, KeyError, TypeError, ValueError) as failure:
        # The SDKs' parsers fail with any of these on an answer of another shape.
        raise unreadable(asked, failure) from None


def checked(response: Any) -> Any:
    """``response`` of a REST call without a client of its own.

    Raises:
        GoogleAPICallError: it is a refusal.
    """
    from google.api_core.exceptions import from_http_response  # noqa: PLC0415 - loads the SDK

    if response.status_code >= 300:  # noqa: PLR2004 - not what was asked for
        raise from_http_response(response)
    return response
