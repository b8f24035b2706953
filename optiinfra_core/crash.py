"""Named places at which a test kills the process, to prove that a re-run repairs what is left."""

import os
import signal

from optiinfra_core.settings import settings


def crash_point(name: str) -> None:
    """Kill this process with SIGKILL if ``OPTIINFRA_CRASH_AT`` names this place."""
    if settings().crash_at == name:
        os.kill(os.getpid(), signal.SIGKILL)
