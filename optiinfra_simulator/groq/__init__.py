"""A double of Groq's API on a socket: its wire, its limits, its faults, and a judge inside."""
