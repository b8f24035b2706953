"""A run in a process of its own that writes one batch; the environment says where it dies."""

import json
import sys
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

from pydantic import SecretStr

from optiinfra_core.endpoints import ClickHouseEndpoint
from optiinfra_core.warehouse.client import Warehouse
from optiinfra_core.windows import FixedClock
from tests.core.warehouse.scene import TODAY, Scene, charge, day_span


def main(order: Path) -> None:
    """Write the costs that ``order`` names, a resource each, over yesterday and today."""
    wanted = json.loads(order.read_text(encoding="utf-8"))
    endpoint = wanted["endpoint"]
    secrets = {name: SecretStr(endpoint[name]) for name in ("password", "reader_password")}
    with Warehouse(ClickHouseEndpoint(**{**endpoint, **secrets})) as warehouse:
        clock = FixedClock(datetime.fromisoformat(wanted["now"]))
        scene = Scene(warehouse, wanted["customer"], clock)
        yesterday = TODAY - timedelta(days=1)
        rows = [
            charge(str(Decimal(cost)), day, resource_id=resource)
            for resource, cost in wanted["costs"].items()
            for day in (yesterday, TODAY)
        ]
        scene.costs(*rows, span=day_span(yesterday, 2), run_id="dying")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
