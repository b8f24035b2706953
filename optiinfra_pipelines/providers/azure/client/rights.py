"""What a principal is and may do at a subscription, by free questions to Resource Manager."""

import base64
import fnmatch
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from optiinfra_core.errors import Malformed
from optiinfra_pipelines.providers.azure.client.actions import PERMISSIONS, SUBSCRIPTION
from optiinfra_pipelines.providers.azure.client.connection import Azure
from optiinfra_pipelines.providers.azure.client.transport import Asked

SUBSCRIPTION_VERSION = "2022-12-01"
PERMISSIONS_VERSION = "2022-04-01"


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """What one role assignment allows: patterns of actions, and those it takes out again."""

    actions: tuple[str, ...]
    not_actions: tuple[str, ...]

    def allows(self, action: str) -> bool:
        """Whether the assignment allows ``action``; Azure compares without case."""
        return _matches(action, self.actions) and not _matches(action, self.not_actions)


def allowed(action: str, grants: Iterable[Grant]) -> bool:
    """Whether any assignment allows ``action``: what one takes out, another may still give."""
    return any(grant.allows(action) for grant in grants)


def subscription(azure: Azure) -> Mapping[str, Any]:
    """The subscription as Azure knows it.

    Raises:
        PermissionMissing: it is not in the tenant, or the principal has no role there.
    """
    url = _url(azure, "", SUBSCRIPTION_VERSION)
    found: Mapping[str, Any] = azure.calls.ask(
        Asked(operation=SUBSCRIPTION), lambda: azure.clients.get(url)
    )
    if "subscriptionId" not in found:
        raise Malformed("the subscription's answer has no subscriptionId")
    return found


def grants(azure: Azure) -> tuple[Grant, ...]:
    """What each role assignment of the principal at the subscription allows."""
    path = "/providers/Microsoft.Authorization/permissions"
    url: str | None = _url(azure, path, PERMISSIONS_VERSION)
    asked = Asked(operation=PERMISSIONS)
    found: list[Grant] = []
    while url:
        if not url.startswith(f"{azure.clients.resource_manager}/"):
            raise Malformed(f"{asked} gave a nextLink that leads to another host", sample=url)
        answer = azure.calls.ask(asked, lambda url=url: azure.clients.get(url))  # type: ignore[misc]
        if "value" not in answer:
            raise Malformed(f"{asked} answered without value")
        found += [
            Grant(
                actions=tuple(map(str, one.get("actions") or ())),
                not_actions=tuple(map(str, one.get("notActions") or ())),
            )
            for one in answer["value"]
        ]
        url = answer.get("nextLink")
    return tuple(found)


def principal(token: str, client_id: str) -> str:
    """Application and object id of a token's holder, as far as the token tells."""
    claims = _claims(token)
    application = str(claims.get("appid") or claims.get("azp") or client_id)
    holder = claims.get("oid")
    return f"application {application}" + (f", principal {holder}" if holder else "")


def _claims(token: str) -> Mapping[str, Any]:
    # Read, not verified: the token comes from Entra to us, and only Azure has to believe it.
    payload = token.split(".")[1] if token.count(".") == 2 else ""  # noqa: PLR2004 - RFC 7519
    try:
        told = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    except ValueError:
        return {}
    return told if isinstance(told, Mapping) else {}


def _matches(action: str, patterns: Iterable[str]) -> bool:
    return any(fnmatch.fnmatchcase(action.lower(), pattern.lower()) for pattern in patterns)


def _url(azure: Azure, path: str, version: str) -> str:
    own = f"{azure.clients.resource_manager}/subscriptions/{azure.credential.subscription_id}"
    return f"{own}{path}?api-version={version}"
