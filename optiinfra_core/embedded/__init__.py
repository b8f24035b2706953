"""A ClickHouse and a Postgres out of wheels, for installations that have no servers."""
