"""What a caller enters -> a credential that the vault can seal."""

from collections.abc import Mapping
from typing import Any

from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError

from optiinfra_core.collecting.catalogue import ProviderInfo, credential_model
from optiinfra_core.collecting.contract import Credential


def credential_of(provider: ProviderInfo, entered: Mapping[str, Any]) -> Credential:
    """The credential, its secrets wrapped so that they cannot print.

    Raises:
        RequestValidationError: a field is missing, unknown or of the wrong type; no value is told.
    """
    model = credential_model(provider.slug, provider.credential)
    try:
        return model.model_validate(entered)
    except ValidationError as refusal:
        errors = refusal.errors(include_url=False, include_context=False, include_input=False)
        raise RequestValidationError(
            [{**error, "loc": ("body", "credential", *error["loc"])} for error in errors]
        ) from None
