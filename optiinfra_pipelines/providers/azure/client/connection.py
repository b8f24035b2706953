"""One Azure subscription, opened: who asks, where, and work spread over locations."""

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Self, TypeVar

from optiinfra_core.collecting.gate import Gate
from optiinfra_core.collecting.reach import permitted_endpoint
from optiinfra_core.collecting.spreading import Job, Outcome, Spreader
from optiinfra_pipelines.providers.azure.client import credentials
from optiinfra_pipelines.providers.azure.client.calls import Calls
from optiinfra_pipelines.providers.azure.client.clients import ARM_SCOPE, Clients
from optiinfra_pipelines.providers.azure.client.memory import Memory
from optiinfra_pipelines.providers.azure.client.transport import Meter, metered
from optiinfra_pipelines.providers.azure.credential import AzureCredential

T = TypeVar("T")

# Storage accounts of Azure itself, DNS zones included (learn.microsoft.com, storage account
# overview); other addresses get no token of ours unless they are private and allowed.
BLOB_ENDPOINT = re.compile(
    r"https://[a-z0-9]{3,24}(\.z\d{1,3})?\.blob\.(core\.windows\.net|storage\.azure\.net)/?"
)


class Azure:
    """A connection to one subscription; nothing is called until something is asked. Close it."""

    def __init__(
        self,
        credential: AzureCredential,
        gate: Gate,
        token_folders: Sequence[Path] = credentials.TOKEN_FOLDERS,
    ) -> None:
        _guard(credential, gate, token_folders)
        self.credential = credential
        self.gate = gate
        # The certificate of a public authority, not secret; the SDK takes it as a file only.
        self._folder = TemporaryDirectory(prefix="optiinfra-azure-")
        meter = Meter(gate)
        self._transport = metered(meter, gate, self._ca_file())
        authority = credential.endpoints.authority if credential.endpoints else None
        self._tokens = credentials.Tokens(
            credentials.identity(credential, self._transport, authority), meter
        )
        self.calls = Calls(gate, meter, self._tokens)
        self.clients = Clients(credential, self._tokens, self._transport)
        self.memory = Memory()
        self._spreader = Spreader(gate.concurrency, "azure")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Drop what has not started, wait for what has, close the connections."""
        self._spreader.close()
        self._transport.close()
        self._folder.cleanup()

    @property
    def account_id(self) -> str:
        """The subscription's id, in lower case."""
        return self.credential.subscription_id.lower()

    @cached_property
    def locations(self) -> frozenset[str] | None:
        """The locations that the credential lists, as Azure spells them; None means all."""
        chosen = self.credential.locations
        return frozenset(one.lower().replace(" ", "") for one in chosen) if chosen else None

    def spread(self, jobs: Iterable[Job[T]]) -> Iterator[Outcome[T]]:
        """The outcomes of ``jobs`` in their order; see ``Spreader.spread``."""
        return self._spreader.spread(jobs)

    def arm_token(self) -> str:
        """The token for Resource Manager: its claims tell who the principal is."""
        return str(self._tokens.get_token(ARM_SCOPE).token)

    def _ca_file(self) -> str | None:
        if self.credential.tls_ca is None:
            return None
        path = Path(self._folder.name) / "ca.pem"
        path.write_text(self.credential.tls_ca, encoding="ascii")
        return str(path)


def _guard(credential: AzureCredential, gate: Gate, folders: Sequence[Path]) -> None:
    """Refuse addresses and files that whoever enters a credential has no business to name."""
    named = credential.federated_token_file
    if named is not None:
        credentials.check_token_file(named.get_secret_value(), folders)
    endpoints, export = credential.endpoints, credential.cost_export
    if endpoints is not None:
        permitted_endpoint(endpoints.authority, gate, name="endpoints.authority")
        permitted_endpoint(endpoints.resource_manager, gate, name="endpoints.resource_manager")
        metrics = endpoints.metrics.replace("{region}", "eastus")
        permitted_endpoint(metrics, gate, name="endpoints.metrics")
    if export is not None and not BLOB_ENDPOINT.fullmatch(export.account_url):
        permitted_endpoint(export.account_url, gate, name="cost_export.account_url")
