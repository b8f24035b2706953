"""Resource Manager: subscriptions, permissions, virtual machines and sizes."""

import base64
import binascii
from collections.abc import Mapping, Sequence
from typing import Any

from optiinfra_simulator.azure import shapes
from optiinfra_simulator.azure.accounts import SUBSCRIPTIONS
from optiinfra_simulator.azure.answers import Answer, AzureError, bad_request
from optiinfra_simulator.azure.calls import Call
from optiinfra_simulator.azure.prices import LOCATIONS, SIZES
from optiinfra_simulator.azure.things import VirtualMachine


def subscriptions(call: Call) -> Answer:
    """The subscriptions in which the principal has a role."""
    found = [_subscription(name) for name in call.principal.grants]
    count = {"type": "Total", "value": len(found)}
    return Answer({"value": found, "count": count}, _left())


def subscription(call: Call) -> Answer:
    """One subscription."""
    if not call.principal.roles(call.subscription):
        raise call.principal.denial(call.subscription, "Microsoft.Resources/subscriptions/read")
    return Answer(_subscription(call.subscription), _left())


def _subscription(identifier: str) -> Mapping[str, Any]:
    one = SUBSCRIPTIONS[identifier]
    return {
        "id": f"/subscriptions/{one.id}",
        "authorizationSource": "RoleBased",
        "managedByTenants": [],
        "subscriptionId": one.id,
        "tenantId": one.tenant,
        "displayName": one.label,
        "state": "Enabled",
        "subscriptionPolicies": {
            "locationPlacementId": "Public_2014-09-01",
            "quotaId": "EnterpriseAgreement_2014-09-01",
            "spendingLimit": "Off",
        },
    }


def _left() -> Mapping[str, str]:
    return {"x-ms-ratelimit-remaining-subscription-reads": "11999"}


def permissions(call: Call) -> Answer:
    """What each role of the principal allows in the subscription."""
    told = [role.told() for role in call.principal.roles(call.subscription)]
    return Answer({"value": told}, _left())


def virtual_machines(call: Call) -> Answer:
    """The machines of the subscription, running or not."""
    found = sorted(
        (
            thing
            for thing in call.azure.estate.fleet(call.subscription).at(call.now)
            if isinstance(thing, VirtualMachine)
        ),
        key=lambda thing: thing.id,
    )
    with_status = call.parameters.get("statusonly") == "true"
    shown, link = page(call, found, call.azure.limits.listed)
    told = [shapes.listed_machine(one, call.now, status=with_status) for one in shown]
    return Answer({"value": told, **link}, _left())


def skus(call: Call) -> Answer:
    """The sizes that are sold, at one location where the filter names it."""
    chosen = call.parameters.get("$filter", "")
    wanted = [one for one in LOCATIONS if f"'{one}'" in chosen] if chosen else list(LOCATIONS)
    found = [(size, location) for location in wanted for size in SIZES.values()]
    shown, link = page(call, found, call.azure.limits.skus)
    return Answer({"value": [shapes.sku(*one) for one in shown], **link}, _left())


def page(call: Call, items: Sequence[Any], size: int) -> tuple[Sequence[Any], Mapping[str, str]]:
    """One page of a list, and the link to the next where there is one."""
    first = offset(call.parameters.get("$skiptoken"))
    shown = items[first : first + size]
    if first + size >= len(items):
        return shown, {}
    kept = "&".join(
        f"{name}={value}"
        for name, value in call.parameters.items()
        if name in ("api-version", "$filter", "statusonly")
    ).replace(" ", "%20")
    return shown, {"nextLink": f"{call.url}?{kept}&$skiptoken={token(first + size)}"}


def token(first: int) -> str:
    """A page's token."""
    return base64.urlsafe_b64encode(f"page:{first}".encode()).decode().rstrip("=")


def offset(told: str | None) -> int:
    """The first item of the page that a token stands for.

    Raises:
        AzureError: it stands for none.
    """
    if not told:
        return 0
    try:
        text = base64.urlsafe_b64decode(told + "=" * (-len(told) % 4)).decode()
        return int(text.removeprefix("page:"))
    except (ValueError, binascii.Error):
        raise bad_request("The skip token is not valid.") from None


def resource(call: Call, identifier: str) -> Any:
    """The resource of that ARM id that exists now.

    Raises:
        AzureError: 404, there is none.
    """
    wanted = identifier.lower()
    for thing in call.azure.estate.fleet(call.subscription).at(call.now):
        if thing.id == wanted:
            return thing
    name = identifier.rpartition("/")[2]
    raise AzureError(404, "ResourceNotFound", f"The Resource '{name}' was not found.")
