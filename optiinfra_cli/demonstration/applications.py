"""The demo's applications: they send two hours of calls, a judge reads a part, all is compared."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from pydantic import SecretStr

from optiinfra_cli.api_client import Api
from optiinfra_cli.demonstration.simulated import Simulated, SimulatedApplication
from optiinfra_cli.office import Office
from optiinfra_cli.tasks import await_task
from optiinfra_core.settings import Settings
from optiinfra_core.tenancy.api_keys import NewKey
from optiinfra_core.windows import QUARTER_HOUR, Window, floor

SPAN = timedelta(hours=2)
SENDING = ("applications:write",)
KEY_LIFE = timedelta(hours=1)
PATIENCE_SECONDS = 300.0

# What the summary and the truth call the same figure.
COMPARED: Mapping[str, str] = {
    "requests": "calls",
    "errors": "errors",
    "input_tokens": "input_tokens",
    "output_tokens": "output_tokens",
}

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplicationLine:
    """One application: what it sent, what is served of it, how much of it was judged.

    ``ok`` says that calls, errors and tokens are equal and that a model judged some answers.
    """

    customer: str
    provider: str
    application: str
    served: Mapping[str, int]
    true: Mapping[str, int]
    judged: int
    failed: int
    judge_usd: Decimal

    @property
    def ok(self) -> bool:
        """Whether what is served is true."""
        return self.served == self.true and self.judged > 0

    def as_dict(self) -> Mapping[str, object]:
        """For the JSON object."""
        told = {name: getattr(self, name) for name in self.__slots__}
        return {**told, "judge_usd": str(self.judge_usd), "ok": self.ok}


def span_of(now: datetime, settings: Settings) -> Window:
    """The last two hours of which every quarter has settled, so that all of it may be judged."""
    end = floor(now - timedelta(minutes=settings.judge_settle_minutes), QUARTER_HOUR)
    return Window(end - SPAN, end)


@contextmanager
def sending_key(office: Office, customer: str) -> Iterator[SecretStr]:
    """A key that sends calls of one customer, revoked when the block ends."""
    until = office.clock.now() + KEY_LIFE
    wanted = NewKey(name="demo calls", scopes=SENDING, customers=(customer,), expires_at=until)
    key, token = office.keys.create(wanted)
    try:
        yield token
    finally:
        office.keys.revoke(key.id)


def send(office: Office, clouds: Simulated, url: str, span: Window) -> None:
    """Let every application send its calls of ``span`` to the API at ``url``."""
    for customer in sorted({one.customer for one in clouds.applications()}):
        with sending_key(office, customer) as key:
            clouds.send_calls(url, key, customer, span)


def judge(api: Api, applications: Sequence[SimulatedApplication], span: Window, say: Say) -> None:
    """Have the calls of ``span`` judged, every customer and provider side by side.

    Raises:
        Transient: a task is not over in time.
    """
    pairs = sorted({(one.customer, one.provider) for one in applications})

    def judged(pair: tuple[str, str]) -> None:
        customer, provider = pair
        body = {
            "customer_id": customer,
            "provider": provider,
            "data_types": ["application"],
            "start": span.start.isoformat(),
            "end": span.end.isoformat(),
        }
        started = api.post("/api/v1/collect/trigger", body)
        await_task(api, str(started["task_id"]), say, PATIENCE_SECONDS)

    with ThreadPoolExecutor(max_workers=len(pairs)) as side_by_side:
        list(side_by_side.map(judged, pairs))


def lines(
    api: Api, clouds: Simulated, applications: Sequence[SimulatedApplication], span: Window
) -> Iterator[ApplicationLine]:
    """What is served of each application beside what is true."""
    for one in applications:
        truth = clouds.calls(one.application, span)
        answer = api.get(
            f"/api/v2/applications/{one.customer}/{one.provider}/summary",
            application=one.application,
            start=span.start.isoformat(),
            end=span.end.isoformat(),
        )
        (row,) = answer["data"] or [{"metrics": []}]
        yield _line(one, row, truth)


def _line(
    one: SimulatedApplication, row: Mapping[str, Any], truth: Mapping[str, Any]
) -> ApplicationLine:
    models = [series for series in row["metrics"] if series["judge_model"]]
    return ApplicationLine(
        customer=one.customer,
        provider=one.provider,
        application=one.application,
        served={name: int(row.get(name) or 0) for name in COMPARED},
        true={name: int(truth[told]) for name, told in COMPARED.items()},
        judged=sum(series["judged"] for series in models),
        failed=sum(sum(series["failed"].values()) for series in models),
        judge_usd=sum((Decimal(series["judge_cost_usd"] or 0) for series in models), Decimal(0)),
    )
