"""The README's pictures are taken by a command, which works on any running API."""

import subprocess
import sys
from pathlib import Path

from playwright.sync_api import BrowserContext

from docs.screenshots import MOST_BYTES, PICTURES
from tests.api.house import House

ROOT = Path(__file__).parents[2]
PNG = b"\x89PNG"


def test_the_pictures_are_taken_and_small_enough(
    house: House, profile: BrowserContext, tmp_path: Path
) -> None:
    """One of each page, none above 200 kB; the key comes by standard input."""
    url = str(house.client.base_url).rstrip("/")
    done = subprocess.run(
        [sys.executable, "-m", "docs.screenshots", "--url", url, "--folder", str(tmp_path)],
        input=house.tokens["operator"],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        timeout=100,
    )
    assert done.returncode == 0, done.stderr
    assert {path.stem for path in tmp_path.iterdir()} == set(PICTURES)
    for path in tmp_path.iterdir():
        picture = path.read_bytes()
        assert picture.startswith(PNG)
        assert len(picture) <= MOST_BYTES
    assert house.tokens["operator"] not in done.stdout + done.stderr
