"""Short patience with a provider: the one place that decides how often and how long to wait.

SDKs retry differently: botocore's default does not retry Cost Explorer's throttling, Google's retry
neither 429 nor 500, azure-core no POST that is throttled without Retry-After. So their own retries
are off and every call goes through here. Long waits are not slept through: the window is due later.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeVar

from tenacity import RetryCallState, Retrying, retry_if_exception_type, stop_after_attempt

from optiinfra_core.collecting.gate import Gate
from optiinfra_core.errors import Throttled, Transient

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """At most ``attempts`` calls; waits start at ``first`` seconds and double up to ``longest``."""

    attempts: int = 5
    first: float = 0.5
    longest: float = 20.0

    def wait(self, failures: int, chance: float) -> float:
        """Seconds before the next call: between half of the step and the whole of it."""
        step = min(self.longest, self.first * 2.0 ** (failures - 1))
        return float(step * (0.5 + 0.5 * chance))


PATIENCE = Patience()


def retrying(gate: Gate, call: Callable[[], T], patience: Patience = PATIENCE) -> T:
    """What ``call`` returns, called again while it fails with a fault that passes.

    A provider that says how long to wait is obeyed. No wait ends after the gate's deadline.

    Raises:
        Throttled: the provider asks for more time than the deadline leaves; it says how much.
        Transient: the last attempt failed.
    """
    began = gate.clock.now()

    def wait(state: RetryCallState) -> float:
        error = state.outcome.exception() if state.outcome else None
        if isinstance(error, Throttled) and error.retry_after is not None:
            return error.retry_after
        return patience.wait(state.attempt_number, gate.chance())

    def too_late(state: RetryCallState) -> bool:
        waited = gate.clock.now() - began + timedelta(seconds=state.upcoming_sleep)
        return waited > timedelta(seconds=gate.deadline_seconds)

    attempts = Retrying(
        sleep=gate.sleep,
        wait=wait,
        stop=lambda state: stop_after_attempt(patience.attempts)(state) or too_late(state),
        retry=retry_if_exception_type(Transient),
        reraise=True,
    )
    return attempts(call)
