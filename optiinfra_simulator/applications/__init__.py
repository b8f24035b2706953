"""Applications of the simulated world: their calls to language models, with planted truth."""
