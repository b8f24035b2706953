"""Azure roles: what a principal may do in a subscription."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase

from optiinfra_simulator.azure.answers import AzureError

BLOB_READ = "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read"


@dataclass(frozen=True, slots=True)
class Role:
    """A role: actions with ``*`` in them, less those that are taken out."""

    name: str
    actions: tuple[str, ...]
    not_actions: tuple[str, ...] = ()
    data_actions: tuple[str, ...] = ()

    def allows(self, action: str) -> bool:
        """Whether it lets its holder do something; data are opened by data actions alone."""
        if action == BLOB_READ:
            return _any(action, self.data_actions)
        return _any(action, self.actions) and not _any(action, self.not_actions)

    def told(self) -> Mapping[str, list[str]]:
        """The role as Microsoft.Authorization/permissions tells it."""
        return {
            "actions": list(self.actions),
            "notActions": list(self.not_actions),
            "dataActions": list(self.data_actions),
            "notDataActions": [],
        }


def _any(action: str, patterns: Iterable[str]) -> bool:
    return any(fnmatchcase(action.lower(), pattern.lower()) for pattern in patterns)


READER = Role("Reader", ("*/read",))
MONITORING_READER = Role("Monitoring Reader", ("*/read", "Microsoft.Support/*"))
COST_READER = Role(
    "Cost Management Reader",
    (
        "Microsoft.Consumption/*/read",
        "Microsoft.CostManagement/*/read",
        "Microsoft.Billing/billingPeriods/read",
        "Microsoft.Resources/subscriptions/read",
        "Microsoft.Resources/subscriptions/resourceGroups/read",
    ),
)
BLOB_READER = Role(
    "Storage Blob Data Reader",
    ("Microsoft.Storage/storageAccounts/blobServices/containers/read",),
    data_actions=(BLOB_READ,),
)
# A customer's own role: everything may be read but what it costs.
WITHOUT_COST = Role("Reader without cost", ("*/read",), ("Microsoft.CostManagement/*",))

COLLECTOR = (READER, MONITORING_READER, COST_READER, BLOB_READER)


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """An application in a tenant, and its roles by subscription."""

    tenant: str
    app: str
    oid: str
    grants: Mapping[str, tuple[Role, ...]]

    def roles(self, subscription: str) -> tuple[Role, ...]:
        """Its roles in a subscription."""
        return self.grants.get(subscription, ())

    def authorise(self, subscription: str, action: str) -> None:
        """Refuse what none of its roles allows.

        Raises:
            AzureError: 403, in the words of the service that owns the action.
        """
        if not any(role.allows(action) for role in self.roles(subscription)):
            raise self.denial(subscription, action)

    def denial(self, subscription: str, action: str) -> AzureError:
        """The refusal of an action that no role allows."""
        if action == BLOB_READ:
            return AzureError(
                403,
                "AuthorizationPermissionMismatch",
                "This request is not authorized to perform this operation using this permission.",
            )
        if action.startswith("Microsoft.CostManagement/"):
            return AzureError(
                403, "RBACAccessDenied", "The client does not have authorization to perform action."
            )
        return AzureError(
            403,
            "AuthorizationFailed",
            f"The client '{self.app}' with object id '{self.oid}' does not have authorization to "
            f"perform action '{action}' over scope '/subscriptions/{subscription}' or the scope is "
            "invalid. If access was recently granted, please refresh your credentials.",
        )
