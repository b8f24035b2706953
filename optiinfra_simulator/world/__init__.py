"""What exists in the simulated clouds, from a seed and a clock alone."""
