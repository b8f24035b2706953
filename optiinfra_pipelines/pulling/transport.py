"""HTTP that goes where it was told and nowhere else: a redirect could lead into our own network."""

from typing import Any

from clickhouse_connect.driver.httputil import get_pool_manager_options
from typing_extensions import override
from urllib3 import BaseHTTPResponse, PoolManager

from optiinfra_core.errors import Permanent


class Straight(PoolManager):
    """Connections that follow no redirect, and no proxy that the environment names."""

    @override
    def urlopen(  # type: ignore[override]
        self, method: str, url: str, redirect: bool = True, **kw: Any
    ) -> BaseHTTPResponse:
        """The answer of ``url`` itself.

        Raises:
            Permanent: it is a redirect.
        """
        answer = super().urlopen(method, url, redirect=False, **kw)
        if answer.get_redirect_location():
            answer.close()
            raise Permanent(
                "the source's ClickHouse answers with a redirect, which is not followed",
                remedy="Delete the source and add it again with the address it leads to.",
            )
        return answer


def straight() -> Straight:
    """A pool with the driver's own options; certificates are verified."""
    return Straight(**get_pool_manager_options())
