"""The providers that are installed, as data: published by the pipelines, read by the API."""

import types
from collections.abc import Iterable, Mapping
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, ConfigDict, Field, JsonValue, SecretStr, create_model
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from optiinfra_core.collecting.contract import Credential
from optiinfra_core.database import Database
from optiinfra_core.metrics.money import Money


class FieldType(StrEnum):
    """How a field of a credential is written in JSON."""

    STRING = "string"
    BOOLEAN = "boolean"
    INTEGER = "integer"
    LIST = "list"
    OBJECT = "object"


class CredentialField(BaseModel):
    """One field that a customer enters to connect an account."""

    model_config = ConfigDict(frozen=True)

    name: str
    type: FieldType
    required: bool
    nullable: bool = False
    secret: bool = False
    description: str = ""
    default: JsonValue = None
    fields: tuple["CredentialField", ...] = ()


class DataTypeInfo(BaseModel):
    """One data type that a provider supplies; how its source behaves in time and what it costs.

    ``calls_per_span`` is the number of calls that any span of one account takes, ``calls_per_day``
    what each day of it adds, ``usd_per_call`` what the provider bills for one. ``job`` and
    ``assets`` are what a run for it is called; ``supplied`` is false for what comes from the
    customer's own programs: it needs no credential and is collected only where it is named.
    """

    model_config = ConfigDict(frozen=True)

    name: str
    window_seconds: int = Field(gt=0)
    min_interval_seconds: int = Field(ge=0)
    lag_seconds: int = Field(ge=0)
    reread_seconds: int = Field(ge=0)
    history_seconds: int | None = Field(
        default=None, description="How far back it can be asked; null: only the present."
    )
    calls_per_span: Money = Field(default=Decimal(0), ge=0)
    calls_per_day: Money = Field(default=Decimal(0), ge=0)
    usd_per_call: Money = Field(default=Decimal(0), ge=0)
    job: str = "collect"
    assets: tuple[str, ...] = ()
    supplied: bool = True

    @property
    def expected_lag_seconds(self) -> int:
        """How old the newest commit may be before it is stale: two reads were missed."""
        every = max(self.min_interval_seconds, min(self.window_seconds, 3600))
        return self.lag_seconds + 2 * every


class ProviderInfo(BaseModel):
    """A provider as its manifest tells it."""

    model_config = ConfigDict(frozen=True)

    slug: str
    title: str
    docs: str = ""
    credential: tuple[CredentialField, ...]
    data_types: tuple[DataTypeInfo, ...]
    not_supported: Mapping[str, str] = Field(default_factory=dict)

    def data_type(self, name: str) -> DataTypeInfo | None:
        """The data type called ``name``, None where the provider does not supply it."""
        return next((entry for entry in self.data_types if entry.name == name), None)


class ProviderCatalogue:
    """The table ``optiinfra.provider_catalogue``: one row for each installed provider."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def publish(self, providers: Iterable[ProviderInfo]) -> None:
        """Make ``providers`` the installed ones; those of an earlier start are forgotten."""
        rows = [(info.slug, info.model_dump_json()) for info in providers]
        slugs = [slug for slug, _ in rows]
        with self._database.operator() as connection, connection.cursor() as cursor:
            cursor.executemany(
                "INSERT INTO optiinfra.provider_catalogue (slug, info) VALUES (%s, %s)"
                " ON CONFLICT (slug) DO UPDATE"
                " SET info = excluded.info, published_at = now()",
                rows,
            )
            cursor.execute(
                "DELETE FROM optiinfra.provider_catalogue WHERE NOT slug = ANY(%s)", (slugs,)
            )

    def all(self) -> Mapping[str, ProviderInfo]:
        """The installed providers by slug, in order."""
        with self._database.operator() as connection:
            rows = connection.execute(
                "SELECT slug, info FROM optiinfra.provider_catalogue ORDER BY slug"
            ).fetchall()
        return {row["slug"]: ProviderInfo.model_validate(row["info"]) for row in rows}


def fields_of(model: type[BaseModel]) -> tuple[CredentialField, ...]:
    """The fields of a credential's model as data, nested models included."""
    return tuple(field_of(name, field) for name, field in model.model_fields.items())


def field_of(name: str, field: FieldInfo) -> CredentialField:
    """One field of a credential's model as data; a secret's default is never published."""
    kinds = [kind for kind in alternatives(field.annotation) if kind is not types.NoneType]
    kind = kinds[0]
    secret = kind is SecretStr
    nested = isinstance(kind, type) and issubclass(kind, BaseModel)
    return CredentialField(
        name=name,
        type=type_of(kind),
        required=field.is_required(),
        nullable=len(kinds) < len(alternatives(field.annotation)),
        secret=secret,
        description=field.description or "",
        default=None if secret else default_of(field),
        fields=fields_of(kind) if nested else (),
    )


def alternatives(annotation: Any) -> tuple[Any, ...]:
    """The members of a union, or the annotation alone."""
    if get_origin(annotation) is Annotated:
        return alternatives(get_args(annotation)[0])
    if get_origin(annotation) in {Union, types.UnionType}:
        return get_args(annotation)
    return (annotation,)


def type_of(kind: Any) -> FieldType:
    """How values of a Python type are written in JSON."""
    origin = get_origin(kind) or kind
    if origin in {list, tuple, set, frozenset}:
        return FieldType.LIST
    if isinstance(origin, type):
        for parent, field_type in (
            (bool, FieldType.BOOLEAN),
            (int, FieldType.INTEGER),
            (BaseModel, FieldType.OBJECT),
            (dict, FieldType.OBJECT),
        ):
            if issubclass(origin, parent):
                return field_type
    return FieldType.STRING


def default_of(field: FieldInfo) -> JsonValue:
    """The default as JSON; None where there is none."""
    default = field.get_default(call_default_factory=True, validated_data={})
    if default is PydanticUndefined or default is None:
        return None
    if isinstance(default, BaseModel):
        dumped: JsonValue = default.model_dump(mode="json")
        return dumped
    return list(default) if isinstance(default, tuple | frozenset | set) else default


PYTHON_TYPES: Mapping[FieldType, Any] = {
    FieldType.STRING: Annotated[str, Field(min_length=1, max_length=4096)],
    FieldType.BOOLEAN: bool,
    FieldType.INTEGER: int,
    FieldType.LIST: tuple[str, ...],
    FieldType.OBJECT: dict[str, JsonValue],
}


def credential_model(slug: str, fields: Iterable[CredentialField]) -> type[Credential]:
    """A model that accepts what the provider's own credential accepts, field by field.

    Rules between fields are the provider's: its verification tells when they are broken.
    """
    definitions: dict[str, Any] = {field.name: definition_of(slug, field) for field in fields}
    return create_model(f"Credential_{slug}", __base__=Credential, **definitions)


def definition_of(slug: str, field: CredentialField) -> tuple[Any, Any]:
    """Type and default of one field, as ``create_model`` takes them."""
    kind: Any = PYTHON_TYPES[field.type]
    if field.secret:
        kind = Annotated[SecretStr, Field(min_length=1, max_length=65536)]
    elif field.fields:
        kind = credential_model(f"{slug}_{field.name}", field.fields)
    if field.nullable:
        kind = kind | None
    return kind, ... if field.required else field.default
