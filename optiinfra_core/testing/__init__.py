"""For authors of providers: the rules every provider keeps, and an HTTP server that misbehaves."""
