"""Every request to AWS: bounded, timed, written to the ledger, its refusal in our vocabulary."""

import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from optiinfra_core.collecting.gate import Gate
from optiinfra_core.collecting.retrying import retrying
from optiinfra_core.errors import Malformed, Transient
from optiinfra_core.redaction import scrub
from optiinfra_pipelines.providers.aws.client import actions
from optiinfra_pipelines.providers.aws.client.meter import Meter, Torn
from optiinfra_pipelines.providers.aws.client.refusals import (
    Asked,
    Expired,
    WouldBeAllowed,
    fault,
    refusal,
    unreadable,
)
from optiinfra_pipelines.providers.aws.client.sessions import Role

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request, as data: ``answer`` is the key without which a page is not an answer."""

    service: str
    operation: str
    answer: str
    params: Mapping[str, Any] = field(default_factory=dict)

    def with_params(self, **params: Any) -> "Request":
        """The same request with further parameters."""
        return Request(
            service=self.service,
            operation=self.operation,
            answer=self.answer,
            params={**self.params, **params},
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Paging:
    """Where a request takes the token of a page, and where its answer gives the next one."""

    token_in: str = "NextToken"  # noqa: S105 - the name of a parameter
    token_out: str = "NextToken"  # noqa: S105 - the name of a field


TOKENS = Paging()


class Calls:
    """Makes requests with one session, the keys of ``role`` if it has one; threads may share it."""

    def __init__(
        self, gate: Gate, session: Any, config: Any, endpoint: str | None, role: Role | None = None
    ) -> None:
        self._gate = gate
        self._session = session
        self._config = config
        self._endpoint = endpoint
        self._role = role
        self._slots = threading.BoundedSemaphore(gate.concurrency)
        self._clients: dict[tuple[str, str], Any] = {}
        self._creating = threading.Lock()
        self._meter = Meter(gate)
        self.proven = False

    def ask(self, request: Request, region: str) -> Mapping[str, Any]:
        """The answer to one request, asked again while it fails with what passes.

        Raises:
            OptiInfraError: AWS refused, did not answer, or answered without ``request.answer``.
        """
        return self.patiently(lambda: self.once(request, region))

    def patiently(self, call: Callable[[], T]) -> T:
        """What ``call`` returns, called again within the gate's patience, and with fresh keys.

        A role's keys that AWS calls expired are renewed once, in the middle of pages too.
        """
        if self._role is None:
            return retrying(self._gate, call)
        issue = self._role.ready()
        try:
            return retrying(self._gate, call)
        except Expired:
            self._role.renew(issue)
            return retrying(self._gate, call)

    def once(self, request: Request, region: str) -> Mapping[str, Any]:
        """The answer to one request, asked once; for a ``call`` of ``patiently`` that does more."""
        answer = self._send(request, region)
        if request.answer not in answer:
            raise Malformed(
                f"{actions.called(request.service, request.operation)} in {region} answered "
                f"without {request.answer}",
                sample=scrub(repr({k: v for k, v in answer.items() if k != "ResponseMetadata"})),
            )
        return answer

    def pages(self, request: Request, region: str, paging: Paging) -> Iterator[Mapping[str, Any]]:
        """Every page of a request.

        Raises:
            Malformed: a token came twice: the pages would never end.
        """
        seen = set[str]()
        page = self.ask(request, region)
        while True:
            yield page
            token = page.get(paging.token_out)
            if not token:
                return
            if token in seen:
                raise Malformed(
                    f"{actions.called(request.service, request.operation)} in {region} gave the "
                    f"same {paging.token_out} twice after {len(seen) + 1} pages"
                )
            seen.add(token)
            page = self.ask(request.with_params(**{paging.token_in: token}), region)

    def permits(self, request: Request, region: str) -> None:
        """Ask without effect whether the request is allowed; nothing is read.

        Raises:
            PermissionMissing: it is not.
        """
        self.patiently(lambda: self._dry_run(request.with_params(DryRun=True), region))

    def close(self) -> None:
        """Close the connections of every client."""
        with self._creating:
            clients, self._clients = list(self._clients.values()), {}
        for client in clients:
            client.close()

    def _dry_run(self, request: Request, region: str) -> None:
        try:
            self._send(request, region)
        except WouldBeAllowed:
            return

    def _send(self, request: Request, region: str) -> Mapping[str, Any]:
        from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415 - loads the SDK
        from botocore.parsers import ResponseParserError  # noqa: PLC0415 - loads the SDK

        try:
            return self._invoke(request, region)
        except ClientError as error:
            raise refusal(self._asked(request, region), error.response) from None
        except BotoCoreError as error:
            raise fault(self._asked(request, region), error) from None
        except Torn:
            self._meter.abandoned("cut short")
            raise Transient(f"{self._asked(request, region)}: the answer was cut short") from None
        except (ResponseParserError, AttributeError, KeyError, TypeError, ValueError) as error:
            # The SDK's parsers fail with any of these on an answer of another shape.
            status = self._meter.abandoned("unparsable answer")
            raise unreadable(self._asked(request, region), status, error) from None

    def _invoke(self, request: Request, region: str) -> Mapping[str, Any]:
        from botocore import xform_name  # noqa: PLC0415 - loads the SDK

        method = getattr(self._client(request.service, region), xform_name(request.operation))
        with self._slots:
            answer: Mapping[str, Any] = method(**request.params)
        return answer

    def _asked(self, request: Request, region: str) -> Asked:
        return Asked(
            service=request.service,
            operation=request.operation,
            region=region,
            proven=self.proven,
        )

    def _client(self, service: str, region: str) -> Any:
        # Creating clients is not thread-safe in botocore; using them is.
        with self._creating:
            client = self._clients.get((service, region))
            if client is None:
                client = self._session.create_client(
                    service,
                    region_name=region,
                    endpoint_url=self._endpoint,
                    config=self._config,
                )
                self._meter.attach(client, service, region)
                self._clients[service, region] = client
            return client
