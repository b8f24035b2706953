"""What a customer enters to connect an AWS account: keys, or a role to assume."""

from typing import Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator

from optiinfra_core.collecting.contract import Credential


class CostExport(BaseModel):
    """Where AWS Data Exports delivers FOCUS or CUR 2.0 Parquet files in S3."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    bucket: str = Field(pattern=r"^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$", description="Bucket name.")
    prefix: str = Field(default="", max_length=512, description="Prefix given to the export.")
    name: str = Field(pattern=r"^[A-Za-z0-9._ -]{1,128}$", description="Name of the export.")
    region: str = Field(
        default="us-east-1", pattern=r"^[a-z]{2}(-[a-z]+)+-\d$", description="The bucket's region."
    )


class AwsCredential(Credential):
    """Keys of an IAM user, or a role assumed from keys or from this process's own identity."""

    access_key_id: str | None = Field(
        default=None, pattern=r"^[A-Z0-9]{16,128}$", description="AKIA... or ASIA..."
    )
    secret_access_key: SecretStr | None = Field(default=None, description="Its secret.")
    session_token: SecretStr | None = Field(
        default=None, description="Only with temporary keys (ASIA...)."
    )
    role_arn: str | None = Field(
        default=None,
        pattern=r"^arn:aws[a-z-]*:iam::\d{12}:role/.{1,576}$",
        description="Role to assume; without keys it is assumed from this process's identity.",
    )
    external_id: SecretStr | None = Field(
        default=None, description="External id that the role's trust policy demands."
    )
    regions: tuple[str, ...] | None = Field(
        default=None, description="Regions to collect; unset: every region that is enabled."
    )
    home_region: str = Field(
        default="us-east-1",
        pattern=r"^[a-z]{2}(-[a-z]+)+-\d$",
        description="Region asked for identity and the list of regions.",
    )
    endpoint_url: str | None = Field(
        default=None,
        description="A simulator on a loopback or private address, where the installation allows.",
    )
    cost_export: CostExport | None = Field(
        default=None, description="Cost from this export; unset: from Cost Explorer."
    )
    cost_explorer: bool = Field(
        default=True, description="Allow Cost Explorer, at 0.01 USD a request, without an export."
    )

    metrics_interval_minutes: int = Field(
        default=60,
        ge=15,
        le=180,
        description="Minutes between two reads of samples; AWS bills a read, not the samples.",
    )

    @model_validator(mode="after")
    def opens_something(self) -> Self:
        """Keys come in pairs, an external id with a role, and one of keys and role is given."""
        if (self.access_key_id is None) != (self.secret_access_key is None):
            raise ValueError("access_key_id and secret_access_key go together")
        if self.access_key_id is None and self.role_arn is None:
            raise ValueError("give access_key_id and secret_access_key, or role_arn")
        if self.external_id is not None and self.role_arn is None:
            raise ValueError("external_id is for role_arn, which is missing")
        if self.session_token is not None and self.access_key_id is None:
            raise ValueError("session_token is for access_key_id, which is missing")
        return self
