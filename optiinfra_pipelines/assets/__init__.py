"""Assets: one per provider and metric type, made by one factory."""
