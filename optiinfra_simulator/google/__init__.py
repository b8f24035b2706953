"""The simulated Google Cloud: REST, BigQuery SQL and Monitoring over gRPC."""
