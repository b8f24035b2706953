"""Lines of an invoice -> resources: Vultr names none, so their words are looked up."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from optiinfra_core.metrics import ResourceRow
from optiinfra_pipelines.providers.vultr.kinds import Kind
from optiinfra_pipelines.providers.vultr.resource import Found

_PARENTHESES = re.compile(r"\(([^()]*)\)")


@dataclass(frozen=True, slots=True)
class Owned:
    """Resources by product words and by the names that an invoice may use."""

    kinds: Mapping[str, Mapping[str, tuple[ResourceRow, ...]]]

    def meant(self, product: str, description: str, end: datetime) -> ResourceRow | None:
        """The one resource that a line can mean; None where there is none, or more than one.

        What was created after the line ended is another thing of the same name.
        """
        candidates: dict[str, ResourceRow] = {}
        for word, named in self.kinds.items():
            if word in product.lower():
                for name in names(description):
                    candidates |= {
                        row.resource_id: row
                        for row in named.get(name, ())
                        if row.created_at is None or row.created_at < end
                    }
        return next(iter(candidates.values())) if len(candidates) == 1 else None


def names(description: str) -> tuple[str, ...]:
    """What a description may call a resource by.

    All of it, what stands before a parenthesis (``1.1.1.1 (1024 MB)``), and what stands in one
    (``Load Balancer (my-loadbalancer)``).
    """
    told = description.strip()
    spelled = (told, told.partition(" (")[0], *_PARENTHESES.findall(told))
    return tuple(dict.fromkeys(name.strip() for name in spelled if name.strip()))


def owned(found: Iterable[Found]) -> Owned:
    """The resources that lines can mean."""
    kinds: dict[str, dict[str, tuple[ResourceRow, ...]]] = {}
    for one in found:
        if isinstance(one.row, ResourceRow):
            for word in one.kind.products:
                for name in _names(one.kind, one):
                    named = kinds.setdefault(word, {})
                    named[name] = (*named.get(name, ()), one.row)
    return Owned(kinds)


def _names(kind: Kind, found: Found) -> set[str]:
    return {str(found.payload[name]) for name in kind.names if found.payload.get(name)}
