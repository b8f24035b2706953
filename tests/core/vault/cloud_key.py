"""A credential with every kind of field a provider may ask for."""

from pydantic import BaseModel, SecretStr

from optiinfra_core.collecting.contract import Credential


class Export(BaseModel):
    """A nested part with a secret of its own."""

    bucket: str
    token: SecretStr | None = None


class CloudKey(Credential):
    """A credential of a made-up provider."""

    key_id: str
    secret: SecretStr
    session: SecretStr | None = None
    regions: tuple[str, ...] | None = None
    export: Export | None = None
    passes: tuple[SecretStr, ...] = ()
    limit: int = 5


PLANTED = (
    "planted-secret-value",
    "planted-nested-value",
    "planted-first-pass",
    "planted-second-pass",
)


def cloud_key(secret: str = PLANTED[0]) -> CloudKey:
    """A credential with secrets on every level."""
    return CloudKey(
        key_id="id-1",
        secret=SecretStr(secret),
        regions=("eu-west-1", "us-east-1"),
        export=Export(bucket="bills", token=SecretStr(PLANTED[1])),
        passes=(SecretStr(PLANTED[2]), SecretStr(PLANTED[3])),
    )
