"""The judge's server through Groq's SDK: the only place that imports it, inside functions."""
