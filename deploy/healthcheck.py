#!/usr/bin/env python3
"""Says whether the process of this container works: exit 0 if it does.

    healthcheck.py http URL          the answer is 200
    healthcheck.py grpc HOST:PORT    Dagster's code server says SERVING
    healthcheck.py daemon            Dagster's daemon wrote a heartbeat in the last two minutes

Dagster's own checks (`dagster api grpc-health-check`, `dagster-daemon liveness-check`) import all
of Dagster, a CPU second each time; these take a tenth to a quarter of one.
"""

import os
import sys
from pathlib import Path

SECONDS = 4
HEARTBEAT_SECONDS = 120


def http(url: str) -> bool:
    """Whether ``url`` answers 200."""
    from urllib.error import URLError  # noqa: PLC0415 - each check imports what it needs
    from urllib.request import urlopen  # noqa: PLC0415

    try:
        with urlopen(url, timeout=SECONDS) as answer:  # noqa: S310 - the URL is in the compose file
            return bool(answer.status == 200)  # noqa: PLR2004
    except (URLError, OSError):
        return False


def grpc(address: str) -> bool:
    """Whether the gRPC server at ``address`` says SERVING for Dagster's service."""
    import grpc  # type: ignore[import-untyped]  # noqa: PLC0415

    request, serving = b"\n\x0aDagsterApi", b"\x08\x01"  # HealthCheckRequest and -Response
    with grpc.insecure_channel(address) as channel:
        check = channel.unary_unary("/grpc.health.v1.Health/Check")
        try:
            return bool(check(request, timeout=SECONDS) == serving)
        except grpc.RpcError:
            return False


def daemon(secret: str) -> bool:
    """Whether the youngest heartbeat in the database that file ``secret`` names is young enough."""
    import psycopg  # noqa: PLC0415

    url = Path(secret).read_text(encoding="utf-8").strip().replace("+psycopg2", "", 1)
    question = (
        "SELECT coalesce(extract(epoch FROM now() AT TIME ZONE 'UTC' - max(timestamp)) < %s, false)"
        " FROM daemon_heartbeats"
    )
    try:
        with psycopg.connect(url, connect_timeout=SECONDS) as connection:
            row = connection.execute(question, [HEARTBEAT_SECONDS]).fetchone()
    except psycopg.Error:
        return False
    return row is not None and bool(row[0])


def main(kind: str, target: str = "") -> int:
    """Run the check that the arguments name."""
    folder = os.environ.get("OPTIINFRA_SECRETS_DIR", "/run/secrets")  # noqa: TID251 - no settings here
    checks = {"http": http, "grpc": grpc, "daemon": daemon}
    return 0 if checks[kind](target or f"{folder}/dagster_postgres_url") else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
