"""The AWS endpoint: one port, every service, all answers from the one world."""
