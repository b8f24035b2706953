"""One line of the doctor's report."""

from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """How bad it is: ``warn`` works for now, ``fail`` does not."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What was looked at, what was seen, and what to do unless it is well."""

    check: str
    verdict: Verdict
    seen: str
    remedy: str = ""


def well(check: str, seen: str) -> Finding:
    """A finding that needs nothing."""
    return Finding(check=check, verdict=Verdict.OK, seen=seen)


def warning(check: str, seen: str, remedy: str) -> Finding:
    """A finding that will become a failure, or is one for somebody else."""
    return Finding(check=check, verdict=Verdict.WARN, seen=seen, remedy=remedy)


def failure(check: str, seen: str, remedy: str) -> Finding:
    """A finding that keeps something from working."""
    return Finding(check=check, verdict=Verdict.FAIL, seen=seen, remedy=remedy)
