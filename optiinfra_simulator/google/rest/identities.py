"""Service accounts, federated identities and access tokens: who asks, and what they may do."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from threading import Lock
from typing import Any

from optiinfra_core.windows import Clock, SystemClock
from optiinfra_simulator.google.rest.errors import unauthenticated
from optiinfra_simulator.google.rest.keys import Key, Token
from optiinfra_simulator.google.rest.permissions import IMPERSONATE, READ_ONLY, allowed
from optiinfra_simulator.google.world.projects import PROJECTS, Project
from optiinfra_simulator.world import dice

COLLECTOR, STRANGER = "optiinfra-collector", "optiinfra-without-roles"
POOL = "optiinfra-pool/providers/optiinfra-oidc"
SUBJECT = "system:serviceaccount:optiinfra:collector"
_LIFETIME = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Principal:
    """Someone who may ask, and what they may do in their project."""

    email: str
    project: Project
    permissions: frozenset[str]

    def may(self, permission: str, project_id: str) -> bool:
        """Whether a role allows it there; nothing is allowed in other customers' projects."""
        return project_id == self.project.id and permission in self.permissions


@dataclass(frozen=True, slots=True)
class Access:
    """What an access token stands for, until when (seconds since the epoch)."""

    principal: Principal
    expires: float


@dataclass
class Identities:
    """Every identity of the simulated cloud.

    Tokens expire by ``wall``, the machine's clock, because clients compare with theirs.
    ``lifetime`` is how long an access token lasts.
    """

    seed: int
    wall: Clock = field(default_factory=SystemClock)
    lifetime: timedelta = _LIFETIME
    accounts: dict[str, Principal] = field(default_factory=dict)
    _keys: dict[str, Key] = field(default_factory=dict)
    _tokens: dict[str, Access] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def __post_init__(self) -> None:
        self.provider = Key("optiinfra-oidc-1")
        for project in PROJECTS:
            for name, roles in ((COLLECTOR, READ_ONLY), (STRANGER, ())):
                email = f"{name}@{project.id}.iam.gserviceaccount.com"
                self.accounts[email] = Principal(email, project, allowed(roles))
                self._keys[email] = Key(dice.hexadecimal(40, self.seed, email, "key"))

    def key(self, email: str) -> Key:
        """The key of a service account."""
        return self._keys[email]

    def account(self, project: Project, name: str = COLLECTOR) -> Principal:
        """A service account of a project."""
        return self.accounts[f"{name}@{project.id}.iam.gserviceaccount.com"]

    def of_assertion(self, token: Token | None) -> Principal | None:
        """The service account that signed a token which holds now, None where none did."""
        if token is None or not token.holds(self.wall.now().timestamp()):
            return None
        email = str(token.claims.get("iss", ""))
        key = self._keys.get(email)
        if key is None or key.id != token.key or not key.verifies(token):
            return None
        return self.accounts[email]

    def issue(self, principal: Principal) -> str:
        """A new access token."""
        token = f"ya29.{secrets.token_urlsafe(48)}"
        expires = (self.wall.now() + self.lifetime).timestamp()
        with self._lock:
            self._tokens[token] = Access(principal, expires)
        return token

    def revoke(self) -> None:
        """Let every access token expire now."""
        with self._lock:
            self._tokens = {
                token: Access(access.principal, 0.0) for token, access in self._tokens.items()
            }

    def bearer(self, header: str) -> Principal:
        """Whoever holds the token of an Authorization header.

        Raises:
            GoogleError: nobody does, or it has expired.
        """
        scheme, _, token = header.partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise unauthenticated("CREDENTIALS_MISSING")
        access = self._tokens.get(token)
        if access is not None:
            if self.wall.now().timestamp() >= access.expires:
                raise unauthenticated("ACCESS_TOKEN_EXPIRED")
            return access.principal
        # Libraries sign tokens of their own instead of asking for one (google.aip.dev/auth/4111).
        principal = self.of_assertion(Token.read(token))
        if principal is None:
            raise unauthenticated("ACCESS_TOKEN_TYPE_UNSUPPORTED")
        return principal

    def federated(self, project: Project) -> Principal:
        """The workload that a pool of a project trusts; it may become the collector."""
        pool = f"projects/{project.number}/locations/global/workloadIdentityPools/optiinfra-pool"
        roles = (*READ_ONLY, IMPERSONATE)
        return Principal(
            f"principal://iam.googleapis.com/{pool}/subject/{SUBJECT}", project, allowed(roles)
        )

    def subject_token(self, project: Project, *, seconds: int = 600) -> str:
        """What the workload's own platform would put into its token file."""
        now = int(self.wall.now().timestamp())
        claims = {
            "iss": "https://oidc.optiinfra.example",
            "sub": SUBJECT,
            "aud": audience(project),
            "iat": now,
            "exp": now + seconds,
        }
        return self.provider.signed(claims)


def audience(project: Project) -> str:
    """The pool of a project, as tokens for it name it."""
    path = f"projects/{project.number}/locations/global/workloadIdentityPools/{POOL}"
    return f"//iam.googleapis.com/{path}"


def service_account_key(identities: Identities, principal: Principal, url: str) -> dict[str, Any]:
    """The JSON key of a service account; its tokens come from ``url``."""
    key = identities.key(principal.email)
    quoted = principal.email.replace("@", "%40")
    return {
        "type": "service_account",
        "project_id": principal.project.id,
        "private_key_id": key.id,
        "private_key": key.pem,
        "client_email": principal.email,
        "client_id": str(10**20 + dice.number(identities.seed, principal.email)),
        "auth_uri": "https://accounts.google.com/o/oauth2/auth",
        "token_uri": f"{url}/token",
        "auth_provider_x509_cert_url": "https://www.googleapis.com/oauth2/v1/certs",
        "client_x509_cert_url": f"https://www.googleapis.com/robot/v1/metadata/x509/{quoted}",
        "universe_domain": "googleapis.com",
    }


def external_account(
    identities: Identities, project: Project, url: str, source: Mapping[str, Any]
) -> dict[str, Any]:
    """The configuration of workload identity; ``source`` says where the subject token lies."""
    email = identities.account(project).email
    return {
        "type": "external_account",
        "audience": audience(project),
        "subject_token_type": "urn:ietf:params:oauth:token-type:jwt",
        "token_url": f"{url}/v1/token",
        "service_account_impersonation_url": (
            f"{url}/v1/projects/-/serviceAccounts/{email}:generateAccessToken"
        ),
        "credential_source": dict(source),
        "universe_domain": "googleapis.com",
    }
