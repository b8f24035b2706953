"""What a credential may do, found by calls that are free and read nothing of weight."""

from collections.abc import Iterator

from optiinfra_core.collecting.contract import Verification
from optiinfra_core.errors import NotReady, PermissionMissing
from optiinfra_pipelines.providers.gcp.client import Gcp
from optiinfra_pipelines.providers.gcp.client.operations import (
    BILLING_ACCOUNT,
    OF_PROJECT,
    QUERY,
    TABLE,
    TABLE_DATA,
)
from optiinfra_pipelines.providers.gcp.client.rest import permitted
from optiinfra_pipelines.providers.gcp.cost_changes import table_of
from optiinfra_pipelines.providers.gcp.credential import BillingExport

# Only reading the table shows whether it may be read.
NOT_PROBED_DATA = f"{TABLE_DATA}: not probed, a query costs 0.00006 USD at least"


def verify(gcp: Gcp) -> Verification:
    """Who the credential is, and which permissions collecting will find granted or missing.

    Raises:
        CredentialRejected: the key or the workload identity is refused.
    """
    export = gcp.credential.billing_export
    found: dict[str, None] = {}
    missing: dict[str, None] = {}
    for project in gcp.projects:
        asked = tuple(_of_project(gcp, project))
        granted = permitted(gcp, project, asked)
        for permission in asked:
            (found if permission in granted else missing)[permission] = None
    if export is not None:
        for permission, granted_one in _of_export(gcp, export):
            (found if granted_one else missing)[permission] = None
    return Verification(
        account_id=gcp.account_id,
        principal=gcp.calls.tokens.principal,
        # A permission that one project lacks is missing, though another grants it.
        permissions_found=tuple(one for one in found if one not in missing),
        permissions_missing=tuple(missing),
        not_probed=(NOT_PROBED_DATA,) if export else (),
    )


def _of_project(gcp: Gcp, project: str) -> Iterator[str]:
    yield from (operation.permission for operation in OF_PROJECT)
    if project == gcp.account_id and gcp.credential.billing_export:
        yield QUERY.permission


def _of_export(gcp: Gcp, export: BillingExport) -> Iterator[tuple[str, bool]]:
    try:
        table_of(gcp, export)
    except PermissionMissing as denied:
        yield from ((permission, False) for permission in denied.permissions)
    except NotReady:
        pass  # an export that was enabled today has no table yet, and nothing to be denied
    else:
        yield TABLE.permission, True
    try:
        gcp.billing.account(export.billing_account_id)
    except PermissionMissing:
        return  # only the account's display name needs it
    yield BILLING_ACCOUNT.permission, True
