"""The public keys of the token issuer: fetched when needed, kept for a while, replaced in time."""

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import httpx
import structlog

from optiinfra_core.endpoints import LOOPBACK
from optiinfra_core.errors import ConfigurationError, Transient
from optiinfra_core.windows import Clock

log = structlog.get_logger(__name__)

DISCOVERY = "/.well-known/openid-configuration"
FRESH = timedelta(minutes=10)
# An issuer that is away for less than this keeps nobody out whose key is known.
USABLE = timedelta(hours=6)
# Tokens with made-up key ids must not become a storm of requests to the issuer.
LEAST_WAIT = timedelta(seconds=15)
LARGEST_BYTES = 512 * 1024
TIMEOUT_SECONDS = 5.0

Jwk = Mapping[str, Any]


class IssuerKeys:
    """The keys of one issuer (RFC 7517), found by its discovery document unless told where."""

    def __init__(self, clock: Clock, issuer: str, address: str | None) -> None:
        self._clock = clock
        self._issuer = issuer
        self._address = address
        self._keys: tuple[Jwk, ...] = ()
        self._asked_at = self._fetched_at = clock.now() - 2 * USABLE
        self._one = asyncio.Lock()

    async def candidates(self, kid: str | None) -> tuple[Jwk, ...]:
        """The keys that a token which names ``kid`` may be signed with.

        Raises:
            Transient: the issuer does not answer, and what it said before is too old.
        """
        known = self._named(kid)
        if known and self._clock.now() - self._fetched_at < FRESH:
            return known  # never waits for a fetch that somebody's made-up id began
        async with self._one:
            now = self._clock.now()
            known = self._named(kid)
            due = now - self._fetched_at >= FRESH or not known
            if due and now - self._asked_at >= LEAST_WAIT:
                self._asked_at = now
                await self._fetch()
                known = self._named(kid)
            if now - self._fetched_at >= USABLE:
                raise Transient(
                    "the keys of the token issuer could not be fetched",
                    remedy="Send the request again; if it lasts, look at the issuer, or use a key.",
                )
        return known

    def _named(self, kid: str | None) -> tuple[Jwk, ...]:
        return tuple(key for key in self._keys if kid is None or key.get("kid") == kid)

    async def _fetch(self) -> None:
        try:
            async with httpx.AsyncClient(timeout=TIMEOUT_SECONDS, trust_env=False) as client:
                address = self._address or await self._discovered(client)
                keys = (await document(client, address)).get("keys")
        except Transient as error:
            log.warning("oidc.keys_not_fetched", detail=error.detail)
            return
        if isinstance(keys, list):
            self._keys = tuple(key for key in keys if isinstance(key, dict))
            self._fetched_at = self._clock.now()

    async def _discovered(self, client: httpx.AsyncClient) -> str:
        """Where the keys are; a document of another issuer is not believed (Discovery 1.0, 4.3)."""
        told = await document(client, self._issuer.rstrip("/") + DISCOVERY)
        address = told.get("jwks_uri")
        if told.get("issuer") != self._issuer or not isinstance(address, str):
            raise Transient("the discovery document is not that of OPTIINFRA_OIDC_ISSUER")
        if not confidential(address):
            raise Transient("the discovery document names keys that are not served over https")
        return address


async def document(client: httpx.AsyncClient, address: str) -> Mapping[str, Any]:
    """The JSON object at ``address``; redirects are not followed.

    Raises:
        Transient: there is none.
    """
    try:
        async with client.stream("GET", address) as answer:
            body = b""
            async for part in answer.aiter_bytes():
                body += part
                if len(body) > LARGEST_BYTES:
                    raise Transient(f"{address} answers more than {LARGEST_BYTES} bytes")
            if answer.status_code != httpx.codes.OK:
                raise Transient(f"{address} answers {answer.status_code}")
            told = httpx.Response(200, content=body).json()
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
        raise Transient(f"{address} cannot be read: {type(error).__name__}") from None
    if not isinstance(told, dict):
        raise Transient(f"{address} answers no JSON object")
    return told


def confidential(address: str) -> bool:
    """Whether nobody on the way can change what is read there: https, or this machine."""
    parts = urlsplit(address)
    return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK)


def demand_confidential(setting: str, address: str) -> None:
    """Return if what is read at ``address`` can be trusted.

    Raises:
        ConfigurationError: it cannot.
    """
    if not confidential(address):
        raise ConfigurationError(
            f"{setting} is not an https address",
            remedy="Name an https address; http is for this machine's own loopback only.",
        )
