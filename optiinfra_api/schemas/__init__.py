"""What the API answers and accepts, typed."""
