"""One folder per cloud; each is found by its manifest `PROVIDER`."""
