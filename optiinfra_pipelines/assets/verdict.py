"""What a standing check answers: how much it found, in words, and what to do about it."""

from collections.abc import Mapping
from typing import Any

import dagster as dg

PASSED = "Nothing to do."


def verdict(
    found: int,
    of: str,
    remedy: str,
    metadata: Mapping[str, Any],
    severity: dg.AssetCheckSeverity = dg.AssetCheckSeverity.ERROR,
) -> dg.AssetCheckResult:
    """Passed where nothing was found; else ``found`` things of a kind (``of``) and the remedy."""
    return dg.AssetCheckResult(
        passed=not found,
        severity=severity,
        description=f"{found} {of}. {remedy}" if found else PASSED,
        metadata={**metadata, "what_to_do": dg.MetadataValue.text(remedy if found else PASSED)},
    )
