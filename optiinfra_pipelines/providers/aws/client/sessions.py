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


class Role:
    """A role's temporary keys: fetched by ``assume`` when they are needed, and again in time."""

    def __init__(self, gate: Gate, assume: Callable[[], Mapping[str, Any]]) -> None:
        self._gate = gate
        self._assume = assume
        self._issues = 0
        self._changing = threading.Lock()
        self._credentials = self._deferred()
        self.session = _isolated()
        self.session._credentials = self._credentials  # noqa: SLF001 - botocore has no setter

    def ready(self) -> int:
        """Have keys that are good for minutes; how many were issued so far.

        Asked before a request, so that what goes wrong here is not retried as if it were that
        request's own failure.
        """
        self._credentials.get_frozen_credentials()
        return self._issues

    def renew(self, issue: int) -> None:
        """Have other keys than those of ``issue``, which AWS calls expired."""
        with self._changing:
            if self._issues == issue:
                self._credentials.forget()
            self._credentials.get_frozen_credentials()

    def _fetch(self) -> dict[str, str]:
        asked_at = self._gate.clock.now()
        issued = self._assume()
        register_secret(issued["SecretAccessKey"])
        register_secret(issued["SessionToken"])
        self._issues += 1
        return {
            "access_key": issued["AccessKeyId"],
            "secret_key": issued["SecretAccessKey"],
            "token": issued["SessionToken"],
            # AWS grants what was asked for; counted on our clock, its clock need not agree.
            "expiry_time": (asked_at + timedelta(seconds=ROLE_SECONDS)).isoformat(),
        }

    def _deferred(self) -> Any:
        from botocore.credentials import (  # noqa: PLC0415 - loads the SDK
            DeferredRefreshableCredentials,
        )

        class Forgetful(DeferredRefreshableCredentials):  # type: ignore[misc]
            def forget(self) -> None:
                self._frozen_credentials = None
                self._expiry_time = None

        return Forgetful(
            refresh_using=self._fetch, method="assume-role", time_fetcher=self._gate.clock.now
        )


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
    """How every client waits and pools; it makes one attempt, ``retrying`` makes the next."""
    from botocore.config import Config  # noqa: PLC0415 - loads the SDK

    return Config(
        retries={"mode": "standard", "total_max_attempts": 1},
        connect_timeout=min(5.0, gate.deadline_seconds),
        read_timeout=min(60.0, gate.deadline_seconds),
        max_pool_connections=max(gate.concurrency, 10),
        ignore_configured_endpoint_urls=True,
        user_agent_appid="optiinfra",
        s3={"addressing_style": "path"} if credential.endpoint_url else {},
    )
