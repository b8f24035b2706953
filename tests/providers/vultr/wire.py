"""A Vultr account that a test scripts: paths of API v2 to what becomes of their requests."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

from optiinfra_core.testing.http_double import Fate, Incoming, Reply

EMAIL = "Example@Vultr.com"
# The body of govultr's account test, with the ACLs that collecting needs.
ACCOUNT: Mapping[str, Any] = {
    "account": {
        "balance": -5519.11,
        "pending_charges": 0,
        "last_payment_date": "2014-07-18 15:31:01",
        "last_payment_amount": -1.00,
        "name": "Test Tester",
        "email": EMAIL,
        "acls": ["subscriptions_view", "billing", "support"],
    }
}
EMPTY: Mapping[str, Any] = {
    "account": ACCOUNT,
    **{
        path: {key: []}
        for path, key in (
            ("instances", "instances"),
            ("bare-metals", "bare_metals"),
            ("blocks", "blocks"),
            ("snapshots", "snapshots"),
            ("reserved-ips", "reserved_ips"),
            ("load-balancers", "load_balancers"),
            ("kubernetes/clusters", "vke_clusters"),
            ("databases", "databases"),
            ("object-storage", "object_storages"),
            ("inference", "subscriptions"),
            ("plans", "plans"),
            ("plans-metal", "plans_metal"),
            ("billing/pending-charges", "pending_charges"),
            ("billing/invoices", "billing_invoices"),
            ("billing/history", "billing_history"),
        )
    },
}


@dataclass(frozen=True)
class Asked:
    """A request: its path below /v2, and its query."""

    path: str
    incoming: Incoming

    @property
    def query(self) -> Mapping[str, str]:
        """The parameters of the query."""
        told = parse_qs(urlsplit(self.incoming.path).query)
        return {name: values[0] for name, values in told.items()}

    @property
    def form(self) -> Mapping[str, str]:
        """The parameters of the body."""
        return {name: values[0] for name, values in parse_qs(self.incoming.body.decode()).items()}


Script = Callable[[Asked], Fate | Mapping[str, Any]]


def refused(status: int, error: str, **headers: str) -> Reply:
    """An error as API v2 writes it."""
    body = json.dumps({"error": error, "status": status}).encode()
    return Reply(
        status=status, body=body, headers={k.replace("_", "-"): v for k, v in headers.items()}
    )


@dataclass
class VultrDouble:
    """Answers as scripted; what is not scripted is an empty account."""

    script: dict[str, Script] = field(default_factory=dict)
    seen: list[Asked] = field(default_factory=list)

    def on(self, path: str, *answers: Fate | Mapping[str, Any]) -> None:
        """Answer requests of ``path`` one after the other; the last answer stays."""
        waiting = list(answers)

        def next_one(_asked: Asked) -> Fate | Mapping[str, Any]:
            return waiting.pop(0) if len(waiting) > 1 else waiting[0]

        self.script[path] = next_one

    def count(self, path: str) -> int:
        """How often ``path`` was asked."""
        return sum(asked.path == path for asked in self.seen)

    def __call__(self, incoming: Incoming) -> Fate:
        """What becomes of a request."""
        asked = Asked(urlsplit(incoming.path).path.removeprefix("/v2/"), incoming)
        self.seen.append(asked)
        if asked.path in self.script:
            told = self.script[asked.path](asked)
        else:
            told = EMPTY.get(asked.path) or refused(404, "Invalid API path.")
        if isinstance(told, Mapping):
            return Reply(body=json.dumps(told).encode())
        return told
