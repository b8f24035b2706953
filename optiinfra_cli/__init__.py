"""The optiinfra command."""
