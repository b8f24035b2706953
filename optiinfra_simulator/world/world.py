"""The simulated world: accounts, what they own and how hard it works, from a seed and a clock."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from optiinfra_core.errors import NotFound
from optiinfra_core.windows import Clock
from optiinfra_simulator.world import traces
from optiinfra_simulator.world.accounts import ACCOUNTS, Account
from optiinfra_simulator.world.clock import WorldClock
from optiinfra_simulator.world.fleet import Fleet
from optiinfra_simulator.world.series import Series, SeriesBook
from optiinfra_simulator.world.signals import Signal
from optiinfra_simulator.world.things import Thing

DEFAULT_SEED = 7
DEFAULT_INSTANCES = 9


@dataclass
class World:
    """Everything that exists; two worlds of the same seed, size and data are the same.

    ``instances`` is the number per account. ``data`` is a folder of measured series; without
    one, utilisation is a daily wave with noise. ``hourly_export`` chooses the grain of FOCUS
    exports. ``memo`` keeps what others have worked out about this world.
    """

    seed: int = DEFAULT_SEED
    clock: Clock = field(default_factory=WorldClock)
    instances: int = DEFAULT_INSTANCES
    data: Path | None = None
    hourly_export: bool = True
    memo: dict[object, Any] = field(default_factory=dict, compare=False, repr=False)

    @property
    def accounts(self) -> tuple[Account, ...]:
        """The accounts of customers."""
        return ACCOUNTS

    def account(self, account_id: str) -> Account:
        """The account of that number.

        Raises:
            NotFound: no customer has it.
        """
        for account in ACCOUNTS:
            if account.id == account_id:
                return account
        raise NotFound(f"the simulated cloud has no account {account_id}")

    @cached_property
    def _fleets(self) -> Mapping[str, Fleet]:
        return {account.id: Fleet(self.seed, account.id, self.instances) for account in ACCOUNTS}

    def fleet(self, account_id: str) -> Fleet:
        """What an account owns; nothing for accounts that are no customer's."""
        return self._fleets.get(account_id) or Fleet(self.seed, account_id, 0)

    @cached_property
    def _book(self) -> SeriesBook:
        return SeriesBook(self.seed, traces.load(self.data))

    def series(self, thing: Thing, signal: Signal) -> Series:
        """A metric of a resource."""
        return self._book.series(thing, signal)

    @property
    def fingerprint(self) -> tuple[object, ...]:
        """What tells two worlds apart; the clock does not."""
        return self.seed, self.instances, str(self.data or ""), self.hourly_export
