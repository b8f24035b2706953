"""A run in a process of its own that judges one customer; the environment says where it dies."""

import sys

import dagster as dg

from optiinfra_core.settings import settings
from optiinfra_core.windows import FixedClock
from optiinfra_pipelines.collection.doors import open_doors
from tests.pipelines.conftest import NOON
from tests.pipelines.judged_world import World
from tests.pipelines.scripted import Script, toy


def main(customer: str) -> int:
    """One tick; 0 if the run succeeded."""
    with open_doors(settings(), FixedClock(NOON)) as doors, dg.DagsterInstance.ephemeral() as held:
        return 0 if World(doors, toy(Script()), held, customer=customer).tick().success else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
