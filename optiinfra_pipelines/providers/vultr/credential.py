"""What a customer enters to connect a Vultr account: an API key, and perhaps a Prometheus."""

from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator

from optiinfra_core.collecting.contract import Credential


class Prometheus(BaseModel):
    """A Prometheus (or Mimir, Thanos, VictoriaMetrics) that scrapes the account's machines."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: str = Field(max_length=2048, description="Base address; /api/v1/query_range lies below.")
    bearer_token: SecretStr | None = Field(default=None, description="Sent as bearer token.")
    username: str | None = Field(default=None, max_length=256, description="For basic access.")
    password: SecretStr | None = Field(default=None, description="For basic access.")
    instance_label: str = Field(
        default="instance",
        pattern=r"^[a-zA-Z_][a-zA-Z0-9_]*$",
        description="Label that names the machine; a port behind the name is ignored.",
    )
    match: Literal["hostname", "label", "ip", "id"] = Field(
        default="hostname", description="What of an instance that label holds."
    )

    @model_validator(mode="after")
    def enters_one_way(self) -> Self:
        """A token, or user and password, or neither."""
        if (self.username is None) != (self.password is None):
            raise ValueError("username and password go together")
        if self.bearer_token is not None and self.username is not None:
            raise ValueError("give bearer_token, or username and password")
        return self


class VultrCredential(Credential):
    """The API key of a user; Vultr limits it by the user's ACLs and by source address."""

    api_key: SecretStr = Field(description="Personal access token of a user with API access.")
    endpoint_url: str | None = Field(
        default=None,
        description="A simulator on a loopback or private address, where the installation allows.",
    )
    prometheus: Prometheus | None = Field(
        default=None,
        description="Machine metrics: Vultr's API has none but traffic. Public https, or a private "
        "address where the installation allows.",
    )
