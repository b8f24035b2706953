"""When AWS stops changing the bill of a month, and so how final a charge is."""

from datetime import date, datetime, timedelta

from optiinfra_core.collecting.closing import CLOSING, FINAL, Closing

# The invoice comes around the third; support charges of a month are posted on the 6th or 7th of
# the next (CUR user guide, "Viewing finalized reports"). Refunds and credits come later still,
# which is what looking again at settled days is for.
MONTHS = Closing(settles=timedelta(days=7))


def finality(day: date, now: datetime, *, invoiced: bool) -> str:
    """Open, closing or final: a settled month is final where AWS says itself that it invoiced.

    ``invoiced``: an export's row has an invoice id, Cost Explorer no longer calls it estimated.
    """
    state = MONTHS.finality(day, now)
    return CLOSING if state == FINAL and not invoiced else state
