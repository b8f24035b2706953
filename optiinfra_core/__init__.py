"""Rows, doors and contracts that the collectors and the API stand on; no framework, no SDK."""
