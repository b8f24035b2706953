"""Tags of a call: few, short, and the same from every half."""

import re
from collections.abc import Mapping

from optiinfra_core.applications.dialects.values import name
from optiinfra_core.applications.interaction import NO_TAGS

OTHER = re.compile(r"[^a-z0-9_.-]+")
MOST = 20
LONGEST = 64


def tags(told: Mapping[str, object]) -> Mapping[str, str]:
    """At most twenty, the first by their names; keys in lower case, other characters ``_``."""
    found = {
        key: text
        for told_key, value in told.items()
        if (key := OTHER.sub("_", told_key.lower()).strip("_")[:LONGEST]) and (text := name(value))
    }
    return dict(sorted(found.items())[:MOST]) if found else NO_TAGS
