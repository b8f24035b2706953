"""Key or token -> who it stands for; one that was good a moment ago is not looked up again."""

import hashlib

from starlette.concurrency import run_in_threadpool

from optiinfra_api.auth.oidc import TokenVerifier
from optiinfra_api.recent import Recent
from optiinfra_core.errors import CredentialRejected
from optiinfra_core.tenancy.api_keys import ApiKey, ApiKeys
from optiinfra_core.windows import Clock

REMEMBERED_SECONDS = 30
REMEMBERED_KEYS = 10_000
OURS = "oi_"
REMEDY = (
    "Send `Authorization: Bearer oi_...` or `X-API-Key: oi_...` with a key that is neither"
    " revoked nor expired; `optiinfra keys create` makes one."
)


class Authenticator:
    """Looks keys up in Postgres and remembers the good ones for 30 seconds.

    A key revoked through this process is refused at once, through another one within 30 s. Where
    ``tokens`` is given, what is no key of ours is looked at as a token of its issuer.
    """

    def __init__(
        self, api_keys: ApiKeys, clock: Clock, tokens: TokenVerifier | None = None
    ) -> None:
        self._api_keys = api_keys
        self._tokens = tokens
        self._clock = clock
        self._recent: Recent[bytes, ApiKey] = Recent(
            clock, seconds=REMEMBERED_SECONDS, size=REMEMBERED_KEYS
        )

    async def authenticate(self, token: str | None) -> ApiKey:
        """The key that ``token`` is, or what a token of the issuer grants.

        Raises:
            CredentialRejected: there is none, or it is unknown, revoked or expired.
            Transient: who could tell does not answer.
        """
        if not token:
            raise CredentialRejected("the request names no API key", remedy=REMEDY)
        # The memory holds a digest: a dump of this process must not give tokens away.
        digest = hashlib.sha256(token.encode()).digest()
        key = await self._recent.get(digest, lambda: self._look_up(token))
        if key.expires_at is not None and key.expires_at <= self._clock.now():
            raise CredentialRejected("the API key has expired", remedy=REMEDY)
        return key

    def forget(self, key_id: str) -> None:
        """Ask Postgres again for this key: it was revoked."""
        self._recent.forget(lambda key: str(key.id) == key_id)

    async def _look_up(self, token: str) -> ApiKey:
        if self._tokens is not None and not token.startswith(OURS):
            return await self._tokens.verify(token)
        try:
            return await run_in_threadpool(self._api_keys.authenticate, token)
        except CredentialRejected as refusal:
            raise CredentialRejected(refusal.detail, remedy=REMEDY) from None
