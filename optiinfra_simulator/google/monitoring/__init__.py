"""Cloud Monitoring: time series over gRPC."""
