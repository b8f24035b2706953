"""Work on the parts of an account, side by side, each part's failure its own."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from typing import Generic, TypeVar

from optiinfra_core.errors import CredentialRejected, OptiInfraError, PermissionMissing

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Job(Generic[T]):
    """Work on one part (region) of the account."""

    part: str
    work: Callable[[], T]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome(Generic[T]):
    """What a job came to: a value, or the failure of its part."""

    part: str
    value: T | None = None
    error: OptiInfraError | None = None


class Spreader:
    """Threads for one connection's calls; close it when the connection closes."""

    def __init__(self, width: int, name: str) -> None:
        self._width = width
        self._pool = ThreadPoolExecutor(width, thread_name_prefix=name)

    def close(self) -> None:
        """Drop what has not started, wait for what has."""
        self._pool.shutdown(cancel_futures=True)

    def spread(self, jobs: Iterable[Job[T]]) -> Iterator[Outcome[T]]:
        """The outcomes of ``jobs`` in their order, at most two per slot under way or waiting.

        Raises:
            CredentialRejected: the provider refuses the credential itself; a missing permission is
                an outcome.
        """
        waiting: deque[tuple[str, Future[T]]] = deque()
        upcoming = iter(jobs)
        try:
            while True:
                room = 2 * self._width - len(waiting)
                for job in islice(upcoming, room):
                    waiting.append((job.part, self._pool.submit(job.work)))
                if not waiting:
                    return
                yield self._outcome(*waiting.popleft())
        finally:
            for _, future in waiting:
                future.cancel()

    @staticmethod
    def _outcome(part: str, future: Future[T]) -> Outcome[T]:
        try:
            return Outcome(part=part, value=future.result())
        except PermissionMissing as error:
            return Outcome(part=part, error=error)
        except CredentialRejected:
            raise
        except OptiInfraError as error:
            return Outcome(part=part, error=error)
