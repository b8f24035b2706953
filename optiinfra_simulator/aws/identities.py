"""Users, roles and sessions: whose key signed a request and what its owner may do.

Kept here and not in moto, which does not look at the trust policy of a role in another account.
"""

import string
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from optiinfra_core.windows import Clock, SystemClock
from optiinfra_simulator.aws.policies import READ_ONLY, Statement, Trust
from optiinfra_simulator.world import dice
from optiinfra_simulator.world.accounts import ACCOUNTS, OPERATOR, Account

ROLE_NAME = "OptiInfraReadOnly"
NO_COST_ROLE_NAME = "OptiInfraWithoutCost"
USER_NAME = "optiinfra-collector"
_KEY_LETTERS = string.ascii_uppercase + "234567"
_SECRET_LETTERS = string.ascii_letters + string.digits + "+/"


@dataclass(frozen=True, slots=True)
class Role:
    """A role: whom it trusts and what it may do."""

    arn: str
    account: str
    trust: Trust
    statements: tuple[Statement, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """The owner of a key. ``token`` and ``expires`` belong to sessions of a role."""

    arn: str
    user_id: str
    account: str
    access_key: str
    secret: str = field(repr=False)
    statements: tuple[Statement, ...]
    token: str | None = field(default=None, repr=False)
    expires: datetime | None = None


@dataclass
class Identities:
    """Every key of the simulated cloud.

    Sessions expire by ``wall``, the machine's clock, because clients compare with theirs.
    """

    seed: int
    wall: Clock = field(default_factory=SystemClock)
    principals: dict[str, Principal] = field(default_factory=dict)
    roles: dict[str, Role] = field(default_factory=dict)
    _sessions: int = 0

    def __post_init__(self) -> None:
        self._add_user(OPERATOR, (Statement(("sts:AssumeRole",)),))
        for account in ACCOUNTS:
            self._add_user(account.id, (Statement(READ_ONLY),))
            self._add_role(account, ROLE_NAME, (Statement(READ_ONLY),))
            without_cost = Statement(("ce:*",), allow=False)
            self._add_role(account, NO_COST_ROLE_NAME, (Statement(READ_ONLY), without_cost))

    def user(self, account: str) -> Principal:
        """The user that OptiInfra has in an account."""
        arn = f"arn:aws:iam::{account}:user/{USER_NAME}"
        return next(one for one in self.principals.values() if one.arn == arn)

    def role(self, account: str, name: str = ROLE_NAME) -> Role:
        """A role of an account."""
        return self.roles[f"arn:aws:iam::{account}:role/{name}"]

    def _add_user(self, account: str, statements: tuple[Statement, ...]) -> None:
        names = (self.seed, "user", account)
        key = "AKIA" + dice.letters(_KEY_LETTERS, 16, *names, "key")
        self.principals[key] = Principal(
            arn=f"arn:aws:iam::{account}:user/{USER_NAME}",
            user_id="AIDA" + dice.letters(_KEY_LETTERS, 17, *names, "id"),
            account=account,
            access_key=key,
            secret=dice.letters(_SECRET_LETTERS, 40, *names, "secret"),
            statements=statements,
        )

    def _add_role(self, account: Account, name: str, statements: tuple[Statement, ...]) -> None:
        arn = f"arn:aws:iam::{account.id}:role/{name}"
        trusted = (self.user(OPERATOR).arn, self.user(account.id).arn)
        trust = Trust(trusted, account.external_id)
        self.roles[arn] = Role(arn, account.id, trust, statements)

    def open_session(self, role: Role, name: str, seconds: int) -> Principal:
        """A session of a role, with keys of its own."""
        self._sessions += 1
        names = (self.seed, "session", role.arn, name, self._sessions, self.wall.now())
        key = "ASIA" + dice.letters(_KEY_LETTERS, 16, *names, "key")
        role_name = role.arn.rpartition("/")[2]
        role_id = "AROA" + dice.letters(_KEY_LETTERS, 17, self.seed, role.arn, "id")
        session = Principal(
            arn=f"arn:aws:sts::{role.account}:assumed-role/{role_name}/{name}",
            user_id=f"{role_id}:{name}",
            account=role.account,
            access_key=key,
            secret=dice.letters(_SECRET_LETTERS, 40, *names, "secret"),
            statements=role.statements,
            token=dice.letters(_SECRET_LETTERS, 120, *names, "token"),
            expires=self.wall.now() + timedelta(seconds=seconds),
        )
        self.principals[key] = session
        return session

    def credential(self, account: Account, endpoint: str) -> Mapping[str, object]:
        """What the customer of an account enters to connect it."""
        by_role = account.external_id is not None
        user = self.user(OPERATOR if by_role else account.id)
        found: dict[str, object] = {
            "access_key_id": user.access_key,
            "secret_access_key": user.secret,
            "home_region": "us-east-1",
            "endpoint_url": endpoint,
            "cost_explorer": account.export is None,
        }
        if by_role:
            found["role_arn"] = self.role(account.id).arn
            found["external_id"] = account.external_id
        if account.export is not None:
            place = account.export
            found["cost_export"] = {
                "bucket": place.bucket,
                "prefix": place.prefix,
                "name": place.name,
                "region": place.region,
            }
        return found
