"""Judges sampled calls of applications; knows judge, budget and store, and no Dagster."""
