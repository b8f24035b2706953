"""Who is let in: keys, scopes, rates, and what is said to those who are not."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from typing_extensions import override

from optiinfra_api.auth.keys import Authenticator
from optiinfra_api.auth.limits import RateLimiter
from optiinfra_api.recent import Recent
from optiinfra_core.errors import CredentialRejected, Throttled
from optiinfra_core.tenancy.api_keys import ApiKey, ApiKeys
from optiinfra_core.windows import FixedClock
from tests.api.house import House

START = datetime(2026, 11, 22, tzinfo=UTC)
PATH = "/api/v2/costs/acme/aws/total"


class CountedKeys(ApiKeys):
    """Keys that count how often they are looked up; any token but "bad" is good."""

    def __init__(self, expires_at: datetime | None = None) -> None:
        self.asked = 0
        self.expires_at = expires_at

    @override
    def authenticate(self, token: str) -> ApiKey:
        """The key of ``token``."""
        self.asked += 1
        if token == "bad":  # noqa: S105 - a made-up token
            raise CredentialRejected("the API key is not valid")
        return ApiKey(
            id=f"id-of-{token}",
            name="x",
            scopes=("costs:read",),
            customers=("acme",),
            created_at=START,
            expires_at=self.expires_at,
        )


def authenticated(authenticator: Authenticator, token: str | None) -> ApiKey:
    """The key of ``token``."""
    return asyncio.run(authenticator.authenticate(token))


def test_a_good_key_is_looked_up_once_in_thirty_seconds() -> None:
    """Then again: a key that was revoked elsewhere lives half a minute at most."""
    clock, keys = FixedClock(START), CountedKeys()
    authenticator = Authenticator(keys, clock)
    for _ in range(3):
        authenticated(authenticator, "a")
    assert keys.asked == 1
    clock.advance(timedelta(seconds=30))
    authenticated(authenticator, "a")
    assert keys.asked == 2


def test_a_bad_key_is_never_remembered() -> None:
    """A key that is created a moment later works at once."""
    keys = CountedKeys()
    authenticator = Authenticator(keys, FixedClock(START))
    for _ in range(2):
        with pytest.raises(CredentialRejected):
            authenticated(authenticator, "bad")
    assert keys.asked == 2


def test_a_remembered_key_still_expires() -> None:
    """The end that a key was given holds to the second."""
    clock = FixedClock(START)
    authenticator = Authenticator(CountedKeys(START + timedelta(seconds=5)), clock)
    authenticated(authenticator, "a")
    clock.advance(timedelta(seconds=5))
    with pytest.raises(CredentialRejected, match="expired"):
        authenticated(authenticator, "a")


def test_a_forgotten_key_is_looked_up_again() -> None:
    """What is revoked through this process is refused at once."""
    keys = CountedKeys()
    authenticator = Authenticator(keys, FixedClock(START))
    authenticated(authenticator, "a")
    authenticated(authenticator, "b")
    authenticator.forget("id-of-a")
    authenticated(authenticator, "a")
    authenticated(authenticator, "b")
    assert keys.asked == 3


def test_a_memory_is_bounded_and_a_clock_set_back_keeps_nothing_alive() -> None:
    """The oldest goes first; an entry from the future is not believed."""
    clock = FixedClock(START)
    recent: Recent[int, int] = Recent(clock, seconds=10, size=2)
    loads: list[int] = []

    def load(key: int) -> Callable[[], object]:
        async def loading() -> int:
            """Remember that it was asked."""
            loads.append(key)
            return key

        return loading

    async def ask(*keys: int) -> None:
        """Ask for each key in turn."""
        for key in keys:
            await recent.get(key, load(key))  # type: ignore[arg-type]

    asyncio.run(ask(1, 2, 3, 1))
    assert loads == [1, 2, 3, 1]
    clock.advance(timedelta(hours=-1))
    asyncio.run(ask(1))
    assert loads == [1, 2, 3, 1, 1]


def test_a_key_has_its_rate_and_others_have_theirs() -> None:
    """Two at once, one more every half minute; the wait is told in seconds."""
    clock = FixedClock(START)
    limiter = RateLimiter(clock, per_minute=2)
    limiter.take("a")
    limiter.take("a")
    with pytest.raises(Throttled) as told:
        limiter.take("a")
    assert told.value.retry_after == pytest.approx(30)
    limiter.take("b")
    clock.advance(timedelta(seconds=30))
    limiter.take("a")


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": "Basic dXNlcjpwYXNz"},
        {"Authorization": "Bearer "},
        {"Authorization": "Bearer oi_test_aaaaaaaaaaaa_" + "x" * 43},
        {"X-API-Key": "oi_prod_aaaaaaaaaaaa_" + "x" * 43},
        {"X-API-Key": "' OR 1=1 --"},
    ],
)
def test_no_key_no_answer(house: House, headers: dict[str, str]) -> None:
    """401 with WWW-Authenticate, whatever was wrong with the key, and not what it was."""
    answer = house.client.get(PATH, headers=headers)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="optiinfra"'
    assert all(value not in answer.text for value in headers.values() if len(value) > 20)


def test_the_key_may_come_in_either_header(house: House) -> None:
    """Some callers cannot set Authorization."""
    answer = house.client.get(PATH, headers={"X-API-Key": house.tokens["acme"]})
    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("path", "scope"),
    [
        ("/api/v2/performance/acme/aws/metrics", "performance:read"),
        ("/api/v2/resources/acme/aws/inventory", "resources:read"),
        ("/metrics", "metrics:read"),
    ],
)
def test_a_missing_scope_is_named(house: House, path: str, scope: str) -> None:
    """403 says which scope the key lacks."""
    answer = house.get(path, key="costs-only")
    assert answer.status_code == 403
    assert scope in answer.json()["detail"]
    assert scope in answer.json()["remedy"]


def test_a_throttled_key_is_told_when_to_come_back(house: House) -> None:
    """429 with Retry-After; the bucket of another key is untouched."""
    limiter = house.doors.limiter
    key_id = house.key("eager", ("costs:read",), ("acme",))
    limiter._refilled(key_id).tokens = 0
    answer = house.get(PATH, key="eager")
    assert answer.status_code == 429
    assert answer.json()["type"].endswith("throttled")
    assert int(answer.headers["Retry-After"]) >= 1
    assert house.get(PATH).status_code == 200
