"""The thin reader: HTTP in, one question out."""
