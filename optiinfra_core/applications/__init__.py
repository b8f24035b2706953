"""Applications that call language models: their calls, what may be kept, how good they are."""
