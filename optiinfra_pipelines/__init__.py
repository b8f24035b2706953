"""Collection: the only package that imports Dagster."""
