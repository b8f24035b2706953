"""`python -m optiinfra_api.describe FILE`: writes the OpenAPI description that is committed."""

import json
import sys
from pathlib import Path

from optiinfra_api.app import create_app
from optiinfra_core.settings import Settings


def main() -> int:
    """Write the description to the file that the first argument names."""
    description = create_app(Settings()).openapi()
    text = json.dumps(description, indent=1, ensure_ascii=False)
    Path(sys.argv[1]).write_text(text + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
