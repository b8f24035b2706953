"""The reference of the API as a page: its own files and the viewer, served from here."""
