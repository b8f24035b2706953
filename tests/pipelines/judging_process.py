"""A run in a process of its own that judges one customer; the environment says where it dies."""

import sys
from datetime import date

import dagster as dg

from optiinfra_core.settings import settings
from optiinfra_core.windows import FixedClock
from optiinfra_pipelines.collection.doors import open_doors
from tests.pipelines.conftest import NOON
from tests.pipelines.judged_world import World
from tests.pipelines.scripted import Script, toy


def main(customer: str, trigger: str = "schedule", day: str = "") -> int:
    """One tick, or what was asked for; 0 if the run succeeded."""
    days = (date.fromisoformat(day),) if day else (NOON.date(),)
    with open_doors(settings(), FixedClock(NOON)) as doors, dg.DagsterInstance.ephemeral() as held:
        world = World(doors, toy(Script()), held, customer=customer)
        return 0 if world.tick(trigger=trigger, days=days).success else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
