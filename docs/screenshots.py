# ruff: noqa: INP001 - a script beside the pages that it illustrates
"""Takes the pictures of the dashboard for the README: `python -m docs.screenshots`.

Start the demo, then hand over the address and the key that it prints; the key is read from standard
input, so that it stands in no list of processes.
"""

import argparse
import getpass
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

FOLDER = Path(__file__).parent / "images"
MOST_BYTES = 200_000
WIDTH, HEIGHT = 1280, 800
FLAGS = ("--headless", "--no-sandbox", "--disable-gpu", "--no-first-run")
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
# Picture -> page and theme.
PICTURES: Mapping[str, tuple[str, str]] = {
    "overview": ("/?days=14", "light"),
    "overview-dark": ("/?days=14", "dark"),
    "costs": ("/costs?days=14", "light"),
    "performance": ("/performance?days=1", "light"),
    "resources": ("/resources?days=1", "light"),
    "applications": ("/applications?days=7", "dark"),
    "collection": ("/collection?days=7", "light"),
}
TWO_FRAMES = "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"
AT_REST = """() => document.querySelector("#content")
    && !document.querySelector('[aria-busy="true"], [data-ready="false"], .skeleton')"""


def main() -> int:
    """Exit code 1 where a picture is too large to be shown on a page of text."""
    chosen = arguments()
    key = sys.stdin.readline() if not sys.stdin.isatty() else getpass.getpass("API key: ")
    chosen.folder.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chosen.browser, args=[*FLAGS])
        page = browser.new_page(
            viewport={"width": WIDTH, "height": HEIGHT}, reduced_motion="reduce", locale="en-US"
        )
        enter(page, chosen.url, key.strip())
        taken = [take(page, chosen.url, name, chosen.folder) for name in PICTURES]
        browser.close()
    large = [path for path in taken if path.stat().st_size > MOST_BYTES]
    for path in taken:
        sys.stdout.write(f"{path} {path.stat().st_size:,} bytes\n")
    return 1 if large else 0


def arguments() -> argparse.Namespace:
    """What was asked for on the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", default="http://127.0.0.1:8080", help="Where the API answers.")
    parser.add_argument("--folder", type=Path, default=FOLDER, help="Where pictures go.")
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    parser.add_argument("--browser", default=found, help="A Chromium; else Playwright's own.")
    return parser.parse_args()


def enter(page: Page, url: str, key: str) -> None:
    """Sign in."""
    page.goto(f"{url}/dashboard/")
    page.get_by_label("API key").fill(key)
    page.keyboard.press("Enter")
    page.locator("#content").wait_for()


def take(page: Page, url: str, name: str, folder: Path) -> Path:
    """One picture, when everything on its page is shown."""
    path, theme = PICTURES[name]
    page.emulate_media(color_scheme="dark" if theme == "dark" else "light")
    page.goto(f"{url}/dashboard/#{path}")
    page.evaluate(TWO_FRAMES)  # until the page has heard of it
    page.wait_for_function(AT_REST)
    page.screenshot(path=folder / f"{name}.png")
    return folder / f"{name}.png"


if __name__ == "__main__":
    raise SystemExit(main())
