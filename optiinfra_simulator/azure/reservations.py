"""A reservation: machines of one size at one location, paid each month whether used or not."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property

from optiinfra_simulator.azure.prices import EAST, SIZES
from optiinfra_simulator.azure.rigging import guid

# A month of a reservation is billed as a twelfth of a year.
HOURS_IN_A_MONTH = 730
_DISCOUNT = Decimal("0.38")
_PAYMENT_DAY = 3


@dataclass(frozen=True)
class Reservation:
    """So many machines of a size, reserved for three years with monthly payments."""

    account: str
    size: str = "Standard_D2s_v5"
    location: str = EAST
    machines: int = 2

    @cached_property
    def order(self) -> str:
        """The identifier of the order."""
        return guid("order", self.account)

    @cached_property
    def id(self) -> str:
        """The identifier of the reservation."""
        return guid("reservation", self.account)

    @cached_property
    def arm_id(self) -> str:
        """The reservation's ARM id."""
        provider = "/providers/Microsoft.Capacity"
        return f"{provider}/reservationOrders/{self.order}/reservations/{self.id}".lower()

    @property
    def name(self) -> str:
        """Its display name."""
        return "VM_RI_D2s_v5"

    @cached_property
    def hourly(self) -> Decimal:
        """What a reserved machine costs by the hour."""
        return (SIZES[self.size].price * (1 - _DISCOUNT)).quantize(Decimal("0.000001"))

    @cached_property
    def monthly(self) -> Decimal:
        """What is paid each month for all machines."""
        return self.hourly * HOURS_IN_A_MONTH * self.machines

    def paid_on(self, day: date) -> bool:
        """Whether the month's payment is charged that day."""
        return day.day == _PAYMENT_DAY
