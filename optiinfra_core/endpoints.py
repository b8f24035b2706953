"""Where the two servers are and how to enter them; passwords never print."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from pydantic import SecretStr

# How this machine is named.
LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


@dataclass(frozen=True, slots=True, kw_only=True)
class ClickHouseEndpoint:
    """A ClickHouse over HTTP with a user that writes and one that only reads."""

    url: str
    database: str
    user: str
    password: SecretStr
    reader_user: str
    reader_password: SecretStr
    cluster: str = ""

    @property
    def host(self) -> str:
        """Host name or address."""
        return urlsplit(self.url).hostname or "127.0.0.1"

    @property
    def port(self) -> int:
        """HTTP port; ClickHouse's own defaults where the URL names none."""
        parts = urlsplit(self.url)
        return parts.port or (8443 if parts.scheme == "https" else 8123)

    @property
    def nearby(self) -> bool:
        """Whether it is on this machine."""
        return self.host in LOOPBACK

    @property
    def secure(self) -> bool:
        """Whether TLS is spoken."""
        return urlsplit(self.url).scheme == "https"


@dataclass(frozen=True, slots=True, kw_only=True)
class PostgresEndpoint:
    """A Postgres database; ``url`` is ``postgresql://user:password@host:port/database``."""

    url: SecretStr


@dataclass(frozen=True, slots=True, kw_only=True)
class Servers:
    """The two servers a process works with."""

    clickhouse: ClickHouseEndpoint
    postgres: PostgresEndpoint
