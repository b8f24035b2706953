"""Bearer tokens of an OpenID Connect issuer -> who they stand for; we issue none ourselves."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, NoReturn

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from optiinfra_api.auth.issuer_keys import IssuerKeys, Jwk, demand_confidential
from optiinfra_core.errors import ConfigurationError, CredentialRejected
from optiinfra_core.settings import Settings
from optiinfra_core.tenancy.api_keys import SCOPES, ApiKey
from optiinfra_core.windows import Clock

# Asymmetric ones only, each with the key type that it takes (RFC 7518): a public key is never
# taken for a shared secret, and an unsigned token is none.
ALGORITHMS: Mapping[str, tuple[str, str | None]] = {
    "RS256": ("RSA", None),
    "RS384": ("RSA", None),
    "RS512": ("RSA", None),
    "ES256": ("EC", "P-256"),
    "ES384": ("EC", "P-384"),
    "ES512": ("EC", "P-521"),
}
LEAST_RSA_BITS = 2048
LEEWAY = timedelta(seconds=60)
LONGEST = 16 * 1024
LONGEST_SUBJECT = 255
# Before the subject of a token, where others write the id of a key.
SUBJECT = "oidc:"
REMEDY = "Send a current access token of the configured issuer for this audience, or an API key."


class TokenVerifier:
    """Tokens of one issuer for one audience, both pinned by settings."""

    def __init__(self, settings: Settings, clock: Clock, issuer: str, audience: str) -> None:
        self._clock = clock
        self._issuer = issuer
        self._audience = audience
        self._keys = IssuerKeys(clock, issuer, settings.oidc_jwks_url)
        self._settings = settings

    @classmethod
    def of(cls, settings: Settings, clock: Clock) -> "TokenVerifier | None":
        """The verifier that the settings ask for, None where they name no issuer.

        Raises:
            ConfigurationError: the audience is missing, or an address is not confidential.
        """
        issuer, audience = settings.oidc_issuer, settings.oidc_audience
        if issuer is None:
            return None
        if not audience:
            raise ConfigurationError(
                "OPTIINFRA_OIDC_ISSUER is set without OPTIINFRA_OIDC_AUDIENCE",
                remedy="Name the audience: tokens that were issued for others must not open this.",
            )
        demand_confidential("OPTIINFRA_OIDC_ISSUER", issuer)
        if settings.oidc_jwks_url:
            demand_confidential("OPTIINFRA_OIDC_JWKS_URL", settings.oidc_jwks_url)
        return cls(settings, clock, issuer, audience)

    async def verify(self, token: str) -> ApiKey:
        """Who ``token`` stands for.

        Raises:
            CredentialRejected: it is malformed, unsigned, not the issuer's, for another audience,
                out of date, or gives no scope or customer.
            Transient: the issuer's keys cannot be had.
        """
        if len(token) > LONGEST:
            refuse("the token is too long")
        try:
            header = jwt.get_unverified_header(token)
        except jwt.PyJWTError:
            refuse("the token is malformed")
        algorithm = header.get("alg")
        if not isinstance(algorithm, str) or algorithm not in ALGORITHMS:
            refuse(f"tokens must be signed with one of {', '.join(ALGORITHMS)}")
        if "crit" in header:
            refuse("the token demands an extension that is not known")
        candidates = await self._keys.candidates(header.get("kid"))
        return self._grant(self._claims(token, algorithm, candidates))

    def _claims(self, token: str, algorithm: str, candidates: Iterable[Jwk]) -> Mapping[str, Any]:
        fitting = [key for key in candidates if fits(key, algorithm)]
        if len(fitting) != 1:
            refuse("the token names no signing key of the issuer")
        try:
            key = jwt.PyJWK(dict(fitting[0]), algorithm)
            if isinstance(key.key, RSAPublicKey) and key.key.key_size < LEAST_RSA_BITS:
                refuse("the issuer's key is too short")
            claims: Mapping[str, Any] = jwt.decode(
                token,
                key,
                algorithms=[algorithm],
                audience=self._audience,
                issuer=self._issuer,
                # Times are compared below, by the clock that everything else goes by.
                options={
                    "require": ["exp", "iss", "aud", "sub"],
                    "verify_exp": False,
                    "verify_nbf": False,
                    "verify_iat": False,
                },
            )
        except jwt.PyJWTError as error:
            refuse(f"the token is not valid ({type(error).__name__})")
        return claims

    def _grant(self, claims: Mapping[str, Any]) -> ApiKey:
        now = self._clock.now()
        ends = instant(claims, "exp")
        begins = max(instant(claims, "nbf", now), instant(claims, "iat", now))
        if ends + LEEWAY <= now:
            refuse("the token has expired")
        if begins - LEEWAY > now:
            refuse("the token is not valid yet")
        subject = claims["sub"]
        if not 0 < len(subject) <= LONGEST_SUBJECT or not subject.isprintable():
            refuse("the token's subject cannot be told in a log")
        settings = self._settings
        granted = mapped(claims, settings.oidc_scopes_claim, settings.oidc_scopes)
        customers = mapped(claims, settings.oidc_customers_claim, settings.oidc_customers)
        scopes = tuple(scope for scope in SCOPES if scope in granted)
        if not scopes or not customers:
            missing = "scope" if not scopes else "customer"
            refuse(f"the token's claims give no {missing} here")
        return ApiKey(
            id=SUBJECT + subject,
            name=subject,
            scopes=scopes,
            customers=customers,
            created_at=instant(claims, "iat", now),
            expires_at=ends + LEEWAY,
        )


def refuse(why: str) -> NoReturn:
    """Refuse a token.

    Raises:
        CredentialRejected: always.
    """
    raise CredentialRejected(why, remedy=REMEDY)


def fits(key: Jwk, algorithm: str) -> bool:
    """Whether the issuer's key is one for signatures by ``algorithm`` (RFC 7517, section 4)."""
    kind, curve = ALGORITHMS[algorithm]
    return (
        key.get("kty") == kind
        and (curve is None or key.get("crv") == curve)
        and key.get("use", "sig") == "sig"
        and "verify" in key.get("key_ops", ["verify"])
        and key.get("alg", algorithm) == algorithm
    )


def instant(claims: Mapping[str, Any], name: str, otherwise: datetime | None = None) -> datetime:
    """A time claim (seconds since 1970); ``otherwise`` where it is missing.

    Raises:
        CredentialRejected: it is no time.
    """
    value = claims.get(name)
    if value is None and otherwise is not None:
        return otherwise
    if isinstance(value, bool) or not isinstance(value, int | float):
        refuse(f"the claim {name} is no time")
    try:
        return datetime.fromtimestamp(value, UTC)
    except (ValueError, OverflowError, OSError):
        refuse(f"the claim {name} is no time")


def mapped(
    claims: Mapping[str, Any], path: str, names: Mapping[str, tuple[str, ...]]
) -> tuple[str, ...]:
    """What the claim at ``path`` (``a.b`` for nested ones) gives, by ``names`` where it has any.

    The claim is a list, or words in one string as RFC 6749 writes scopes.
    """
    whole: Any = claims.get(path)
    if whole is None:
        whole = claims
        for part in path.split("."):
            whole = whole.get(part) if isinstance(whole, Mapping) else None
    words = whole.split() if isinstance(whole, str) else whole
    told = [word for word in words if isinstance(word, str)] if isinstance(words, list) else []
    given = (each for word in told for each in (names.get(word, ()) if names else (word,)))
    return tuple(dict.fromkeys(given))
