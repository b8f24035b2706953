"""Keys and roles that AWS refuses: told with a remedy, everything else goes on, nothing is lost."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

from optiinfra_core.metrics import COST, PERFORMANCE, RESOURCE
from optiinfra_core.windows import FixedClock
from optiinfra_simulator.aws.identities import NO_COST_ROLE_NAME
from optiinfra_simulator.aws.policies import Trust
from optiinfra_simulator.faults import Fault, FaultKind
from optiinfra_simulator.server import SimulatorServer
from optiinfra_simulator.world.accounts import ACME, GLOBEX
from tests.faults.connected import ALL, Connected

QUARTER = timedelta(minutes=15)
HOUR = timedelta(hours=1)
WRONG = "wrong-secret-of-forty-letters-and-no-more"

Connect = Callable[..., Connected]


def refused(account: Connected, remedy: str) -> None:
    """The next tick is refused; the credential's own record says so and what to do."""
    outcome = account.tick(RESOURCE)
    fault = account.told(RESOURCE, outcome)
    assert outcome.status == "failed"
    assert fault.code == "credential-rejected"
    assert not fault.retryable
    assert remedy in fault.remedy
    assert account.record.status == "rejected"
    assert account.record.last_error is not None
    assert remedy in account.record.last_error["remedy"]


def test_a_wrong_key_stops_its_own_account_only(connect: Connect, clock: FixedClock) -> None:
    """Two accounts of a customer, one with a wrong secret: the other is collected whole."""
    wrong = connect(GLOBEX, secret_access_key=WRONG)
    right = connect(ACME, customer=wrong.customer)
    refused(wrong, "optiinfra credentials rotate")
    assert wrong.history(RESOURCE).status == "partial"
    assert WRONG not in repr(wrong.history(RESOURCE))
    right.whole(RESOURCE)

    wrong.rotate()
    clock.advance(QUARTER)
    assert wrong.tick(RESOURCE).status == "succeeded"
    assert wrong.record.status == "verified"
    wrong.whole(RESOURCE)
    right.whole(RESOURCE)


def test_a_revoked_key_takes_nothing_away(
    connect: Connect, simulator: SimulatorServer, clock: FixedClock
) -> None:
    """What was collected stays; the key is tried once an hour; a new one makes up for the gap."""
    account = connect(GLOBEX, metrics_interval_minutes=15)
    for metric in ALL:
        assert account.tick(metric).status == "succeeded"
    before: Any = account.served(PERFORMANCE)
    user = simulator.identities.user(GLOBEX.id)
    del simulator.identities.principals[user.access_key]

    clock.advance(QUARTER)
    refused(account, "optiinfra credentials rotate")
    assert account.tick(COST).status == account.tick(PERFORMANCE).status == "failed"
    assert account.served(PERFORMANCE) == before
    clock.advance(QUARTER)
    assert account.tick(RESOURCE).status == "skipped"

    simulator.identities.principals["AKIANEWKEY2345ABCDEF"] = replace(
        user, access_key="AKIANEWKEY2345ABCDEF"
    )
    account.rotate(access_key_id="AKIANEWKEY2345ABCDEF")
    clock.advance(HOUR)
    for metric in ALL:
        assert account.tick(metric).ok
    account.whole(*ALL)


def test_temporary_keys_that_expired_are_told_as_such(
    connect: Connect, simulator: SimulatorServer, clock: FixedClock
) -> None:
    """An hour after they were issued they are refused; a role renews itself and catches up."""
    role = simulator.identities.role(ACME.id)
    issued = simulator.identities.open_session(role, "by-hand", 3600)
    account = connect(
        access_key_id=issued.access_key,
        secret_access_key=issued.secret,
        session_token=issued.token,
        role_arn=None,
        external_id=None,
    )
    assert account.tick(RESOURCE).status == "succeeded"
    assert account.tick(PERFORMANCE).status == "succeeded"
    clock.advance(HOUR)
    refused(account, "enter new keys, or use role_arn")

    account.rotate()
    clock.advance(HOUR)
    for metric in (RESOURCE, PERFORMANCE):
        assert account.tick(metric).status == "succeeded"
    account.whole(RESOURCE, PERFORMANCE)


def test_keys_that_expire_in_the_middle_commit_nothing(
    connect: Connect, simulator: SimulatorServer, clock: FixedClock
) -> None:
    """A listing is refused after others were answered: no half snapshot is served as a whole."""
    account = connect()
    assert account.tick(RESOURCE).status == "succeeded"
    clock.advance(QUARTER)
    simulator.faults.add(Fault(kind=FaultKind.EXPIRED, service="ec2", operation="DescribeVolumes"))
    windows = len(account.commits(RESOURCE))
    refused(account, "enter new keys, or use role_arn")
    assert len(account.commits(RESOURCE)) == windows
    simulator.faults.clear()
    clock.advance(HOUR)
    assert account.tick(RESOURCE).status == "succeeded"
    account.whole(RESOURCE)


def test_a_role_that_trusts_us_no_longer_names_its_trust_policy(
    connect: Connect, simulator: SimulatorServer, clock: FixedClock
) -> None:
    """Assuming it is refused: the remedy is the trust policy, not a new key."""
    account = connect()
    assert account.tick(RESOURCE).status == "succeeded"
    role = simulator.identities.role(ACME.id)
    simulator.identities.roles[role.arn] = replace(role, trust=Trust((), None))
    clock.advance(HOUR)
    refused(account, "trust policy")

    simulator.identities.roles[role.arn] = role
    clock.advance(HOUR)
    assert account.tick(RESOURCE).status == "succeeded"
    account.whole(RESOURCE)
    assert account.record.status == "verified"
    assert account.record.last_error is None


def test_a_role_that_was_never_opened_is_told_with_its_own_remedy(connect: Connect) -> None:
    """A wrong external id is a matter of the trust policy from the first tick on."""
    refused(connect(external_id="somebody-elses"), "trust policy")


def test_a_role_without_one_permission_collects_all_the_rest(
    connect: Connect, simulator: SimulatorServer, clock: FixedClock
) -> None:
    """Cost is denied by name; samples and inventory are whole; once granted, cost is too."""
    lesser = simulator.identities.role(ACME.id, NO_COST_ROLE_NAME)
    account = connect(role_arn=lesser.arn)
    outcome = account.tick(COST)
    fault = account.told(COST, outcome)
    assert (outcome.status, fault.code) == ("failed", "permission-missing")
    assert fault.remedy == "Allow ce:GetCostAndUsage for this credential."
    assert account.commits(COST) == []
    for metric in (PERFORMANCE, RESOURCE):
        assert account.tick(metric).status == "succeeded"
    account.whole(PERFORMANCE, RESOURCE)
    assert account.record.status == "verified"

    simulator.identities.roles[lesser.arn] = replace(
        lesser, statements=simulator.identities.role(ACME.id).statements
    )
    clock.advance(HOUR)
    assert account.tick(COST).status == "succeeded"
    account.whole(COST)


def test_an_export_that_is_not_delivered_yet_holds_up_cost_alone(
    connect: Connect, clock: FixedClock
) -> None:
    """No manifest is not "no cost": it is told as not ready, and everything else is collected."""
    place = GLOBEX.export
    assert place is not None
    soon = {"bucket": place.bucket, "prefix": place.prefix, "name": "not-yet"}
    account = connect(GLOBEX, cost_export=soon)
    outcome = account.tick(COST)
    assert outcome.status == "skipped"
    assert not outcome.possible
    assert outcome.fault is not None
    assert (outcome.fault.code, outcome.fault.retryable) == ("not-ready", True)
    assert "bucket, prefix and name" in outcome.fault.remedy
    assert account.commits(COST) == []
    assert account.tick(RESOURCE).status == "succeeded"
    account.whole(RESOURCE)

    account.rotate()
    clock.advance(QUARTER)
    assert account.tick(COST).status == "succeeded"
    account.whole(COST)
