"""What exists in the simulated Google Cloud, and its list prices."""
