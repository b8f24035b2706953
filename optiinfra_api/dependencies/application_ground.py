"""What answers about applications stand on: calls as they come in, judgements as they are made."""

from datetime import datetime, timedelta

from starlette.concurrency import run_in_threadpool

from optiinfra_api.dependencies.doors import Doors
from optiinfra_api.dependencies.standing import Ground
from optiinfra_api.schemas.envelope import Coverage
from optiinfra_core.applications.dataset import APPLICATION
from optiinfra_core.collecting.state import SourceState
from optiinfra_core.tenancy.application_news import ApplicationNews, News
from optiinfra_core.tenancy.applications import SEEN_EVERY
from optiinfra_core.windows import Window, floor

# A batch that comes within a minute of another one is not noted apart: while calls come in, what
# an answer says may change every moment, and its tag does so this often.
LIVE_STEP = timedelta(seconds=15)
# Processes note calls by their own clocks.
LIVE = SEEN_EVERY + timedelta(seconds=30)


async def ground_of_calls(
    doors: Doors, customer: str, providers: tuple[str, ...], now: datetime, *, everything: bool
) -> Ground:
    """The ground of an answer about the customer's applications at these providers.

    It is stale where no judging succeeded for two quarters of an hour beyond what calls are waited
    for, or never did.
    """
    states = tuple(
        state
        for state in await doors.states_of(customer)
        if state.dataset == APPLICATION.name and state.provider in providers
    )
    news = await run_in_threadpool(
        ApplicationNews(doors.database).of, customer, providers, everything=everything
    )
    told = [state.committed_at for state in states if state.committed_at]
    if news.seen_at:
        told.append(news.seen_at)
    return Ground(
        states=states,
        as_of=max(told, default=None),
        stale=not states or any(is_late(state, now, settled_after(doors)) for state in states),
        news=version_of(news, now),
    )


def is_late(state: SourceState, now: datetime, settled: timedelta) -> bool:
    """Whether two looks were missed."""
    last = state.last_success_at
    return last is None or now - last > settled + 2 * APPLICATION.window


def settled_after(doors: Doors) -> timedelta:
    """How long after its end a window's calls are waited for before they are judged."""
    return timedelta(minutes=doors.settings.judge_settle_minutes)


def version_of(news: News, now: datetime) -> str:
    """Changes with every note, and every few seconds while calls come in."""
    live = news.seen_at is not None and now - news.seen_at < LIVE
    beat = floor(now, LIVE_STEP).isoformat() if live else ""
    return f"{news.known};{news.alarms};{news.spent};{beat}"


def coverage_of_calls(doors: Doors, window: Window, ground: Ground, now: datetime) -> Coverage:
    """How many quarters of an hour of ``window`` should be judged by now, and how many are."""
    step = APPLICATION.window
    start = floor(window.start, step)
    due = floor(min(window.end, now - settled_after(doors) - step), step)
    expected = max(0, int((due - start) / step))
    done = [
        max(0, int((floor(min(due, state.watermark), step) - start) / step))
        for state in ground.states
        if state.watermark
    ]
    return Coverage(expected=expected * len(ground.states), committed=sum(done))
