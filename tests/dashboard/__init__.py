"""The dashboard in a browser; a package, so that the browser ends with its last test."""
