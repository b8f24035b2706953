"""The contract a provider implements, and the gate its calls pass."""
