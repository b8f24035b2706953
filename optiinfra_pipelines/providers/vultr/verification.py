"""Whose key it is and what it may do: GET /v2/account, which every key may ask."""

from datetime import timedelta

from optiinfra_core.collecting.contract import Verification
from optiinfra_core.errors import PermissionMissing
from optiinfra_core.windows import Window
from optiinfra_pipelines.providers.vultr.client import Vultr

# Names of ACLs as `vultr-cli user create --acl` lists them. One of each group is enough.
NEEDED: tuple[tuple[str, ...], ...] = (("subscriptions_view", "subscriptions"), ("billing",))
PROMETHEUS = "prometheus:query_range"
_MINUTES = timedelta(minutes=5)


def verify(vultr: Vultr) -> Verification:
    """Whose account it is, and which ACLs collecting needs that its user has or lacks.

    When a key expires the API does not tell.

    Raises:
        CredentialRejected: the key is wrong, or this address is not in its access control.
        InvalidRequest: requests may not be sent to the Prometheus that is named.
    """
    identity = vultr.identity
    missing = [group[0] for group in NEEDED if not set(group) & set(identity.acls)]
    found = list(identity.acls)
    if vultr.metrics is not None:
        (found if _answers(vultr) else missing).append(PROMETHEUS)
    return Verification(
        account_id=identity.email,
        principal=identity.name or identity.email,
        permissions_found=tuple(found),
        permissions_missing=tuple(missing),
    )


def _answers(vultr: Vultr) -> bool:
    if vultr.metrics is None:
        return False
    now = vultr.gate.clock.now()
    try:
        list(vultr.metrics.ranges("up", Window(now - _MINUTES, now), 300))
    except PermissionMissing:
        return False
    return True
