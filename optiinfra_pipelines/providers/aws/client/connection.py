"""One AWS account, opened: who it is, which regions it has, and work spread over them."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self, TypeVar

from optiinfra_core.collecting.gate import Gate
from optiinfra_core.collecting.reach import permitted_endpoint
from optiinfra_core.collecting.spreading import Job, Outcome, Spreader
from optiinfra_core.errors import CredentialRejected
from optiinfra_pipelines.providers.aws.client import sessions
from optiinfra_pipelines.providers.aws.client.calls import Calls, Request
from optiinfra_pipelines.providers.aws.credential import AwsCredential

T = TypeVar("T")

IDENTITY = Request(service="sts", operation="GetCallerIdentity", answer="Account")
# Without AllRegions the answer holds only the regions that are enabled for the account.
REGIONS = Request(service="ec2", operation="DescribeRegions", answer="Regions")


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Whose account it is; ``partition`` is aws, aws-cn or aws-us-gov."""

    account_id: str
    arn: str
    partition: str


class Aws:
    """A connection to one account; nothing is called until something is asked. Close it."""

    def __init__(self, credential: AwsCredential, gate: Gate) -> None:
        self.credential = credential
        self.gate = gate
        endpoint = permitted_endpoint(credential.endpoint_url, gate)
        config = sessions.client_config(gate, credential)
        own = (
            sessions.keys_session(credential)
            if credential.access_key_id
            else sessions.ambient_session()
        )
        self._source: Calls | None = None
        role: sessions.Role | None = None
        if credential.role_arn is not None:
            self._source = Calls(gate, own, config, endpoint)
            role = sessions.Role(gate, self._assume)
            own = role.session
        self.calls = Calls(gate, own, config, endpoint, role)
        self._spreader = Spreader(gate.concurrency, "aws")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Drop what has not started, wait for what has, close the connections."""
        self._spreader.close()
        self.calls.close()
        if self._source is not None:
            self._source.close()

    @cached_property
    def identity(self) -> Identity:
        """Who the credential is, by sts:GetCallerIdentity (free; it needs no permission)."""
        answer = self.calls.ask(IDENTITY, self.credential.home_region)
        self.calls.proven = True
        arn = str(answer["Arn"])
        return Identity(account_id=str(answer["Account"]), arn=arn, partition=arn.split(":")[1])

    @property
    def account_id(self) -> str:
        """The account's 12 digits."""
        return self.identity.account_id

    @cached_property
    def _enabled(self) -> tuple[str, ...]:
        answer = self.calls.ask(REGIONS, self.credential.home_region)
        return tuple(sorted(str(region["RegionName"]) for region in answer["Regions"]))

    def regions(self, parts: frozenset[str] | None = None) -> tuple[str, ...]:
        """The regions to collect: those the credential lists, else all enabled; cut to ``parts``.

        The account's identity is known afterwards, so that a refusal in one region can be told
        from a refusal of the keys.
        """
        _ = self.identity
        chosen = self.credential.regions or self._enabled
        return tuple(region for region in chosen if parts is None or region in parts)

    def spread(self, jobs: Iterable[Job[T]]) -> Iterator[Outcome[T]]:
        """The outcomes of ``jobs`` in their order; see ``Spreader.spread``."""
        return self._spreader.spread(jobs)

    def _assume(self) -> Mapping[str, Any]:
        secret = self.credential.external_id
        request = Request(
            service="sts",
            operation="AssumeRole",
            answer="Credentials",
            params={
                "RoleArn": self.credential.role_arn,
                "RoleSessionName": "optiinfra",
                "DurationSeconds": sessions.ROLE_SECONDS,
                **({"ExternalId": secret.get_secret_value()} if secret else {}),
            },
        )
        if self._source is None:
            raise CredentialRejected("there is no role to assume")
        issued: Mapping[str, Any] = self._source.ask(request, self.credential.home_region)
        return dict(issued["Credentials"])
