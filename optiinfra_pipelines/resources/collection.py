"""The doors of a collection as a Dagster resource, and the lease that says a run is alive."""

from collections.abc import Generator
from contextlib import contextmanager

import dagster as dg
from pydantic import PrivateAttr
from typing_extensions import override

from optiinfra_core import logs
from optiinfra_core.errors import ConfigurationError
from optiinfra_core.settings import settings
from optiinfra_pipelines.collection.doors import RUN_LEASE, Doors, open_doors


class CollectionResource(dg.ConfigurableResource):  # type: ignore[type-arg]
    """Opens Postgres, ClickHouse and the vault for one run.

    It is configured by ``OPTIINFRA_*`` alone and holds neither credentials nor addresses, so that
    nothing of either can reach run config or the Dagster UI. Assets name credentials by id; a
    secret is opened inside the collection, for as long as its calls last.
    """

    _doors: Doors | None = PrivateAttr(default=None)

    @property
    def doors(self) -> Doors:
        """The open doors; only inside a run."""
        if self._doors is None:
            raise ConfigurationError("the collection resource is used outside of a run")
        return self._doors

    @override
    @contextmanager
    def yield_for_execution(
        self, context: dg.InitResourceContext
    ) -> Generator["CollectionResource", None, None]:
        """Open the doors and hold the run's lease until the run, or its process, ends."""
        logs.configure(settings())
        run_id = context.run.run_id if context.run else "no run"
        with open_doors(settings()) as doors, doors.database.try_lock(RUN_LEASE, run_id):
            self._doors = doors
            try:
                yield self
            finally:
                self._doors = None
