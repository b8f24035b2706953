"""Credentials at rest: sealed under keys that are not in the database, every opening on record."""
