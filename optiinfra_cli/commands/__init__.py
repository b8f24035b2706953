"""One module for each command or group; heavy imports stand inside the commands."""
