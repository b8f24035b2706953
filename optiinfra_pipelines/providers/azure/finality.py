"""When Azure stops changing a month of charges."""

from datetime import timedelta

from optiinfra_core.collecting.closing import Closing

# "Charges can change until the fifth day of the month after" (Cost Management, understand cost
# data); that day counts.
MONTHS = Closing(settles=timedelta(days=5))
