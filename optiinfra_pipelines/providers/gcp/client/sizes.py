"""Sizes of machine types whose names do not tell them, asked once per process."""

import threading
from collections.abc import Iterable, Mapping
from dataclasses import replace

from optiinfra_core.errors import NotSupported, PermissionMissing
from optiinfra_pipelines.providers.gcp.client.inventory import MACHINE_TYPES
from optiinfra_pipelines.providers.gcp.client.rest import Payload, Rest, Unreached, listed
from optiinfra_pipelines.providers.gcp.identifiers import last_part
from optiinfra_pipelines.providers.gcp.machine_types import Size, size_of

# A type is the same in every zone and project; there are some 60,000 entries of them all.
_sizes: dict[str, Size] = {}
_sizing = threading.Lock()

# Names in one filter; each is some 30 characters of a URL that may have 8,000.
NAMES = 100


def sizes(rest: Rest, project: str, instances: Iterable[Payload]) -> Mapping[str, Size]:
    """Sizes of the types of ``instances`` as far as Google tells them.

    A credential without compute.machineTypes.list gets no sizes rather than no inventory.
    """
    types = {last_part(str(one.get("machineType", ""))) for one in instances} - {""}
    unknown = frozenset(name for name in types if size_of(name) is None)
    with _sizing:
        missing = sorted(unknown - _sizes.keys())
    for start in range(0, len(missing), NAMES):
        chosen = " OR ".join(f'(name = "{name}")' for name in missing[start : start + NAMES])
        listing = replace(MACHINE_TYPES, params={**MACHINE_TYPES.params, "filter": chosen})
        try:
            told = list(listed(rest, listing, project))
        except (PermissionMissing, NotSupported):
            break
        found = (one for one in told if not isinstance(one, Unreached))
        with _sizing:
            _sizes.update({str(one["name"]): _size(one) for one in found if "guestCpus" in one})
    with _sizing:
        return {name: _sizes[name] for name in unknown if name in _sizes}


def _size(described: Payload) -> Size:
    return Size(float(described["guestCpus"]), float(described["memoryMb"]) / 1024)
