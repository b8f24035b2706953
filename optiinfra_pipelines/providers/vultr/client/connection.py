"""One Vultr account, opened: who it is, its calls, its Prometheus, and work side by side."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self, TypeVar

from optiinfra_core.collecting.gate import Gate
from optiinfra_core.collecting.reach import permitted_endpoint
from optiinfra_core.collecting.spreading import Job, Outcome, Spreader
from optiinfra_core.errors import Malformed
from optiinfra_pipelines.providers.vultr.client.calls import Calls, Operation, Payload
from optiinfra_pipelines.providers.vultr.client.pace import MOST, MOST_ELSEWHERE, pace_of
from optiinfra_pipelines.providers.vultr.client.prometheus import Metrics
from optiinfra_pipelines.providers.vultr.client.wire import Wire
from optiinfra_pipelines.providers.vultr.credential import VultrCredential

T = TypeVar("T")

ENDPOINT = "https://api.vultr.com"
ACCOUNT = Operation(path="account", key="account", acl="")


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Whose key it is, and what its user may do."""

    email: str
    name: str
    acls: tuple[str, ...]


class Vultr:
    """A connection to one account; nothing is called until something is asked. Close it."""

    def __init__(self, credential: VultrCredential, gate: Gate) -> None:
        self.credential = credential
        self.gate = gate
        own = permitted_endpoint(credential.endpoint_url, gate)
        endpoint, most = (own, MOST_ELSEWHERE) if own else (ENDPOINT, MOST)
        self._wire = Wire(gate)
        key = credential.api_key.get_secret_value()
        self.calls = Calls(gate, self._wire, endpoint, key, pace_of(endpoint, most))
        self.metrics = Metrics(gate, credential.prometheus) if credential.prometheus else None
        self._spreader = Spreader(gate.concurrency, "vultr")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Drop what has not started, wait for what has, close the connections."""
        self._spreader.close()
        self._wire.close()
        if self.metrics is not None:
            self.metrics.close()

    def account(self) -> Payload:
        """GET /v2/account, asked anew each time: it tells what is pending."""
        told: Any = self.calls.ask(ACCOUNT)
        return dict(told)

    @cached_property
    def identity(self) -> Identity:
        """Who the key belongs to.

        Raises:
            Malformed: the account has no address.
        """
        told = self.account()
        email = str(told.get("email") or "").strip().lower()
        if not email:
            raise Malformed("GET /v2/account: the account has no e-mail address")
        acls = tuple(str(acl) for acl in told.get("acls") or ())
        return Identity(email=email, name=str(told.get("name") or ""), acls=acls)

    @property
    def account_id(self) -> str:
        """The account's e-mail address in lower case; Vultr tells no other identifier."""
        return self.identity.email

    def spread(self, jobs: Iterable[Job[T]]) -> Iterator[Outcome[T]]:
        """The outcomes of ``jobs`` in their order; see ``Spreader.spread``."""
        return self._spreader.spread(jobs)
