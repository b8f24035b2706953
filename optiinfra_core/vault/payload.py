"""Splits a credential into what may be shown and what is sealed, and joins the two again."""

import hashlib
import hmac
import json
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Any, TypeVar

from pydantic import BaseModel, SecretBytes, SecretStr, ValidationError
from pydantic_core import to_jsonable_python

from optiinfra_core.errors import ConfigurationError

C = TypeVar("C", bound=BaseModel)
Plain = dict[str, Any]

FINGERPRINT_DIGITS = 8


def split(credential: BaseModel) -> tuple[Plain, Plain]:
    """(configuration, secrets): fields of nested models are told apart one by one.

    A list or mapping that holds a secret anywhere is sealed as a whole.
    """
    configuration: Plain = {}
    secrets: Plain = {}
    for name in type(credential).model_fields:
        value = getattr(credential, name)
        if isinstance(value, BaseModel):
            shown, hidden = split(value)
            configuration[name] = shown
            if hidden:
                secrets[name] = hidden
        elif _holds_secret(value):
            secrets[name] = _reveal(value)
        else:
            configuration[name] = to_jsonable_python(value)
    return configuration, secrets


def join(credential_type: type[C], configuration: Plain, secrets: Plain) -> C:
    """The credential again.

    Raises:
        ConfigurationError: this version of the provider does not accept what was stored.
    """
    try:
        return credential_type.model_validate(_merged(configuration, secrets), by_name=True)
    except ValidationError as error:
        # Pydantic's own text quotes the values.
        fields = ", ".join(
            f"{'.'.join(map(str, problem['loc']))} ({problem['type']})"
            for problem in error.errors(include_url=False, include_input=False)
        )
        raise ConfigurationError(
            f"the stored credential does not fit {credential_type.__name__}: {fields}",
            remedy="Enter the credential again with `optiinfra credentials rotate`.",
        ) from None


def canonical(plain: Plain) -> bytes:
    """The one way these values are written before they are sealed or hashed."""
    return json.dumps(plain, sort_keys=True, separators=(",", ":")).encode()


def fingerprint(key: bytes, secrets: Plain) -> str:
    """Eight digits that tell two secrets apart; keyed, so they do not help to guess one."""
    own_key = hmac.digest(key, b"optiinfra/fingerprint/v1", hashlib.sha256)
    return hmac.new(own_key, canonical(secrets), hashlib.sha256).hexdigest()[:FINGERPRINT_DIGITS]


def values(secrets: Any) -> Iterator[str]:
    """Every text among the secrets: what redaction must know."""
    if isinstance(secrets, str):
        yield secrets
    elif isinstance(secrets, Mapping):
        for part in secrets.values():
            yield from values(part)
    elif isinstance(secrets, list):
        for part in secrets:
            yield from values(part)


def _holds_secret(value: Any) -> bool:
    if isinstance(value, (SecretStr, SecretBytes)):
        return True
    if isinstance(value, BaseModel):
        return any(_holds_secret(getattr(value, name)) for name in type(value).model_fields)
    if isinstance(value, Mapping):
        return any(_holds_secret(part) for part in value.values())
    if isinstance(value, (Sequence, AbstractSet)) and not isinstance(value, (str, bytes)):
        return any(_holds_secret(part) for part in value)
    return False


def _reveal(value: Any) -> Any:
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    if isinstance(value, SecretBytes):
        return value.get_secret_value().decode()
    if isinstance(value, BaseModel):
        return {name: _reveal(getattr(value, name)) for name in type(value).model_fields}
    if isinstance(value, Mapping):
        return {name: _reveal(part) for name, part in value.items()}
    if isinstance(value, (Sequence, AbstractSet)) and not isinstance(value, (str, bytes)):
        return [_reveal(part) for part in value]
    return to_jsonable_python(value)


def _merged(configuration: Plain, secrets: Plain) -> Plain:
    merged = dict(configuration)
    for name, secret in secrets.items():
        shown = merged.get(name)
        if isinstance(shown, dict) and isinstance(secret, dict):
            merged[name] = _merged(shown, secret)
        else:
            merged[name] = secret
    return merged
