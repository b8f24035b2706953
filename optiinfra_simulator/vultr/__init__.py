"""The simulated Vultr: API v2 and a Prometheus beside it, over the one simulated world."""
