"""Tenants and their applications: secrets, certificates, federated credentials."""

import string
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from optiinfra_core.windows import Clock, SystemClock
from optiinfra_simulator.azure.accounts import SUBSCRIPTIONS, Subscription
from optiinfra_simulator.azure.rigging import guid
from optiinfra_simulator.azure.roles import BLOB_READER, COLLECTOR, WITHOUT_COST, Principal
from optiinfra_simulator.azure.tokens import Mint
from optiinfra_simulator.world import dice

_SECRET_LETTERS = string.ascii_letters + string.digits + "~._-"
FEDERATION_AUDIENCE = "api://AzureADTokenExchange"
ISSUER = "https://oidc.simulated.example/"


@dataclass
class Application:
    """An application: who it is, and by what it may show that.

    ``certificate`` is a PEM whose public key checks assertions; ``subject`` is that of the
    federated credential.
    """

    principal: Principal
    secret: str = field(repr=False)
    secret_expired: bool = False
    certificate: bytes | None = None
    subject: str = ""


@dataclass
class Identities:
    """Every application of the simulated tenants.

    Tokens expire by ``wall``, the machine's clock, because clients compare with theirs.
    """

    seed: int
    wall: Clock = field(default_factory=SystemClock)
    applications: dict[str, Application] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.mint = Mint(dice.hexadecimal(64, self.seed, "mint").encode(), self.wall)
        for one in SUBSCRIPTIONS.values():
            self._register(one, "collector", COLLECTOR)
            self._register(one, "without cost", (WITHOUT_COST, BLOB_READER))

    def _register(self, one: Subscription, name: str, roles: Any) -> None:
        names = (self.seed, one.tenant, name)
        app = guid(*names, "app")
        self.applications[app] = Application(
            principal=Principal(
                tenant=one.tenant, app=app, oid=guid(*names, "oid"), grants={one.id: roles}
            ),
            secret=dice.letters(_SECRET_LETTERS, 40, *names, "secret"),
            subject=f"system:serviceaccount:optiinfra:{one.customer}",
        )

    def application(self, subscription: str, name: str = "collector") -> Application:
        """The application of that name in a subscription's tenant."""
        one = SUBSCRIPTIONS[subscription]
        return self.applications[guid(self.seed, one.tenant, name, "app")]

    @property
    def tenants(self) -> frozenset[str]:
        """The tenants that exist."""
        return frozenset(one.tenant for one in SUBSCRIPTIONS.values())

    def federated_token(self, application: Application, lasting: timedelta) -> str:
        """A workload's token, as a Kubernetes cluster would project it into a file."""
        now = self.wall.now()
        return self.mint.sign(
            {
                "iss": ISSUER,
                "sub": application.subject,
                "aud": FEDERATION_AUDIENCE,
                "exp": int((now + lasting).timestamp()),
            }
        )

    def principal(self, claims: Mapping[str, Any]) -> Principal:
        """The principal for which a token was issued."""
        return self.applications[str(claims["appid"])].principal
