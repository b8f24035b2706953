"""The only door to Postgres: connections bound to a tenant, locks, and the schema."""

from optiinfra_core.database.migrate import migrate, pending_migrations
from optiinfra_core.database.pool import Connection, Database

__all__ = ["Connection", "Database", "migrate", "pending_migrations"]
