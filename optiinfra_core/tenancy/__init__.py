"""Whose data it is: customers, and the API keys that reach them."""
