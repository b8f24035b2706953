"""Alarms over quality: raised once for a series that got worse, open until it is well again."""

from dataclasses import dataclass, fields
from datetime import datetime
from uuid import UUID, uuid4

from psycopg.rows import DictRow

from optiinfra_core.database import Database
from optiinfra_core.errors import NotFound


@dataclass(frozen=True, slots=True)
class Series:
    """What is watched by itself: scores of one judge, model and rubric are never mixed."""

    customer_id: str
    application_id: str
    environment: str
    metric_name: str
    judge: str
    judge_model: str
    rubric_version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class QualityAlarm:
    """A series whose failure rate rose above its baseline.

    ``began_at`` is the first item of the stretch that shows it most clearly, ``evidence`` the
    natural logarithm of how many times likelier that stretch is with a worse rate than with the
    baseline's, ``judged`` the items it stands on. ``attributed_to`` names what changed with it
    (``service_version``, ``prompt_version``, ``model``), empty where nothing did;
    ``attributed_value`` is the new value.
    """

    id: UUID
    series: Series
    provider: str
    raised_at: datetime
    began_at: datetime
    baseline_rate: float
    current_rate: float
    evidence: float
    judged: int
    attributed_to: str = ""
    attributed_value: str = ""
    detail: str = ""
    cleared_at: datetime | None = None


_SERIES = tuple(field.name for field in fields(Series))

# Of two runs that find the same at once, one waits here and then sees the other's alarm.
_ALONE = "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))"
_RAISE = """
INSERT INTO optiinfra.quality_alarms
    (id, customer_id, application_id, provider, metric_name, judge, judge_model, rubric_version,
     environment, raised_at, began_at, baseline_rate, current_rate, evidence, judged,
     attributed_to, attributed_value, detail)
SELECT %(id)s, %(customer_id)s, %(application_id)s, %(provider)s, %(metric_name)s, %(judge)s,
    %(judge_model)s, %(rubric_version)s, %(environment)s, %(raised_at)s, %(began_at)s,
    %(baseline_rate)s, %(current_rate)s, %(evidence)s, %(judged)s, %(attributed_to)s,
    %(attributed_value)s, %(detail)s
WHERE NOT EXISTS (
    SELECT FROM optiinfra.quality_alarms AS earlier
    WHERE earlier.customer_id = %(customer_id)s AND earlier.application_id = %(application_id)s
      AND earlier.metric_name = %(metric_name)s AND earlier.judge = %(judge)s
      AND earlier.judge_model = %(judge_model)s AND earlier.rubric_version = %(rubric_version)s
      AND earlier.environment = %(environment)s
      AND (earlier.cleared_at IS NULL OR earlier.cleared_at > %(began_at)s)
)
"""
_LIST = """
SELECT * FROM optiinfra.quality_alarms
WHERE customer_id = %(customer)s
  AND (%(application)s = '' OR application_id = %(application)s)
  AND (NOT %(open_only)s OR cleared_at IS NULL)
ORDER BY raised_at DESC, id
LIMIT %(limit)s
"""
_CLEAR = """
UPDATE optiinfra.quality_alarms SET cleared_at = coalesce(cleared_at, %(at)s)
WHERE customer_id = %(customer)s AND id = %(id)s
RETURNING *
"""


class QualityAlarms:
    """The alarms of all customers."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def raise_once(self, alarm: QualityAlarm) -> bool:
        """Keep ``alarm``; False if the series has an open one, or had one cleared since it began.

        What was cleared is thereby not raised again from the same items.

        Raises:
            NotFound: the customer was deleted.
        """
        told = {name: getattr(alarm.series, name) for name in _SERIES}
        with self._db.customer(alarm.series.customer_id) as connection:
            connection.execute(_ALONE, ("quality_alarms|" + "|".join(told.values()),))
            given = {field.name: getattr(alarm, field.name) for field in fields(alarm)}
            del given["series"]
            return connection.execute(_RAISE, {**given, **told}).rowcount == 1

    def list(
        self, customer: str, application_id: str = "", *, open_only: bool = False, limit: int = 100
    ) -> tuple[QualityAlarm, ...]:
        """The customer's newest alarms first; of one application, where it is named."""
        asked = {
            "customer": customer, "application": application_id, "open_only": open_only,
            "limit": limit,
        }  # fmt: skip
        with self._db.customer(customer) as connection:
            return tuple(_of(row) for row in connection.execute(_LIST, asked).fetchall())

    def clear(self, customer: str, alarm_id: UUID, at: datetime) -> QualityAlarm:
        """End the alarm; one that has ended keeps its time.

        Raises:
            NotFound: the customer has no such alarm.
        """
        with self._db.customer(customer) as connection:
            row = connection.execute(
                _CLEAR, {"customer": customer, "id": alarm_id, "at": at}
            ).fetchone()
        if row is None:
            raise NotFound(f"there is no alarm {alarm_id}")
        return _of(row)


def new_id() -> UUID:
    """The id of an alarm that is about to be raised."""
    return uuid4()


def _of(row: DictRow) -> QualityAlarm:
    series = Series(**{name: row[name] for name in _SERIES})
    rest = {name: value for name, value in row.items() if name not in _SERIES}
    return QualityAlarm(series=series, **rest)
