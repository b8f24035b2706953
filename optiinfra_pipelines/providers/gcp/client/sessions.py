"""One HTTP session for every REST call of a connection: metered, and without the SDK's retries."""

from collections.abc import MutableMapping
from functools import cache
from typing import Any

from optiinfra_core.collecting.gate import Gate
from optiinfra_pipelines.providers.gcp.client.meter import Meter
from optiinfra_pipelines.providers.gcp.client.tokens import Tokens


def plain_session() -> Any:
    """A session that carries no identity: token endpoints."""
    import requests  # noqa: PLC0415 - only where requests are made

    session = requests.Session()
    session.auth = _unchanged
    return session


def authorized_session(identity: Any, gate: Gate, meter: Meter) -> Any:
    """A session that signs with ``identity``; each request it sends is in the ledger."""
    from requests.adapters import HTTPAdapter  # noqa: PLC0415 - only where requests are made

    # A refused token is renewed once for all threads, by our own loop.
    session = _metered()(identity, refresh_status_codes=(), max_refresh_attempts=0)
    session.meter = meter
    adapter = HTTPAdapter(pool_maxsize=max(gate.concurrency, 10), max_retries=0)
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    session.auth = _unchanged
    return session


def shared_identity(tokens: Tokens) -> Any:
    """Credentials for the SDK's clients that carry the connection's one token.

    Google's own would each fetch their token, retry that in their own way, and look up regional
    boundaries in a thread that no ledger sees.
    """
    return _shared()(tokens)


def _unchanged(request: Any) -> Any:
    # Without an auth of its own, requests would take this machine's ~/.netrc for the customer's.
    return request


@cache
def _metered() -> Any:
    from google.auth.transport.requests import AuthorizedSession  # noqa: PLC0415 - loads the SDK

    class Metered(AuthorizedSession):  # type: ignore[misc] # a vendor's class without types
        """Writes down what it sends; a token goes to whom it was meant for, and no further."""

        def send(self, request: Any, **kwargs: Any) -> Any:
            kwargs["allow_redirects"] = False
            return self.meter.http(lambda: super(Metered, self).send(request, **kwargs))

    return Metered


@cache
def _shared() -> Any:
    from google.auth.credentials import Credentials  # noqa: PLC0415 - loads the SDK

    class Shared(Credentials):  # type: ignore[misc] # a vendor's class without types
        """The connection's token, as the SDK's clients ask for it."""

        def __init__(self, tokens: Tokens) -> None:
            super().__init__()
            self._tokens = tokens

        def before_request(
            self, _request: Any, _method: str, _url: str, headers: MutableMapping[str, str]
        ) -> None:
            headers["authorization"] = f"Bearer {self._tokens.ready()}"

        def refresh(self, _request: Any) -> None:
            self.token = self._tokens.ready()

    return Shared
