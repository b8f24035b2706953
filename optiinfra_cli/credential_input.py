"""Reads the fields of a credential from a prompt, a file, stdin or one environment variable."""

import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import typer
from pydantic import ValidationError

from optiinfra_core.collecting.catalogue import CredentialField, FieldType, fields_of
from optiinfra_core.collecting.contract import Credential
from optiinfra_core.errors import InvalidRequest

REMEDY = "Pass --from FILE, --from - or --from env:NAME with a JSON object of the fields."


def read(model: type[Credential], source: str | None, settings: tuple[str, ...]) -> Credential:
    """The credential from ``source`` (None: asked at the terminal) with ``settings`` applied.

    Raises:
        InvalidRequest: a field is missing, unknown or malformed, or a secret stands in
            ``settings``; the detail names fields and never values.
    """
    fields = {field.name: field for field in fields_of(model)}
    given = dict(_plain(fields, settings))
    told = _ask(fields, given) if source is None else _load(source)
    try:
        return model.model_validate({**told, **given})
    except ValidationError as wrong:
        raise InvalidRequest(_named(wrong), remedy=REMEDY) from None


def _plain(fields: Mapping[str, CredentialField], settings: tuple[str, ...]) -> dict[str, Any]:
    """The fields of ``FIELD=VALUE`` words; other processes can read those, so no secrets."""
    given: dict[str, Any] = {}
    for setting in settings:
        name, equals, value = setting.partition("=")
        field = fields.get(name)
        if not equals or field is None:
            known = ", ".join(known for known, field in fields.items() if not field.secret)
            raise InvalidRequest(f"--set {name} is not a field", remedy=f"Fields: {known}.")
        if field.secret or any(inner.secret for inner in field.fields):
            raise InvalidRequest(f"{name} is secret and cannot be set like this", remedy=REMEDY)
        given[name] = _value(field, value)
    return given


def _value(field: CredentialField, text: str) -> Any:
    if field.type is FieldType.STRING:
        return text
    try:
        return json.loads(text)
    except ValueError:
        if field.type is FieldType.LIST:
            return [word.strip() for word in text.split(",") if word.strip()]
        raise InvalidRequest(f"{field.name} is not JSON", remedy=f"Write {field.type}.") from None


def _load(source: str) -> Mapping[str, Any]:
    try:
        if source == "-":
            text = sys.stdin.read()
        elif source.startswith("env:"):
            text = os.environ[source.removeprefix("env:")]  # noqa: TID251 - named by the caller
        else:
            text = Path(source).expanduser().read_text()
    except KeyError:
        raise InvalidRequest(f"the variable {source!r} is not set", remedy=REMEDY) from None
    except (OSError, UnicodeDecodeError) as refusal:
        raise InvalidRequest(f"{source} cannot be read: {refusal}", remedy=REMEDY) from None
    try:
        told = json.loads(text)
    except ValueError:
        told = None
    if not isinstance(told, dict):
        raise InvalidRequest(f"{source} holds no JSON object", remedy=REMEDY)
    return told


def _ask(fields: Mapping[str, CredentialField], given: Mapping[str, Any]) -> dict[str, Any]:
    """Ask for each field at the terminal; an empty answer leaves it out."""
    if not sys.stdin.isatty():
        raise InvalidRequest("there is no terminal to ask for the credential", remedy=REMEDY)
    told: dict[str, Any] = {}
    for field in fields.values():
        if field.name in given:
            continue
        hint = "" if field.required else " (optional)"
        answer = typer.prompt(
            f"{field.name}{hint}", default="", show_default=False, hide_input=field.secret, err=True
        )
        if answer:
            told[field.name] = answer if field.secret else _value(field, answer)
    return told


def _named(wrong: ValidationError) -> str:
    """Which fields are wrong and why; pydantic's own text would quote the values."""
    return "; ".join(
        f"{'.'.join(str(step) for step in error['loc']) or 'the credential'}: {error['msg']}"
        for error in wrong.errors(include_input=False, include_url=False)
    )
