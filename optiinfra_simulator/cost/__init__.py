"""What everything costs, and what the provider says about it at any time."""
