"""The API's reads as tools of the Model Context Protocol, for coding agents."""
