"""The REST APIs, and what they share: identity, refusals, paging."""
