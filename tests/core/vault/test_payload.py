"""A credential splits into what may be shown and what may not, and joins without loss."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, SecretBytes, SecretStr

from optiinfra_core.errors import ConfigurationError
from optiinfra_core.vault.payload import fingerprint, join, split, values
from tests.core.vault.cloud_key import PLANTED, CloudKey, Export, cloud_key


class Odd(BaseModel):
    """Containers of secrets, and bytes."""

    files: dict[str, SecretStr]
    exports: list[Export]
    raw: SecretBytes


def test_the_shown_half_holds_no_secret() -> None:
    """Fields of nested models are told apart one by one."""
    shown, hidden = split(cloud_key())
    assert shown == {
        "key_id": "id-1",
        "session": None,
        "regions": ["eu-west-1", "us-east-1"],
        "export": {"bucket": "bills"},
        "limit": 5,
    }
    assert hidden == {
        "secret": PLANTED[0],
        "export": {"token": PLANTED[1]},
        "passes": [PLANTED[2], PLANTED[3]],
    }
    assert sorted(values(hidden)) == sorted(PLANTED)


texts = st.text(max_size=30)


@given(
    secret=texts,
    session=st.none() | texts.map(SecretStr),
    export=st.none() | st.builds(Export, bucket=texts, token=st.none() | texts.map(SecretStr)),
    passes=st.lists(texts.map(SecretStr), max_size=3),
)
def test_any_credential_survives_the_round_trip(
    secret: str, session: SecretStr | None, export: Export | None, passes: list[SecretStr]
) -> None:
    """Also through JSON, as the database keeps the halves."""
    before = CloudKey(
        key_id="k", secret=SecretStr(secret), session=session, export=export, passes=tuple(passes)
    )
    shown, hidden = (json.loads(json.dumps(half)) for half in split(before))
    assert join(CloudKey, shown, hidden) == before


def test_containers_of_secrets_are_sealed_whole() -> None:
    """A list or mapping that holds a secret shows nothing of itself."""
    before = Odd(
        files={"a": SecretStr("x")},
        exports=[Export(bucket="b", token=SecretStr("t"))],
        raw=SecretBytes(b"bytes"),
    )
    shown, hidden = split(before)
    assert shown == {}
    assert sorted(values(hidden)) == ["b", "bytes", "t", "x"]
    assert join(Odd, shown, hidden) == before


def test_a_misfit_names_the_field_and_quotes_nothing() -> None:
    """A provider that changed its fields: the error is safe to show."""
    shown, hidden = split(cloud_key())
    with pytest.raises(ConfigurationError, match=r"Odd.*files") as told:
        join(Odd, shown, hidden)
    assert not any(secret in told.value.detail for secret in PLANTED)
    assert told.value.__cause__ is None


def test_a_fingerprint_depends_on_key_and_secret() -> None:
    """Eight digits: the same for the same secret under the same key, else another."""
    told = {fingerprint(key, {"s": secret}) for key in (b"a", b"b") for secret in ("x", "y")}
    assert len(told) == 4
    assert all(len(digits) == 8 and int(digits, 16) >= 0 for digits in told)
    assert fingerprint(b"a", {"s": "x"}) == fingerprint(b"a", {"s": "x"})
