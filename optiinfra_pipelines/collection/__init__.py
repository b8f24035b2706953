"""Collecting one account's windows, free of Dagster: plan, lock, open, collect, write, report."""
