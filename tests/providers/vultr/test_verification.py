"""Whose key it is and what it may do, from one free call."""

import pytest
from pydantic import SecretStr

from optiinfra_core.errors import CredentialRejected, InvalidRequest, Malformed
from optiinfra_core.testing.http_double import Reply
from optiinfra_pipelines.providers.vultr import PROVIDER
from optiinfra_pipelines.providers.vultr.credential import Prometheus
from optiinfra_pipelines.providers.vultr.verification import verify
from tests.providers.vultr.conftest import Connect
from tests.providers.vultr.wire import ACCOUNT, VultrDouble, refused

RANGE = "/prometheus/api/v1/query_range"


def acls(*names: str) -> dict[str, object]:
    """The account of a user with these ACLs."""
    return {"account": {**ACCOUNT["account"], "acls": list(names)}}


def test_the_account_is_its_address_in_lower_case(cloud: VultrDouble, connect: Connect) -> None:
    """Vultr tells no other identifier; one call is enough."""
    found = verify(connect())
    assert (found.account_id, found.principal) == ("example@vultr.com", "Test Tester")
    assert found.permissions_missing == ()
    assert found.expires_at is None
    assert len(cloud.seen) == 1


@pytest.mark.parametrize(
    ("held", "missing"),
    [
        (("subscriptions_view", "billing"), ()),
        (("subscriptions", "billing"), ()),
        (("billing",), ("subscriptions_view",)),
        (("subscriptions_view",), ("billing",)),
        ((), ("subscriptions_view", "billing")),
    ],
)
def test_missing_acls_are_named_as_vultr_names_them(
    held: tuple[str, ...], missing: tuple[str, ...], cloud: VultrDouble, connect: Connect
) -> None:
    """Who may change subscriptions may see them."""
    cloud.on("account", acls(*held))
    found = verify(connect())
    assert (found.permissions_found, found.permissions_missing) == (held, missing)


def test_an_address_that_is_not_allowed_has_its_own_remedy(
    cloud: VultrDouble, connect: Connect
) -> None:
    """The key is right; where it is used from is not."""
    cloud.on("account", refused(401, "Unauthorized IP address: 192.0.2.7"))
    with pytest.raises(CredentialRejected) as error:
        verify(connect())
    assert "API access control" in error.value.remedy
    assert "192.0.2.7" in error.value.detail


def test_an_account_without_an_address_is_not_guessed(cloud: VultrDouble, connect: Connect) -> None:
    """Two accounts must not become one."""
    cloud.on("account", {"account": {"email": "", "acls": []}})
    with pytest.raises(Malformed):
        verify(connect())


@pytest.mark.parametrize(
    ("fate", "missing"),
    [
        ({"status": "success", "data": {"resultType": "matrix", "result": []}}, ()),
        (Reply(status=401, body=b"no"), ("prometheus:query_range",)),
    ],
)
def test_the_prometheus_is_tried(
    fate: object, missing: tuple[str, ...], cloud: VultrDouble, connect: Connect, endpoint: str
) -> None:
    """Its token is right or is named as missing."""
    cloud.on(RANGE, fate)  # type: ignore[arg-type]
    source = Prometheus(url=f"{endpoint}/prometheus", bearer_token=SecretStr("some-token"))
    assert verify(connect(prometheus=source)).permissions_missing == missing


def test_a_prometheus_that_may_not_be_asked_is_refused_at_once(connect: Connect) -> None:
    """An address inside this installation's network never becomes an active credential."""
    with pytest.raises(InvalidRequest, match=r"prometheus\.url"):
        verify(connect(prometheus=Prometheus(url="http://169.254.169.254")))


def test_what_vultr_cannot_give_is_said() -> None:
    """Each with a sentence, for the API, the documentation and the user interface."""
    said = PROVIDER.not_supported
    assert {"cpu_utilization", "gpu_utilization", "key_expiry", "past_resources"} <= set(said)
    assert all(reason.endswith(".") for reason in said.values())
