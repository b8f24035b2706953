"""What every answer says in its headers: rates, caching, identity, and what will go away."""

import asyncio
from datetime import timedelta
from email.utils import parsedate_to_datetime
from types import SimpleNamespace

import pytest
from starlette.types import Message, Receive, Scope, Send

from optiinfra_api import middleware
from optiinfra_api.auth.limits import RateLimiter
from optiinfra_api.deprecated import SINCE, UNTIL
from optiinfra_api.middleware import Figures, Surroundings
from optiinfra_core.windows import FixedClock
from tests.api.house import NOW, House

TOTAL = "costs/acme/aws/total"


def test_a_key_sees_its_rate_in_every_answer(house: House) -> None:
    """Quota and window as a policy; what is left and when all is back: also in errors and 304."""
    house.key("counted", ("costs:read",), ("acme",))
    first = house.get(f"/api/v2/{TOTAL}", key="counted")
    assert first.headers["RateLimit-Policy"] == '"key";q=100000;w=60'
    assert first.headers["RateLimit"] == '"key";r=99999;t=1'
    held = {"If-None-Match": first.headers["ETag"]}
    same = house.get(f"/api/v2/{TOTAL}", key="counted", headers=held)
    assert same.status_code == 304
    assert same.headers["RateLimit"].startswith('"key";r=99998;')
    missing = house.get("/api/v2/costs/nobody/aws/total", key="counted")
    assert missing.status_code == 404
    assert missing.headers["RateLimit"].startswith('"key";r=99997;')


def test_a_throttled_key_is_told_that_nothing_is_left(house: House) -> None:
    """With Retry-After; after a minute of silence all is back."""
    key_id = house.key("eager", ("costs:read",), ("acme",))
    house.doors.limiter._refilled(key_id).tokens = 0
    refused = house.get(f"/api/v2/{TOTAL}", key="eager")
    assert refused.status_code == 429
    assert refused.headers["RateLimit"] == '"key";r=0;t=60'
    assert int(refused.headers["Retry-After"]) == 1
    house.clock.advance(timedelta(minutes=1))
    assert house.doors.limiter.standing(key_id).left == 100_000


def test_a_standing_counts_down_and_up_again() -> None:
    """Sixty a minute are one a second."""
    clock = FixedClock(NOW)
    limiter = RateLimiter(clock, 60)
    for _ in range(10):
        limiter.take("a")
    assert (limiter.standing("a").left, limiter.standing("a").seconds) == (50, 10)
    clock.advance(timedelta(seconds=4))
    assert (limiter.standing("a").left, limiter.standing("a").seconds) == (54, 6)


def test_who_is_not_known_is_told_no_rate(house: House) -> None:
    """Nothing is counted for whom nobody knows."""
    answer = house.client.get(f"/api/v2/{TOTAL}")
    assert answer.status_code == 401
    assert "RateLimit" not in answer.headers


@pytest.mark.parametrize("path", [f"/api/v2/{TOTAL}", "/api/v1/events", "/livez", "/nothing"])
def test_answers_are_for_their_caller_alone(house: House, path: str) -> None:
    """No shared cache keeps one, and each has an id: the caller's own, where it is a plain one."""
    asked = {"headers": {"X-Request-ID": "mine-1"}} | (
        {"follow": False} if path.endswith("events") else {}
    )
    answer = house.get(path, **asked)
    assert answer.headers["X-Request-ID"] == "mine-1"
    assert {"Authorization", "X-API-Key"} <= set(answer.headers["Vary"].split(", "))
    assert answer.headers["Cache-Control"] in {
        "private, no-cache",
        "private, no-store",
        "no-store",
    }
    odd = house.get(path, **{**asked, "headers": {"X-Request-ID": "<script>"}})
    assert "script" not in odd.headers["X-Request-ID"]


@pytest.mark.parametrize(
    "path",
    [
        TOTAL,
        "costs/acme/aws/metrics?limit=2",
        "performance/acme/aws/summary",
        "resources/acme/aws/inventory",
        "applications/acme",
    ],
)
def test_an_old_path_answers_as_its_successor_and_says_so(house: House, path: str) -> None:
    """Since when, until when, and what to ask instead; the new one says nothing of the kind."""
    old, new = house.get(f"/api/v1/{path}"), house.get(f"/api/v2/{path}")
    assert old.status_code == new.status_code == 200
    assert old.json() == new.json()
    assert old.headers["Deprecation"] == f"@{int(SINCE.timestamp())}"
    assert parsedate_to_datetime(old.headers["Sunset"]) == UNTIL > SINCE
    successor = f'</api/v2/{path.partition("?")[0]}>; rel="successor-version"'
    assert old.headers["Link"].startswith(successor)
    assert {"Deprecation", "Sunset", "Link"}.isdisjoint(new.headers)
    assert old.headers.get("ETag") == new.headers.get("ETag")


def test_old_paths_page_and_check_as_new_ones_do(house: House) -> None:
    """Cursors go on, mistyped filters are refused, and errors are deprecated answers too."""
    first = house.get("/api/v1/costs/acme/aws/metrics", limit=2).json()
    rest = house.get("/api/v1/costs/acme/aws/metrics", limit=2, cursor=first["next_cursor"])
    assert rest.status_code == 200
    assert house.get(f"/api/v1/{TOTAL}", sevrice="x").status_code == 422
    foreign = house.get("/api/v1/costs/globex/aws/total")
    assert foreign.status_code == 404
    assert "Deprecation" in foreign.headers
    assert house.client.get(f"/api/v1/{TOTAL}").status_code == 401


def test_only_reads_have_old_paths(house: House) -> None:
    """What changes something has one path; what was never there is not there."""
    order = {"customer_id": "acme", "provider": "aws"}
    assert house.post("/api/v1/costs/trigger-collection", order).status_code in {404, 405}
    assert house.get("/api/v1/costs").status_code == 404
    assert house.client.get("/api/v1/health").json() == {"status": "ok"}


@pytest.mark.parametrize(("media_type", "seconds"), [("text/event-stream", 1), ("text/csv", 3601)])
def test_a_stream_is_measured_by_when_it_began(
    monkeypatch: pytest.MonkeyPatch, media_type: str, seconds: int
) -> None:
    """How long somebody follows is no time to answer: alarms about slow answers stay quiet."""
    watch = SimpleNamespace(now=0.0, perf_counter=lambda: watch.now)
    monkeypatch.setattr(middleware, "time", watch)

    async def answering(scope: Scope, receive: Receive, send: Send) -> None:
        """Begin after a second, end after an hour."""
        watch.now += 1
        headers = [(b"content-type", media_type.encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        watch.now += 3600

    async def ignored(*message: Message) -> None:
        """Nobody listens."""

    figures = Figures()
    scope = {"type": "http", "method": "GET", "path": "/x", "headers": []}
    asyncio.run(Surroundings(answering, figures)(scope, ignored, ignored))  # type: ignore[arg-type]
    labels = {"method": "GET", "route": "unmatched", "status": "200"}
    measured = figures.registry.get_sample_value("optiinfra_http_request_seconds_sum", labels)
    assert measured == seconds
