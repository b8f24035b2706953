"""Source texts that a call's own attributes carry: what a search found for it."""

from collections.abc import Mapping
from typing import cast

from optiinfra_core.applications.dialects.fields import DOCUMENTS, DOCUMENTS_INDEXED
from optiinfra_core.applications.dialects.readers import unflattened
from optiinfra_core.applications.dialects.values import cleaned, structured, told

MOST = 200
WRAPPERS = ("document", "node")
TEXT_KEYS = ("content", "text", "page_content", "pageContent", "body")


def documents(attributes: Mapping[str, object]) -> tuple[str, ...]:
    """The texts of the documents, in their order and each once."""
    held = [each for name in DOCUMENTS for each in _listed(structured(attributes.get(name)))]
    flat = [each for prefix in DOCUMENTS_INDEXED for each in unflattened(attributes, prefix)]
    texts = (cleaned(_text(each)) for each in (held + flat)[:MOST])
    return tuple(dict.fromkeys(text for text in texts if text))


def _listed(value: object) -> list[object]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _text(value: object) -> str:
    """The text of a document, which may be wrapped; empty where only its id and score are told."""
    for _ in range(len(WRAPPERS)):
        if isinstance(value, dict):
            inner = next((value[key] for key in WRAPPERS if value.get(key)), value)
            value = cast("object", inner)
    if isinstance(value, dict):
        return next((value[key] for key in TEXT_KEYS if isinstance(value.get(key), str)), "")
    return told(value)
