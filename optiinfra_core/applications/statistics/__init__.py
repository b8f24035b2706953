"""What can be said from a sample: rates with intervals, corrected rates, agreement, alarms."""
