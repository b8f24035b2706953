"""What can go wrong with one call, by what the judge does about it."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto

from optiinfra_core.applications.judgement import Status


class Fate(Enum):
    """The kinds of faults."""

    THROTTLED = auto()
    UNAVAILABLE = auto()  # 5xx, 498, no connection: another try may succeed
    GARBLED = auto()  # a 200 that is not the API's: cut off, or somebody else's page
    NO_SCHEMA = auto()  # the server does not know the form of answer that was asked for
    LOST = auto()  # no answer in time; it may be billed, so that asking again may pay twice
    INVALID = auto()  # this request is refused for good
    UNUSABLE = auto()  # the model did not manage the form
    CUT = auto()  # it had no room to end its answer
    MODEL_GONE = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """What follows a fault.

    ``tries``: how often one model is asked while it meets this fault. ``next_model``: another one
    may manage. ``status``: of the judgement if nothing helps.
    """

    status: Status = "error"
    tries: int = 1
    next_model: bool = False


COURSES: Mapping[Fate, Course] = {
    # A refusal costs nothing, and other processes may share the plan.
    Fate.THROTTLED: Course(tries=10),
    Fate.UNAVAILABLE: Course(tries=4),
    Fate.GARBLED: Course(tries=4, status="unparseable"),
    Fate.NO_SCHEMA: Course(tries=3, next_model=True),
    Fate.LOST: Course(),
    Fate.INVALID: Course(),
    Fate.UNUSABLE: Course(status="unparseable", next_model=True),
    Fate.CUT: Course(status="unparseable", tries=2, next_model=True),
    Fate.MODEL_GONE: Course(next_model=True),
}


class Fault(Exception):
    """One call failed; ``reason`` is a short word for the row, ``paid``: it may be billed.

    ``http`` is the status of the answer, 0 where none came. Nothing that was sent or answered
    stands in it.
    """

    def __init__(
        self,
        fate: Fate,
        reason: str,
        *,
        http: int = 0,
        retry_after: float | None = None,
        paid: bool = False,
    ) -> None:
        super().__init__(reason)
        self.fate = fate
        self.reason = reason
        self.http = http
        self.retry_after = retry_after
        self.paid = paid

    @property
    def course(self) -> Course:
        """What follows."""
        return COURSES[self.fate]
