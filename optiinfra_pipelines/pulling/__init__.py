"""Reads calls of applications out of stores that customers keep already; knows no Dagster."""
