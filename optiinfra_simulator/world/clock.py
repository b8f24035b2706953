"""The clock of the simulated cloud: it runs with the machine's, shifted, or stands still."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from optiinfra_core.windows import Clock, SystemClock, as_utc


@dataclass(slots=True)
class WorldClock:
    """Stands at ``frozen`` when set, else runs ``shift`` ahead of ``base``."""

    frozen: datetime | None = None
    shift: timedelta = timedelta(0)
    base: Clock = field(default_factory=SystemClock)

    def now(self) -> datetime:
        """The present instant of the simulated cloud, in UTC."""
        if self.frozen is not None:
            return as_utc(self.frozen)
        return self.base.now() + self.shift

    def set(self, instant: datetime) -> None:
        """Jump to an instant; a running clock goes on from there."""
        if self.frozen is not None:
            self.frozen = as_utc(instant)
        else:
            self.shift = as_utc(instant) - self.base.now()

    def advance(self, step: timedelta) -> None:
        """Move by ``step``."""
        self.set(self.now() + step)
