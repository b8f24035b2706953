"""What a judge works with besides its settings: time, the ledger, the secret of its markers."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from pydantic import SecretBytes

from optiinfra_core.collecting.gate import Ledger
from optiinfra_core.windows import Clock


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """Handed to whoever judges.

    ``secret`` keys the markers around evidence: the installation's pepper, or any bytes nobody
    else knows. ``ticks`` gives seconds and only goes forward; waits are made by ``sleep``.
    ``read_seconds`` bounds the wait for an answer; None: as the server's kind has it.
    """

    clock: Clock
    ledger: Ledger
    secret: SecretBytes
    ticks: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    read_seconds: float | None = None
