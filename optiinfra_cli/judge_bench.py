"""What ``judge`` works with: the configured judge, a purse, and a clock."""

import secrets
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from decimal import Decimal, InvalidOperation

from pydantic import SecretBytes

from optiinfra_core.collecting.gate import CallLog
from optiinfra_core.errors import ConfigurationError, InvalidRequest
from optiinfra_core.settings import Settings
from optiinfra_core.windows import SystemClock
from optiinfra_pipelines.judging.bench import Bench
from optiinfra_pipelines.judging.chain import open_judge
from optiinfra_pipelines.judging.groq_judge import GroqJudge
from optiinfra_pipelines.judging.spending import Purse


def purse_of(cap: str) -> Purse:
    """A purse with so many US dollars.

    Raises:
        InvalidRequest: that is no amount.
    """
    try:
        usd = Decimal(cap)
    except InvalidOperation:
        usd = Decimal("NaN")
    if not usd.is_finite() or usd <= 0:
        raise InvalidRequest(f"{cap!r} is no amount of US dollars", remedy="Write --cap 0.05.")
    return Purse(usd)


@contextmanager
def judge_of(
    settings: Settings, purse: Purse, models: Iterable[str]
) -> Iterator[tuple[GroqJudge, Callable[[], float]]]:
    """The judge and the seconds since it was opened.

    Raises:
        ConfigurationError: none is configured, or its server offers none of the models.
    """
    started = time.monotonic()
    # Nothing of a validation is compared with what was sent before: any secret will do.
    bench = Bench(
        clock=SystemClock(), ledger=CallLog(), secret=SecretBytes(secrets.token_bytes(32))
    )
    judge = open_judge(settings, bench, purse, models)
    if judge is None:
        raise ConfigurationError(
            "no judge is configured: neither OPTIINFRA_JUDGE_API_KEY nor"
            " OPTIINFRA_JUDGE_BASE_URL is set",
            remedy="Create a key at https://console.groq.com/keys, or name a server of yours.",
        )
    try:
        yield judge, lambda: time.monotonic() - started
    finally:
        judge.close()
