"""Labels as exports write them -> tags."""

import json
from typing import Any


def label_pairs(told: Any, key: str, value: str) -> dict[str, str]:
    """A JSON list of pairs as a map, sorted; a label without a value is kept, as Google has it."""
    pairs = json.loads(told) if isinstance(told, str) and told else told or []
    found = {str(each[key]): str(each[value] or "") for each in pairs or () if each.get(key)}
    return dict(sorted(found.items()))
