"""What an export has delivered: billing periods, each whole and with a version of its own."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Generic, Protocol, TypeVar

from optiinfra_core.collecting.contract import Changes
from optiinfra_core.collecting.periods import months
from optiinfra_core.errors import NotReady
from optiinfra_core.windows import Window, month_window


class Delivery(Protocol):
    """A billing period as it was delivered; another ``version`` is another content."""

    @property
    def version(self) -> str: ...


D = TypeVar("D", bound=Delivery)


@dataclass(frozen=True)
class Deliveries(Generic[D]):
    """The newest deliveries of the billing periods that ``span`` touches.

    ``months`` maps the first day of each period that is delivered to its delivery, in order.
    """

    span: Window
    months: Mapping[date, D]

    @property
    def version(self) -> str:
        """One text for all of them; empty while nothing is delivered."""
        return ";".join(_told(month, one) for month, one in self.months.items())

    @property
    def extent(self) -> Window:
        """The whole billing periods, without those before or after all deliveries.

        An export starts with the month it was created in; asking for the month before must not
        hold up this one.
        """
        here = tuple(self.months) or months(self.span)
        return Window(month_window(here[0]).start, month_window(here[-1]).end)

    def changes(self, since: str | None) -> Changes:
        """The periods whose delivery is another than in the version ``since``.

        A refund after the invoice has a closed month delivered again: it is named like the
        running one. A period that is not delivered is not named.
        """
        known = set(since.split(";")) if since else set[str]()
        anew = (month for month, one in self.months.items() if _told(month, one) not in known)
        return Changes(version=self.version, spans=tuple(month_window(month) for month in anew))

    def demand_whole(self, export: str, remedy: str) -> None:
        """Return if every period is delivered by the export of that name.

        Raises:
            NotReady: some are not.
        """
        lacking = [f"{month:%Y-%m}" for month in months(self.span) if month not in self.months]
        if lacking:
            raise NotReady(
                f"the export {export} has no manifest for {', '.join(lacking)}", remedy=remedy
            )


def _told(month: date, delivery: Delivery) -> str:
    return f"{month:%Y-%m}={delivery.version}"
