"""Modules that are copied into the generated client; they import nothing of ours."""
