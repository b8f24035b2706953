"""What handlers are handed: the caller, the tenant, the period, the page, the doors."""
