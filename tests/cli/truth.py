"""What an installation serves, held against the truth of its simulated clouds."""

from collections.abc import Sequence

from optiinfra_cli.api_client import Api
from optiinfra_cli.demonstration import customers
from optiinfra_cli.demonstration.checking import Checker
from optiinfra_cli.demonstration.collecting import Collected, past
from optiinfra_cli.demonstration.simulated import Simulated
from optiinfra_cli.office import open_office
from optiinfra_cli.options import settings_for
from optiinfra_core.windows import SystemClock
from tests.cli.installed import DEMO_DAYS, Kept

EVERYTHING = ("cost", "performance", "resource")


def untrue(
    kept: Kept, pairs: Sequence[tuple[str, str]], data_types: Sequence[str] = EVERYTHING
) -> list[dict[str, object]]:
    """Every line served of a customer at a provider that differs from the clouds' truth."""
    clouds = Simulated(kept.state.urls["simulator"])
    now = SystemClock().now()
    days = past(now, DEMO_DAYS)
    task = {
        "data_types": list(data_types),
        "start": days.start.isoformat(),
        "end": days.end.isoformat(),
        "results": [
            {"data_type": name, "rows": 0, "api_calls": 0, "error": None, "failed_parts": [],
             "started_at": now.isoformat(), "finished_at": now.isoformat()}
            for name in data_types
        ],
    }  # fmt: skip
    slugs = tuple(sorted({customer for customer, _ in pairs}))
    with (
        open_office(settings_for(kept.folder)) as office,
        customers.collecting_key(office, slugs) as key,
        Api(kept.state.urls["api"], key) as api,
    ):
        checker = Checker(api, clouds, clouds.accounts(), now, days)
        done = [Collected(customer=c, provider=p, tasks=(task,)) for c, p in pairs]
        lines = [line for each in done for line in checker.lines(each)]
        return [dict(line.as_dict()) for line in lines if not line.ok]
