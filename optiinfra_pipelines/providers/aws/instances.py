"""What an EC2 instance's payload says about its monitoring: which disks, and whether it ran."""

import re
from datetime import UTC, datetime

from optiinfra_core.windows import Window
from optiinfra_pipelines.providers.aws.client.inventory import Payload

# Families on Xen (EC2 user guide, "Amazon EC2 instance types", hypervisor Xen). All others are
# Nitro, where the volumes' bytes are EBSReadBytes; on Xen only instance store has a byte count.
XEN_FAMILIES = frozenset(
    {
        "c1", "c3", "c4", "cc2", "cr1", "d2", "f1", "g2", "g3", "g3s", "h1", "hi1", "hs1", "i2",
        "i3", "m1", "m2", "m3", "m4", "p2", "p3", "r3", "r4", "t1", "t2", "x1", "x1e",
    }
)  # fmt: skip

_STOPPED_AT = re.compile(r"\((\d{4}-\d\d-\d\d \d\d:\d\d:\d\d) (?:GMT|UTC)\)")
_DONE = frozenset({"stopped", "terminated"})


def xen(payload: Payload) -> bool:
    """Whether the instance's type is of a Xen family; bare metal of such a family is Nitro."""
    family, _, size = str(payload.get("InstanceType", "")).partition(".")
    return family in XEN_FAMILIES and size != "metal"


def observable(payload: Payload, span: Window) -> bool:
    """Whether the instance can have samples in ``span``: asking for the others is billed too."""
    if (payload.get("State") or {}).get("Name") not in _DONE:
        return True
    stopped = _STOPPED_AT.search(str(payload.get("StateTransitionReason", "")))
    if stopped is None:
        return True
    at = datetime.strptime(stopped[1], "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)
    return at >= span.start
