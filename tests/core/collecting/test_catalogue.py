"""The provider catalogue: a credential's model becomes data and a model again."""

from decimal import Decimal
from typing import Any

import pytest
from pydantic import Field, SecretStr, ValidationError

from optiinfra_core.collecting.catalogue import (
    DataTypeInfo,
    FieldType,
    ProviderCatalogue,
    ProviderInfo,
    credential_model,
    fields_of,
)
from optiinfra_core.collecting.contract import Credential
from optiinfra_core.database import Database


class Export(Credential):
    """A nested part with a secret of its own."""

    bucket: str
    token: SecretStr | None = None


class Key(Credential):
    """A field of every kind."""

    name: str = Field(description="Who it is.")
    secret: SecretStr
    spare: SecretStr = SecretStr("a default nobody may publish")
    regions: tuple[str, ...] | None = None
    retries: int = 3
    enabled: bool = True
    labels: dict[str, str] = Field(default_factory=dict)
    export: Export | None = None


ENTERED: dict[str, Any] = {"name": "x", "secret": "s" * 12, "export": {"bucket": "b"}}


def rebuilt() -> type[Credential]:
    """The model made of the published fields."""
    return credential_model("test", fields_of(Key))


def test_fields_are_published_with_type_and_secrecy() -> None:
    """Everything a form needs, and no default of a secret."""
    fields = {field.name: field for field in fields_of(Key)}
    assert {name: field.type for name, field in fields.items()} == {
        "name": FieldType.STRING,
        "secret": FieldType.STRING,
        "spare": FieldType.STRING,
        "regions": FieldType.LIST,
        "retries": FieldType.INTEGER,
        "enabled": FieldType.BOOLEAN,
        "labels": FieldType.OBJECT,
        "export": FieldType.OBJECT,
    }
    assert [name for name, field in fields.items() if field.required] == ["name", "secret"]
    assert [name for name, field in fields.items() if field.secret] == ["secret", "spare"]
    assert fields["spare"].default is None
    assert fields["retries"].default == 3
    assert fields["name"].description == "Who it is."
    assert fields["export"].fields[1].secret is True


def test_the_rebuilt_model_accepts_what_the_provider_accepts() -> None:
    """And holds secrets in a type that does not print them."""
    made = rebuilt().model_validate({**ENTERED, "regions": ["eu-west-1"]})
    assert "sss" not in repr(made)
    assert getattr(made, "secret").get_secret_value() == "s" * 12  # noqa: B009 - a made model
    assert getattr(made, "export").bucket == "b"  # noqa: B009 - a made model
    assert getattr(made, "retries") == 3  # noqa: B009 - a made model


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"name": None}, ("name",)),
        ({"secret": ""}, ("secret",)),
        ({"regions": "eu-west-1"}, ("regions",)),
        ({"retries": "many"}, ("retries",)),
        ({"export": {}}, ("export", "bucket")),
        ({"export": {"bucket": "b", "x": 1}}, ("export", "x")),
        ({"surplus": 1}, ("surplus",)),
    ],
)
def test_the_rebuilt_model_refuses_what_the_provider_refuses(
    change: dict[str, Any], place: tuple[str, ...]
) -> None:
    """Missing, surplus and mistyped fields are named by their place."""
    with pytest.raises(ValidationError) as told:
        rebuilt().model_validate({**ENTERED, **change})
    assert [error["loc"] for error in told.value.errors()] == [place]


def test_publishing_replaces_what_an_earlier_start_published(database: Database) -> None:
    """A provider that is no longer installed is forgotten; money stays exact."""
    cost = DataTypeInfo(
        name="cost",
        window_seconds=86400,
        min_interval_seconds=0,
        lag_seconds=0,
        reread_seconds=0,
        usd_per_call=Decimal("0.0000001"),
    )
    kept = ProviderInfo(slug="kept", title="Kept", credential=fields_of(Key), data_types=(cost,))
    gone = kept.model_copy(update={"slug": "gone"})
    catalogue = ProviderCatalogue(database)
    catalogue.publish([kept, gone])
    assert list(catalogue.all()) == ["gone", "kept"]
    catalogue.publish([kept])
    assert catalogue.all() == {"kept": kept}
    assert kept.data_type("cost") == cost
    assert kept.data_type("mood") is None
