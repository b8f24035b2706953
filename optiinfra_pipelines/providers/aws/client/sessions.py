"""Sessions of botocore: whose identity signs, where requests may go, and one shared data loader."""

import os
import threading
from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import cache
from typing import Any

from optiinfra_core.collecting.gate import Gate
from optiinfra_core.redaction import register_secret
from optiinfra_pipelines.providers.aws.credential import AwsCredential

# Role chaining allows one hour at most (STS AssumeRole, DurationSeconds).
ROLE_SECONDS = 3600

_loading = threading.Lock()


@cache
def _new_loader() -> Any:
    from botocore.loaders import create_loader  # noqa: PLC0415 - loads the SDK

    return create_loader()


def _loader() -> Any:
    # 20 accounts cost 596 MiB with a loader each and 43 MiB with one; sessions start in threads.
    with _loading:
        return _new_loader()


def keys_session(credential: AwsCredential) -> Any:
    """A botocore session that signs with the credential's keys and ignores this machine's files."""
    session = _isolated()
    secret, token = credential.secret_access_key, credential.session_token
    session.set_credentials(
        credential.access_key_id,
        secret.get_secret_value() if secret else "",
        token.get_secret_value() if token else None,
    )
    return session


def ambient_session() -> Any:
    """A botocore session with the identity of this process: environment, profile or instance."""
    from botocore.session import Session  # noqa: PLC0415 - loads the SDK

    session = Session()
    session.register_component("data_loader", _loader())
    return session


def role_session(gate: Gate, assume: Callable[[], Mapping[str, Any]]) -> Any:
    """A botocore session whose role credentials ``assume`` fetches, and fetches again in time."""
    from botocore.credentials import DeferredRefreshableCredentials  # noqa: PLC0415 - loads the SDK

    def fetch() -> dict[str, str]:
        asked_at = gate.clock.now()
        issued = assume()
        register_secret(issued["SecretAccessKey"])
        register_secret(issued["SessionToken"])
        return {
            "access_key": issued["AccessKeyId"],
            "secret_key": issued["SecretAccessKey"],
            "token": issued["SessionToken"],
            # AWS grants what was asked for; counted on our clock, its clock need not agree.
            "expiry_time": (asked_at + timedelta(seconds=ROLE_SECONDS)).isoformat(),
        }

    session = _isolated()
    session._credentials = DeferredRefreshableCredentials(  # noqa: SLF001 - botocore has no setter
        refresh_using=fetch, method="assume-role", time_fetcher=gate.clock.now
    )
    return session


def _isolated() -> Any:
    from botocore.session import Session  # noqa: PLC0415 - loads the SDK

    # A customer's session must not pick up the profile, region or endpoint of this machine.
    session = Session(
        session_vars={
            "profile": (None, None, None, None),
            "config_file": (None, None, os.devnull, None),
            "credentials_file": (None, None, os.devnull, None),
        }
    )
    session.register_component("data_loader", _loader())
    return session


def client_config(gate: Gate, credential: AwsCredential) -> Any:
    """How every client waits, retries and pools.

    ``standard`` retries Cost Explorer's LimitExceededException, which the SDK's default ``legacy``
    does not; ``adaptive`` adds a client-side rate that outlives the throttle, and our gate bounds
    concurrency already.
    """
    from botocore.config import Config  # noqa: PLC0415 - loads the SDK

    return Config(
        retries={"mode": "standard", "total_max_attempts": 4},
        connect_timeout=min(5.0, gate.deadline_seconds),
        read_timeout=min(60.0, gate.deadline_seconds),
        max_pool_connections=max(gate.concurrency, 10),
        ignore_configured_endpoint_urls=True,
        user_agent_appid="optiinfra",
        s3={"addressing_style": "path"} if credential.endpoint_url else {},
    )
