"""Keeping the processes of an installation alive: start in order, restart, drain."""
