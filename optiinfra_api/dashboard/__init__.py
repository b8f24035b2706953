"""The dashboard: one page of plain modules that reads the API as any other client does."""
