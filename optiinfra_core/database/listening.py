"""Wakes whoever waits for a notification of Postgres."""

import asyncio
from collections.abc import AsyncGenerator

import psycopg
from psycopg import sql

from optiinfra_core.database.pool import CONNECT_SECONDS
from optiinfra_core.endpoints import PostgresEndpoint


async def rings(
    endpoint: PostgresEndpoint, channel: str, every: float
) -> AsyncGenerator[None, None]:
    """Yield at once, at each notification on ``channel``, and at least every ``every`` seconds.

    Never ends and never fails: a server that is away, or a pooler in between that passes no
    notification on, only makes it as slow as ``every``.
    """
    url = endpoint.url.get_secret_value()
    listen = sql.SQL("LISTEN {}").format(sql.Identifier(channel))
    while True:
        try:
            async with await psycopg.AsyncConnection.connect(
                url,
                autocommit=True,
                connect_timeout=CONNECT_SECONDS,
                application_name="optiinfra-events",
            ) as connection:
                await connection.execute(listen)
                while True:
                    yield
                    async for _ in connection.notifies(timeout=every, stop_after=1):
                        pass
        except psycopg.OperationalError:
            yield
            await asyncio.sleep(every)
