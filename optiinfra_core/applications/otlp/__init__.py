"""OpenTelemetry's protocol: bodies, their two encodings, and what spans and log records tell."""
