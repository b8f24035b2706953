"""What a credential may do, found by calls that are free."""

from optiinfra_core.collecting.contract import Verification
from optiinfra_core.errors import PermissionMissing
from optiinfra_pipelines.providers.azure.client import Azure, actions, exports, rights
from optiinfra_pipelines.providers.azure.client.credentials import certificate_expiry

# What collecting needs beside the cost source, in the order in which it is asked for.
NEEDED = (
    actions.SUBSCRIPTION.permission,
    actions.GRAPH.permission,
    *actions.LISTED.values(),
    actions.SKUS.permission,
    actions.METRICS.permission,
)


def verify(azure: Azure) -> Verification:
    """Who the principal is, and which permissions collecting will find granted or missing.

    Raises:
        CredentialRejected: Entra refuses the principal, or it has no role at the subscription.
    """
    token = azure.arm_token()
    rights.subscription(azure)
    found, missing = _judged(azure)
    export = azure.credential.cost_export
    if export is not None:
        permission = actions.BLOB_LIST.permission
        try:
            exports.listable(azure, export)
            found = (*found, permission)
        except PermissionMissing as refused:
            missing = (*missing, *refused.permissions)
    certificate = azure.credential.certificate
    return Verification(
        account_id=azure.account_id,
        principal=rights.principal(token, azure.credential.client_id),
        permissions_found=found,
        permissions_missing=missing,
        expires_at=certificate_expiry(certificate.get_secret_value()) if certificate else None,
    )


def needed(azure: Azure) -> tuple[str, ...]:
    """The actions at the subscription that collecting with this credential takes."""
    query = azure.credential.cost_export is None and azure.credential.cost_query
    return (*NEEDED, actions.COST_QUERY.permission) if query else NEEDED


def _judged(azure: Azure) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The needed actions that the principal's roles allow, and those that they do not."""
    wanted = needed(azure)
    grants = rights.grants(azure)
    allowed = tuple(action for action in wanted if rights.allowed(action, grants))
    return allowed, tuple(action for action in wanted if action not in allowed)
