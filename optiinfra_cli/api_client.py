"""Asks our own API: the address and key of this installation, problems turned into errors."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, Self

import httpx
from pydantic import SecretStr

from optiinfra_cli import installation
from optiinfra_core.errors import (
    Conflict,
    CredentialRejected,
    InvalidRequest,
    NotFound,
    OptiInfraError,
    Transient,
)
from optiinfra_core.settings import Settings

# What the API itself may take before it gives up on a server behind it.
TIMEOUT_SECONDS = 30.0
KEY_LIFE = timedelta(hours=1)
SCOPES = ("collect:trigger", "costs:read", "performance:read", "resources:read", "metrics:read",
          "applications:read")  # fmt: skip

_KINDS: Mapping[int, type[OptiInfraError]] = {
    400: InvalidRequest,
    401: CredentialRejected,
    403: CredentialRejected,
    404: NotFound,
    409: Conflict,
    413: InvalidRequest,
    422: InvalidRequest,
}


class Api:
    """The API over HTTP, as one caller."""

    def __init__(self, url: str, key: SecretStr) -> None:
        headers = {"Authorization": f"Bearer {key.get_secret_value()}"}
        self._client = httpx.Client(base_url=url, headers=headers, timeout=TIMEOUT_SECONDS)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def get(self, path: str, **query: str | float) -> Mapping[str, Any]:
        """The JSON object at ``path``."""
        return self._answer("GET", path, params=query)

    def post(self, path: str, body: Mapping[str, Any], key: str | None = None) -> Mapping[str, Any]:
        """The answer to ``body``; ``key`` makes a repetition harmless."""
        headers = {"Idempotency-Key": key} if key else {}
        return self._answer("POST", path, json=body, headers=headers)

    def _answer(self, method: str, path: str, **request: Any) -> Mapping[str, Any]:
        """The API's answer.

        Raises:
            OptiInfraError: of the kind that the status says, with the API's detail and remedy.
        """
        try:
            response = self._client.request(method, path, **request)
            body = response.json()
        except (httpx.HTTPError, ValueError) as failure:
            raise Transient(
                f"the API at {self._client.base_url} does not answer: {type(failure).__name__}",
                remedy="Start it with `optiinfra up`; `optiinfra status` shows what runs.",
            ) from failure
        if response.is_error:
            kind = _KINDS.get(response.status_code, Transient)
            detail = str(body.get("detail") or body.get("title") or response.status_code)
            raise kind(detail, remedy=body.get("remedy"))
        found: Mapping[str, Any] = body
        return found


@contextmanager
def open_api(settings: Settings, customer: str) -> Iterator[Api]:
    """The API of this installation, with the configured key or one minted for this command.

    A minted key reaches ``customer`` only, lasts an hour and is revoked when the block ends.
    """
    state = installation.running_state(settings)
    url = state.urls["api"] if state else settings.api_url
    if settings.api_key is not None:
        with Api(url, settings.api_key) as api:
            yield api
        return
    with _minted(settings, customer) as key, Api(url, key) as api:
        yield api


@contextmanager
def _minted(settings: Settings, customer: str) -> Iterator[SecretStr]:
    from optiinfra_cli.office import open_office  # noqa: PLC0415 - a configured key needs none
    from optiinfra_core.tenancy.api_keys import NewKey  # noqa: PLC0415 - as above

    with open_office(settings) as office:
        tenant = office.customers.get(customer)
        key, token = office.keys.create(
            NewKey(
                name="command line",
                scopes=SCOPES,
                customers=(tenant.slug,),
                expires_at=office.clock.now() + KEY_LIFE,
            )
        )
        try:
            yield token
        finally:
            office.keys.revoke(key.id)
