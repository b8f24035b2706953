"""What Dagster hands to assets and jobs; resources carry ids and settings, never secrets."""
