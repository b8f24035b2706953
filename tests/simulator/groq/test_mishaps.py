"""Each mishap as the unmodified SDK sees it, and which requests a share of them strikes."""

import json
from collections import Counter

import groq
import pytest
from groq import Groq

from optiinfra_core.errors import InvalidRequest
from optiinfra_simulator.groq.double import GroqDouble, Setup
from optiinfra_simulator.groq.mishaps import PASSING, Kind, Mishap, MishapPlan, Request
from tests.simulator.groq.conftest import CARDS, RIGHT, asked

STATUS = groq.APIStatusError
RAISED: dict[Kind, tuple[type[Exception], int | None, str | None]] = {
    Kind.THROTTLE: (groq.RateLimitError, 429, "rate_limit_exceeded"),
    Kind.THROTTLE_BARE: (groq.RateLimitError, 429, "rate_limit_exceeded"),
    Kind.THROTTLE_DAY: (groq.RateLimitError, 429, "rate_limit_exceeded"),
    Kind.FLEX_FULL: (STATUS, 498, "capacity_exceeded"),
    Kind.TOO_LARGE: (STATUS, 413, "rate_limit_exceeded"),
    Kind.MODEL_GONE: (groq.NotFoundError, 404, "model_not_found"),
    Kind.DECOMMISSIONED: (groq.BadRequestError, 400, "model_decommissioned"),
    Kind.KEY_REJECTED: (groq.AuthenticationError, 401, "invalid_api_key"),
    Kind.FORBIDDEN: (groq.PermissionDeniedError, 403, "permissions_error"),
    Kind.SCHEMA_FAILED: (groq.BadRequestError, 400, "json_validate_failed"),
    Kind.BAD_REQUEST: (groq.BadRequestError, 400, None),
    Kind.ERROR_500: (groq.InternalServerError, 500, None),
    Kind.ERROR_502: (groq.InternalServerError, 502, None),
    Kind.ERROR_503: (groq.InternalServerError, 503, None),
    Kind.HTML_502: (groq.InternalServerError, 502, None),
    Kind.RESET: (groq.APIConnectionError, None, None),
    Kind.CUT_BODY: (json.JSONDecodeError, None, None),
}


@pytest.mark.parametrize("kind", list(RAISED), ids=lambda kind: kind.value)
def test_a_refusal_is_the_sdks_own_error(client: Groq, double: GroqDouble, kind: Kind) -> None:
    """One call, one typed error with Groq's code; the next call is answered."""
    expected, status, code = RAISED[kind]
    double.script(kind.value)
    with pytest.raises(expected) as raised:
        client.chat.completions.create(**asked("quality", RIGHT))
    assert getattr(raised.value, "status_code", None) == status
    body = getattr(raised.value, "body", None)
    told = body["error"].get("code") if isinstance(body, dict) else None
    assert told == code
    assert client.chat.completions.create(**asked("quality", RIGHT)).choices
    assert [one.befell for one in double.received] == [kind, None]


@pytest.mark.parametrize(
    ("kind", "waits"),
    [
        (Kind.THROTTLE, "1"),
        (Kind.THROTTLE_DAY, "900"),
        (Kind.THROTTLE_BARE, None),
    ],
)
def test_a_429_says_how_long_to_wait_or_not(
    client: Groq, double: GroqDouble, kind: Kind, waits: str | None
) -> None:
    """The header is there in seconds, longer than the SDK would ever wait, or missing."""
    double.script(kind.value)
    with pytest.raises(groq.RateLimitError) as raised:
        client.chat.completions.create(**asked("quality", RIGHT))
    assert raised.value.response.headers.get("retry-after") == waits
    double.script({"kind": "throttle", "retry_after": 1.35})
    with pytest.raises(groq.RateLimitError) as raised:
        client.chat.completions.create(**asked("quality", RIGHT))
    assert raised.value.response.headers["retry-after"] == "1.35"


def test_answers_that_are_no_judgement_come_as_ordinary_objects(
    client: Groq, double: GroqDouble
) -> None:
    """Empty, cut, wordy and foreign answers have status 200: only who looks finds them."""
    kinds = ("no_choices", "truncated", "null_content", "prose", "other_schema", "refused")
    double.script(*kinds, "no_usage", "html200")
    found = [client.chat.completions.create(**asked("quality", RIGHT)) for _ in range(6)]
    assert found[0].choices == []
    assert found[1].choices[0].finish_reason == "length"
    contents = [one.choices[0].message.content for one in found[1:]]
    assert contents[1] is None
    assert contents[3] == '{"grade": "A"}'
    for text in (contents[0], contents[2], contents[4]):
        with pytest.raises(json.JSONDecodeError):
            json.loads(text or "")
    assert client.chat.completions.create(**asked("quality", RIGHT)).usage is None
    portal = client.chat.completions.create(**asked("quality", RIGHT))
    assert isinstance(portal, str)


def test_a_slow_answer_meets_the_clients_timeout(double: GroqDouble) -> None:
    """The request has been received, and paid for, when the client gives up."""
    double.script({"kind": "slow", "seconds": 5})
    hasty = Groq(api_key=double.key, base_url=double.base_url, max_retries=0, timeout=0.2)
    with hasty, pytest.raises(groq.APITimeoutError):
        hasty.chat.completions.create(**asked("quality", RIGHT))
    assert [one.befell for one in double.received] == [Kind.SLOW]


def test_the_sdk_repeats_by_itself_unless_it_is_told_not_to(double: GroqDouble) -> None:
    """Its retries are counted by the double: three paid calls for one question."""
    double.script("error500", "error500")
    with Groq(api_key=double.key, base_url=double.base_url) as eager:
        eager.chat.completions.create(**asked("quality", RIGHT))
    assert [one.retry for one in double.received] == ["0", "1", "2"]


def _struck(plan: MishapPlan, digests: list[str]) -> list[Kind | None]:
    found = [plan.strike(Request("chat", "m", digest)) for digest in digests]
    return [one.kind if one else None for one in found]


def test_a_share_strikes_the_same_requests_in_every_run() -> None:
    """A tenth of 2,000, the same tenth again, mixed of all kinds; another seed strikes others."""
    digests = [str(at) for at in range(2_000)]
    runs = []
    for seed in (1, 1, 2):
        plan = MishapPlan(seed)
        plan.mix(0.1)
        runs.append(_struck(plan, digests))
    assert runs[0] == runs[1] != runs[2]
    counts = Counter(kind for kind in runs[0] if kind)
    assert 150 < sum(counts.values()) < 250
    assert set(counts) == set(PASSING)


def test_a_request_that_is_repeated_may_pass() -> None:
    """Each sending is drawn anew, unless the share sticks to its requests."""
    plan, sticky = MishapPlan(1), MishapPlan(1)
    plan.mix(0.5)
    sticky.mix(0.5, sticky=True)
    same = [str(at // 20) for at in range(400)]
    drawn, stuck = _struck(plan, same), _struck(sticky, same)
    by_request = [{kind is None for kind in drawn[at : at + 20]} for at in range(0, 400, 20)]
    assert all(one == {True, False} for one in by_request)
    assert all(len(set(stuck[at : at + 20])) == 1 for at in range(0, 400, 20))


def test_mishaps_begin_and_end_when_they_are_told() -> None:
    """``after`` lets some pass, ``times`` ends it, a model's mishap spares the others."""
    plan = MishapPlan()
    plan.add(Mishap(kinds=(Kind.ERROR_500,), after=1, times=2))
    assert _struck(plan, list("abcd")) == [None, Kind.ERROR_500, Kind.ERROR_500, None]
    plan.clear()
    number = plan.add(Mishap(kinds=(Kind.MODEL_GONE,), model="other"))
    assert _struck(plan, ["e"]) == [None]
    assert plan.strike(Request("chat", "other", "f")) is not None
    assert plan.listed()[0]["struck"] == 1
    plan.clear(number)
    assert plan.listed() == []


@pytest.mark.parametrize(
    "document",
    [{"kind": "earthquake"}, {}, {"kind": "ok", "colour": 1}, {"kind": "ok", "share": 2}],
)
def test_what_cannot_be_meant_is_refused(document: dict[str, object]) -> None:
    """The remedy or the detail names what there is."""
    with pytest.raises(InvalidRequest):
        Mishap.read(document)


def test_a_mishap_may_strike_other_routes(client: Groq, double: GroqDouble) -> None:
    """The list of models can fail at start-up as well."""
    double.faults.add(Mishap(kinds=(Kind.ERROR_503,), operation="models", times=1))
    with pytest.raises(groq.InternalServerError):
        client.models.list()
    assert client.models.list().data


def test_a_tenth_of_mishaps_leaves_nine_tenths_answered() -> None:
    """Without retries about every tenth call fails or is of no use."""
    with GroqDouble(Setup(cards=CARDS)) as served:
        served.mix(0.1)
        with Groq(api_key=served.key, base_url=served.base_url, max_retries=0) as sdk:
            for at in range(150):
                try:
                    sdk.chat.completions.create(**asked("quality", f"{RIGHT} {at}"))
                except (groq.APIError, json.JSONDecodeError):
                    continue
        befell = [one.befell for one in served.received]
    assert len(befell) == 150
    assert 5 <= sum(one is not None for one in befell) <= 28
