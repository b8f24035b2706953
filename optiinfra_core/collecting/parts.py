"""Failures of parts (regions), one per part however many of its requests failed."""

from collections.abc import Iterator

from optiinfra_core.errors import OptiInfraError, PartFailure, PermissionMissing


class PartFailures:
    """Gathers what failed by part; iterating yields one failure for each."""

    def __init__(self) -> None:
        self._errors: dict[str, list[OptiInfraError]] = {}

    def add(self, part: str, error: OptiInfraError) -> None:
        """Remember that a request failed in ``part``."""
        self._errors.setdefault(part, []).append(error)

    def __iter__(self) -> Iterator[PartFailure]:
        for part, errors in self._errors.items():
            yield PartFailure.of(part, worst(errors))


def worst(errors: list[OptiInfraError]) -> OptiInfraError:
    """The one error to report: what retrying may heal first, then all missing permissions."""
    passing = [error for error in errors if error.retryable]
    if passing:
        return passing[0]
    missing = {
        permission: None
        for error in errors
        if isinstance(error, PermissionMissing)
        for permission in error.permissions
    }
    if len(missing) <= 1 or len(errors) == 1:
        return errors[0]
    return PermissionMissing(
        "; ".join(dict.fromkeys(error.detail for error in errors)), permissions=tuple(missing)
    )
