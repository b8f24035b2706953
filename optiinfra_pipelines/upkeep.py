"""Upkeep, every night: what was promised of texts and persons, and Dagster's own tables.

A materialisation is 4 KB, and Dagster purges none of them.
Runs are not deleted through Dagster (50 ms each, and their materialisations go with them, so that
a rebuilt status cache shows the partitions as missing).
"""

from datetime import timedelta
from pathlib import Path

import dagster as dg
from dagster._core.storage.event_log.sql_event_log import SqlEventLogStorage
from sqlalchemy import text

from optiinfra_core.settings import settings
from optiinfra_pipelines.assets.reading import about
from optiinfra_pipelines.collection.promises import keep_promises
from optiinfra_pipelines.jobs import KIND_TAG, UPKEEP_JOB
from optiinfra_pipelines.resources.collection import CollectionResource

SQL = Path(__file__).parent / "sql"


@dg.op(description="Deletes superseded events older than OPTIINFRA_EVENTS_RETENTION_DAYS.")
def purge_events(context: dg.OpExecutionContext, collection: CollectionResource) -> None:
    """Purge events, then the tags that belonged to them."""
    doors = collection.doors
    before = doors.clock.now() - timedelta(days=doors.settings.events_retention_days)
    storage = context.instance.event_log_storage
    if not isinstance(storage, SqlEventLogStorage):
        raise dg.Failure("the event log is not kept in SQL; nothing can be purged")
    with storage.index_connection() as connection:
        events = connection.execute(
            text((SQL / "purge_events.sql").read_text()), {"before": before.replace(tzinfo=None)}
        )
        tags = connection.execute(text((SQL / "purge_tags.sql").read_text()))
    context.add_output_metadata({"events": events.rowcount, "tags": tags.rowcount})


@dg.op(description="Erasures and rules for texts that a server was away for are carried out.")
def keep_texts(context: dg.OpExecutionContext, collection: CollectionResource) -> None:
    """Let stored texts follow the rules of their application, and forget whom to forget."""
    doors = collection.doors
    changed = keep_promises(doors.database, doors.warehouse, doors.settings, doors.clock)
    context.add_output_metadata(dict(changed))


@dg.job(
    name=UPKEEP_JOB,
    executor_def=dg.in_process_executor,
    description=(
        "Every night: texts follow the rules of their application, erased persons stay erased, and"
        " Dagster's superseded events are deleted, so that its tables stay as small as what they"
        " remember. **When it fails,** a server was away: the next night does the rest."
    ),
    owners=[settings().asset_owner],
    metadata=about(settings(), "operating"),
    tags={KIND_TAG: "upkeep"},
)
def upkeep() -> None:
    """Nightly: keeps what was promised, and Dagster's tables as small as what they remember."""
    keep_texts()
    purge_events()
