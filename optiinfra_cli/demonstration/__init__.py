"""The demo: simulated clouds collected by the real product, and checked against what is true."""

from pathlib import Path

DEFAULT_DATA_DIR = Path.home() / ".local/share/optiinfra/demo"
