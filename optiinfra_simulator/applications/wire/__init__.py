"""How applications tell their calls: OTLP in several dialects, or plain JSON lines."""
