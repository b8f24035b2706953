"""Judges sampled calls of applications; knows the judge, the budget and the store, and no Dagster."""
