"""What everything in the simulated Google Cloud costs, row by exported row."""
