"""What the simulator leaves to moto: S3 and every service that it does not answer itself.

moto is loaded with the first request that needs it; most sessions never do.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from threading import Lock
from typing import Any

from optiinfra_simulator.aws.dialects import AwsError, dialect
from optiinfra_simulator.aws.requests import Request
from optiinfra_simulator.exports import Delivered, Exporter
from optiinfra_simulator.reply import Reply
from optiinfra_simulator.world.accounts import ExportPlace
from optiinfra_simulator.world.world import World

# moto keeps one S3 for the whole process: what was written last, by which world.
_WRITTEN: dict[str, tuple[object, ...]] = {}
_LOCK = Lock()


@dataclass
class Floor:
    """moto as a WSGI application, with the exports of the world in its S3."""

    world: World
    _app: Any = None
    _exporter: Exporter = field(init=False)

    def __post_init__(self) -> None:
        self._exporter = Exporter(self.world)

    def owner(self, bucket: str) -> str | None:
        """The account that owns an export bucket, None where it is no such bucket."""
        for account in self.world.accounts:
            if account.export is not None and account.export.bucket == bucket:
                return account.id
        return None

    def reply(self, environ: Mapping[str, Any], request: Request, account: str) -> Reply:
        """Moto's answer, for the account that signed the request."""
        from werkzeug.test import run_wsgi_app  # noqa: PLC0415 - loads with the first use

        if request.service == "s3":
            self._deliver(account)
        carried = {**environ, "HTTP_X_MOTO_ACCOUNT_ID": account}
        body, status, headers = run_wsgi_app(self._application(), carried, buffered=True)
        content = b"".join(body)
        code = int(status.split()[0])
        if code == 500:  # noqa: PLR2004 - moto crashed or has not written the operation
            raise AwsError.of(
                dialect(request.service).unsupported,
                f"The operation {request.service}:{request.operation} is not simulated.",
            )
        hop_by_hop = ("connection", "date", "server", "transfer-encoding")
        kept = tuple(
            (name, value) for name, value in headers.items() if name.lower() not in hop_by_hop
        )
        return Reply(code, kept, content)

    def _application(self) -> Any:
        with _LOCK:
            if self._app is None:
                from moto.moto_server.werkzeug_app import (  # noqa: PLC0415 - loads slowly
                    DomainDispatcherApplication,
                    create_backend_app,
                )

                self._app = DomainDispatcherApplication(create_backend_app)
            return self._app

    def _deliver(self, account_id: str) -> None:
        """Bring the account's export up to the last publication before S3 is read."""
        now = self.world.clock.now()
        for account in self.world.accounts:
            if account.id != account_id or account.export is None:
                continue
            with _LOCK:
                for delivered in self._exporter.due(account, now):
                    _put(account.id, account.export, delivered, self.world.fingerprint)
                _forget_others(account.id, account.export, self._exporter.keys(account, now))


def _put(
    account: str, place: ExportPlace, delivered: Delivered, fingerprint: tuple[object, ...]
) -> None:
    stamp = (*fingerprint, delivered.published)
    if _WRITTEN.get(delivered.key) == stamp:
        return
    backend = _s3(account, place)
    key = backend.put_object(place.bucket, delivered.key, delivered.content())
    key.last_modified = _naive(delivered.published)
    _WRITTEN[delivered.key] = stamp


def _forget_others(account: str, place: ExportPlace, keys: frozenset[str]) -> None:
    """Remove what another world, or this one at a later time, has written."""
    bucket = _s3(account, place).buckets[place.bucket]
    beginning = f"{place.prefix}/{place.name}/"
    for key in [name for name in bucket.keys if name.startswith(beginning) and name not in keys]:
        bucket.keys.pop(key)
        _WRITTEN.pop(key, None)


def _s3(account: str, place: ExportPlace) -> Any:
    from moto.s3.models import s3_backends  # noqa: PLC0415 - loads slowly

    backend = s3_backends[account]["aws"]
    if place.bucket not in backend.buckets:
        backend.create_bucket(place.bucket, place.region)
    return backend


def _naive(instant: datetime) -> datetime:
    """Moto keeps instants without a zone."""
    return instant.replace(tzinfo=None)
