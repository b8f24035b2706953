"""Local clouds for tests and the demo; no other package imports this one."""
