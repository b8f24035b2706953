"""The two servers of an installation: those it was told to use, else the embedded ones."""

from urllib.parse import urlsplit

from optiinfra_core.embedded.clickhouse import ensure_clickhouse
from optiinfra_core.embedded.postgres import ensure_postgres
from optiinfra_core.endpoints import ClickHouseEndpoint, PostgresEndpoint, Servers
from optiinfra_core.errors import ConfigurationError
from optiinfra_core.settings import Settings


def resolve(settings: Settings) -> Servers:
    """The servers to work with; an embedded one is started when no URL is configured.

    Raises:
        ConfigurationError: a URL is configured without the passwords to it, or an embedded server
            cannot run here.
        Transient: an embedded server does not answer in time.
    """
    return Servers(clickhouse=_clickhouse(settings), postgres=_postgres(settings))


def _clickhouse(settings: Settings) -> ClickHouseEndpoint:
    if settings.clickhouse_url is None:
        return ensure_clickhouse(settings.data_dir, database=settings.clickhouse_database)
    password, reader = settings.clickhouse_password, settings.clickhouse_reader_password
    if password is None or reader is None:
        raise ConfigurationError(
            "OPTIINFRA_CLICKHOUSE_URL is set, but a password is missing",
            remedy="Set OPTIINFRA_CLICKHOUSE_PASSWORD and OPTIINFRA_CLICKHOUSE_READER_PASSWORD, "
            "or unset the URL to use the embedded server.",
        )
    return ClickHouseEndpoint(
        url=settings.clickhouse_url,
        database=settings.clickhouse_database,
        user=settings.clickhouse_user,
        password=password,
        reader_user=settings.clickhouse_reader_user,
        reader_password=reader,
        cluster=settings.clickhouse_cluster,
    )


def _postgres(settings: Settings) -> PostgresEndpoint:
    if settings.postgres_url is None:
        return ensure_postgres(settings.data_dir)
    url = urlsplit(settings.postgres_url.get_secret_value())
    if not url.scheme.startswith("postgres") or not url.username or not url.password:
        raise ConfigurationError(
            "OPTIINFRA_POSTGRES_URL lacks its scheme, user or password",
            remedy="Write postgresql://user:password@host:5432/database, "
            "or unset it to use the embedded server.",
        )
    return PostgresEndpoint(url=settings.postgres_url)
