"""Retries counted: how often each protocol is asked again and how long it is waited, exactly."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest
from pydantic import SecretStr

from optiinfra_core.errors import CredentialRejected, OptiInfraError, Throttled, Transient
from optiinfra_core.testing.http_double import Fate, Reply, Reset, Stall
from optiinfra_core.windows import FixedClock
from optiinfra_pipelines.providers.aws.client import Aws
from optiinfra_pipelines.providers.aws.client.calls import TOKENS, Paging, Request
from tests.providers.aws.conftest import NOW, Connect
from tests.providers.aws.wire import Asked, AwsDouble, answer, refused

ROLE = "arn:aws:iam::111111111111:role/OptiInfraReadOnly"
REGION = "us-east-1"


@dataclass(frozen=True)
class Spoken:
    """A request in one of AWS's protocols, an answer to it, and how it is throttled there."""

    request: Request
    paging: Paging
    whole: Mapping[str, Any]
    throttle: str

    @property
    def place(self) -> tuple[str, str]:
        """Service and operation."""
        return self.request.service, self.request.operation

    def reply(self, **fields: Any) -> Reply:
        """The answer on the wire, changed."""
        return replace(answer(*self.place, self.whole), **fields)

    def refusal(self, status: int, **headers: str) -> Reply:
        """The throttle on the wire."""
        told = refused(self.request.service, self.throttle, status=status)
        return replace(told, headers={**told.headers, **headers})


_PERIOD = {"TimePeriod": {"Start": "2026-11-21", "End": "2026-11-22"}, "Granularity": "DAILY"}
SPOKEN = {
    "query": Spoken(
        Request(service="rds", operation="DescribeDBInstances", answer="DBInstances"),
        Paging(token_in="Marker", token_out="Marker"),  # noqa: S106 - names of fields
        {"DBInstances": []},
        "Throttling",
    ),
    "ec2": Spoken(
        Request(service="ec2", operation="DescribeInstances", answer="Reservations"),
        TOKENS,
        {"Reservations": []},
        "RequestLimitExceeded",
    ),
    "json": Spoken(
        Request(
            service="ce",
            operation="GetCostAndUsage",
            answer="ResultsByTime",
            params={**_PERIOD, "Metrics": ["UnblendedCost"]},
        ),
        Paging(token_in="NextPageToken", token_out="NextPageToken"),  # noqa: S106
        {"ResultsByTime": []},
        "LimitExceededException",
    ),
    "rest": Spoken(
        Request(service="lambda", operation="ListFunctions", answer="Functions"),
        Paging(token_in="Marker", token_out="NextMarker"),  # noqa: S106
        {"Functions": []},
        "TooManyRequestsException",
    ),
}


@pytest.fixture(params=sorted(SPOKEN))
def spoken(request: pytest.FixtureRequest) -> Spoken:
    """One of the four protocols."""
    return SPOKEN[request.param]


@dataclass
class Patient:
    """A connection whose waits move its clock and are written down."""

    aws: Aws
    waits: list[float]

    def ask(self, spoken: Spoken) -> Mapping[str, Any]:
        """The answer to the request."""
        return self.aws.calls.ask(spoken.request, REGION)

    @property
    def noted(self) -> list[tuple[int, bool]]:
        """Status and throttling of every recorded call."""
        return [(call.status, call.throttled) for call in self.aws.gate.ledger.calls]  # type: ignore[attr-defined]


def patient(
    connect: Connect, deadline: float = 120.0, chance: float = 1.0, **fields: Any
) -> Patient:
    """A connection with an injected clock; ``chance`` 1 waits the whole of each step."""
    clock, waits = FixedClock(NOW), list[float]()

    def sleep(seconds: float) -> None:
        waits.append(seconds)
        clock.advance(timedelta(seconds=seconds))

    gate = {"sleep": sleep, "chance": lambda: chance, "deadline_seconds": deadline}
    return Patient(connect(gate=gate, clock=clock, **fields), waits)


@pytest.mark.parametrize("status", [400, 429, 503])
def test_a_throttle_that_names_no_time_is_waited_out_in_doubling_steps(
    status: int, spoken: Spoken, cloud: AwsDouble, connect: Connect
) -> None:
    """Half a second, one, two: the fourth request is answered, and all four are in the ledger."""
    cloud.on(*spoken.place, *[spoken.refusal(status)] * 3, spoken.whole)
    held = patient(connect)
    assert spoken.request.answer in held.ask(spoken)
    assert held.waits == [0.5, 1.0, 2.0]
    assert held.noted == [*[(status, True)] * 3, (200, False)]


def test_waits_of_many_callers_are_spread_over_half_a_step(
    spoken: Spoken, cloud: AwsDouble, connect: Connect
) -> None:
    """With the luckiest draw a wait is half its step, so that callers do not return together."""
    cloud.on(*spoken.place, *[spoken.refusal(429)] * 2, spoken.whole)
    held = patient(connect, chance=0.0)
    held.ask(spoken)
    assert held.waits == [0.25, 0.5]


@pytest.mark.parametrize("status", [429, 503])
def test_a_throttle_that_names_its_time_is_obeyed(
    status: int, spoken: Spoken, cloud: AwsDouble, connect: Connect
) -> None:
    """Retry-After of 7 seconds is waited exactly."""
    waiting = spoken.refusal(status, **{"retry-after": "7"})
    cloud.on(*spoken.place, waiting, waiting, spoken.whole)
    held = patient(connect)
    held.ask(spoken)
    assert held.waits == [7.0, 7.0]
    assert len(held.noted) == 3


def test_a_throttle_longer_than_the_deadline_is_left_to_the_schedule(
    spoken: Spoken, cloud: AwsDouble, connect: Connect
) -> None:
    """One request, no wait: the error says how long, so that the window is due after it."""
    cloud.on(*spoken.place, spoken.refusal(429, **{"retry-after": "121"}))
    held = patient(connect)
    with pytest.raises(Throttled) as error:
        held.ask(spoken)
    assert error.value.retry_after == 121.0
    assert (held.waits, held.noted) == ([], [(429, True)])


@pytest.mark.parametrize("told", ["soon", "-3", "nan", "inf"])
def test_a_retry_after_that_is_no_time_is_not_obeyed(
    told: str, cloud: AwsDouble, connect: Connect
) -> None:
    """A proxy writes what it likes; the doubling steps hold."""
    spoken = SPOKEN["json"]
    cloud.on(*spoken.place, spoken.refusal(429, **{"retry-after": told}), spoken.whole)
    held = patient(connect)
    held.ask(spoken)
    assert held.waits == [0.5]


def test_a_throttle_without_end_ends_after_five_requests(
    spoken: Spoken, cloud: AwsDouble, connect: Connect
) -> None:
    """The SDK stopped after four; the waits before the fifth add up to 7.5 seconds."""
    cloud.on(*spoken.place, spoken.refusal(429))
    held = patient(connect)
    with pytest.raises(Throttled):
        held.ask(spoken)
    assert held.waits == [0.5, 1.0, 2.0, 4.0]
    assert held.noted == [(429, True)] * 5


@pytest.mark.parametrize(
    ("fate", "noted"),
    [
        (Reply(status=500, body=b""), (500, False)),
        (Reply(status=502, body=b"<html>bad gateway</html>"), (502, False)),
        (Reset(), (0, False)),
    ],
    ids=["500", "502 of a proxy", "reset"],
)
def test_a_fault_that_passes_costs_one_wait(
    fate: Fate, noted: tuple[int, bool], spoken: Spoken, cloud: AwsDouble, connect: Connect
) -> None:
    """A server error or a torn connection is asked again after half a second."""
    cloud.on(*spoken.place, fate, spoken.whole)
    held = patient(connect)
    held.ask(spoken)
    assert held.waits == [0.5]
    assert held.noted == [noted, (200, False)]


def test_a_hang_is_cut_off_and_asked_again(
    spoken: Spoken, cloud: AwsDouble, connect: Connect
) -> None:
    """The read time-out ends it; the retry is answered."""
    cloud.on(*spoken.place, Stall(), spoken.whole)
    held = patient(connect, deadline=0.3, chance=0.0)
    held.ask(spoken)
    assert held.waits == [0.25]
    assert held.noted == [(0, False), (200, False)]


def test_a_truncated_answer_is_asked_again(
    spoken: Spoken, cloud: AwsDouble, connect: Connect
) -> None:
    """Fewer bytes than promised are no answer in any protocol."""
    whole = spoken.reply()
    cloud.on(*spoken.place, replace(whole, keep=len(whole.body) // 2), spoken.whole)
    held = patient(connect)
    held.ask(spoken)
    assert held.waits == [0.5]
    assert held.noted == [(200, False), (200, False)]


def test_no_wait_ends_after_the_deadline(
    spoken: Spoken, cloud: AwsDouble, connect: Connect
) -> None:
    """With three seconds there is room for half a second and one, not for two more."""
    cloud.on(*spoken.place, spoken.refusal(503))
    held = patient(connect, deadline=3.0)
    with pytest.raises(Throttled):
        held.ask(spoken)
    assert held.waits == [0.5, 1.0]
    assert len(held.noted) == 3


def test_each_page_has_its_own_patience(spoken: Spoken, cloud: AwsDouble, connect: Connect) -> None:
    """A throttle before each of three pages: pages that were read are not read again."""
    token = spoken.paging.token_out
    fates: list[Fate | Mapping[str, Any]] = []
    for number in ("second", "third", ""):
        page = {**spoken.whole, token: number} if number else spoken.whole
        fates += [spoken.refusal(429), page]
    cloud.on(*spoken.place, *fates)
    held = patient(connect)
    pages = list(held.aws.calls.pages(spoken.request, REGION, spoken.paging))
    assert len(pages) == 3
    assert held.waits == [0.5, 0.5, 0.5]
    assert cloud.count(*spoken.place) == 6


def test_what_cannot_pass_is_asked_once(spoken: Spoken, cloud: AwsDouble, connect: Connect) -> None:
    """A refusal for good is not repeated."""
    cloud.on(*spoken.place, refused(spoken.request.service, "AccessDeniedException", "no", 403))
    held = patient(connect)
    with pytest.raises(OptiInfraError):
        held.ask(spoken)
    assert (held.waits, len(held.noted)) == ([], 1)


def test_a_refused_request_costs_nothing_however_often(cloud: AwsDouble, connect: Connect) -> None:
    """Cost Explorer bills the answer alone: 0.01 USD for three requests."""
    spoken = SPOKEN["json"]
    cloud.on(*spoken.place, *[spoken.refusal(400)] * 2, spoken.whole)
    held = patient(connect)
    held.ask(spoken)
    calls = held.aws.gate.ledger.calls  # type: ignore[attr-defined]
    assert [str(call.usd) for call in calls] == ["0.00", "0.00", "0.01"]


def issuing(cloud: AwsDouble) -> None:
    """Have STS issue keys, each with a token of its own: 111..., then 222... and so on."""
    upcoming = iter([f"{number}" * 40 for number in range(1, 10)])

    def assumed(_call: Asked) -> Mapping[str, Any]:
        return {
            "Credentials": {
                "AccessKeyId": f"ASIA{'0' * 16}",
                "SecretAccessKey": "s" * 40,
                "SessionToken": next(upcoming),
                "Expiration": NOW + timedelta(hours=1),
            }
        }

    cloud.script["sts", "AssumeRole"] = assumed


def _with_role(connect: Connect) -> Patient:
    return patient(connect, role_arn=ROLE, external_id=SecretStr("ours"))


def test_a_role_whose_keys_expire_between_pages_is_assumed_again(
    spoken: Spoken, cloud: AwsDouble, connect: Connect
) -> None:
    """The second page is asked with new keys, the first is not asked again, nothing is waited."""
    issuing(cloud)
    pages = [{**spoken.whole, spoken.paging.token_out: "second"}, spoken.whole]
    expired = refused(spoken.request.service, "ExpiredTokenException", "expired", 403)
    cloud.on(*spoken.place, pages[0], expired, pages[1])
    held = _with_role(connect)
    assert len(list(held.aws.calls.pages(spoken.request, REGION, spoken.paging))) == 2
    asked = [one for one in cloud.seen if (one.service, one.operation) == spoken.place]
    tokens = [one.incoming.headers["x-amz-security-token"][0] for one in asked]
    assert tokens == ["1", "1", "2"]
    assert cloud.count("sts", "AssumeRole") == 2
    assert held.waits == []


def test_a_role_that_stays_expired_is_rejected(cloud: AwsDouble, connect: Connect) -> None:
    """New keys that are refused alike are no passing fault: two requests, then the refusal."""
    spoken = SPOKEN["ec2"]
    issuing(cloud)
    cloud.on(*spoken.place, refused("ec2", "ExpiredToken", "expired"))
    with pytest.raises(CredentialRejected, match="ExpiredToken"):
        _with_role(connect).ask(spoken)
    assert cloud.count(*spoken.place) == 2


def test_a_role_is_renewed_once_for_all_who_held_its_old_keys(
    cloud: AwsDouble, connect: Connect
) -> None:
    """Whoever is late with the complaint about old keys finds the new ones."""
    spoken = SPOKEN["ec2"]
    issuing(cloud)
    cloud.on(*spoken.place, spoken.whole)
    held = _with_role(connect)
    held.ask(spoken)
    role = held.aws.calls._role
    assert role is not None
    issue = role.ready()
    role.renew(issue)
    role.renew(issue)
    assert cloud.count("sts", "AssumeRole") == 2


def test_a_throttled_assume_role_is_not_retried_for_each_retry(
    cloud: AwsDouble, connect: Connect
) -> None:
    """Patience with STS is spent once, before the request, not once for each of its attempts."""
    cloud.on("sts", "AssumeRole", refused("sts", "Throttling"))
    held = _with_role(connect)
    with pytest.raises(Transient):
        held.ask(SPOKEN["ec2"])
    assert cloud.count("sts", "AssumeRole") == 5
    assert held.waits == [0.5, 1.0, 2.0, 4.0]


def test_a_download_that_breaks_off_begins_again(cloud: AwsDouble, connect: Connect) -> None:
    """A file of an export is read whole, with nothing of the first try in front of it."""
    from optiinfra_pipelines.providers.aws.client.exports import Manifest, files  # noqa: PLC0415
    from optiinfra_pipelines.providers.aws.credential import CostExport  # noqa: PLC0415

    export = CostExport(bucket="an-export", name="focus")
    body = b'{"dataFiles": ["s3://an-export/data.parquet"]}'
    broken = Reply(body=body, keep=11)
    cloud.on("s3", "GetObject", broken, broken, Reply(body=body))
    held = patient(connect)
    newest = Manifest(month=NOW.date(), key="focus-Manifest.json", version="1")
    assert files(held.aws, export, newest) == ("data.parquet",)
    assert held.waits == [0.5, 1.0]
    assert len(held.noted) == 3


def test_a_dry_run_that_is_throttled_is_repeated(cloud: AwsDouble, connect: Connect) -> None:
    """Verification waits like collecting does; what it learns is that the call is allowed."""
    spoken = SPOKEN["ec2"]
    allowed = refused("ec2", "DryRunOperation", "Request would have succeeded", 412)
    cloud.on(*spoken.place, spoken.refusal(503), allowed)
    held = patient(connect)
    held.aws.calls.permits(spoken.request, REGION)
    assert held.waits == [0.5]
    assert held.noted == [(503, True), (412, False)]
