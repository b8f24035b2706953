"""One Chromium, and pages that remember everything they complained about."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import (
    Browser,
    ConsoleMessage,
    Error,
    Page,
    Playwright,
    Request,
    Response,
    ViewportSize,
    sync_playwright,
)

DESK: ViewportSize = {"width": 1280, "height": 900}
PHONE: ViewportSize = {"width": 390, "height": 844}
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
COMPLAINTS = ("error", "warning")
# Chromium's own console line for an answer of 4xx or 5xx; the answer itself is noted besides.
ANSWERED = "Failed to load resource: the server responded with a status"


def found(playwright: Playwright, named: str | None) -> Path | None:
    """The browser to start: the one that is named, one on the PATH, Playwright's own, or none."""
    if named:
        return Path(named)
    known = next(filter(None, map(shutil.which, NAMES)), None)
    own = Path(playwright.chromium.executable_path)
    return Path(known) if known else own if own.exists() else None


@contextmanager
def started(named: str | None) -> Iterator[Browser | None]:
    """A browser for the length of the block; None where this machine has none."""
    with sync_playwright() as playwright:
        path = found(playwright, named)
        if path is None:
            yield None
            return
        browser = playwright.chromium.launch(executable_path=path, args=[*FLAGS])
        try:
            yield browser
        finally:
            browser.close()


@dataclass
class Watch:
    """What a page complains about: console, exceptions, requests that fail or are refused.

    Reports of the content security policy come as console errors. ``expected`` holds the statuses
    that a test provokes.
    """

    page: Page
    complaints: list[str] = field(default_factory=list)
    expected: set[int] = field(default_factory=set)
    asked: list[Request] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("console", self._said)
        self.page.on("pageerror", self._thrown)
        self.page.on("request", self._asked)
        self.page.on("requestfailed", self._failed)
        self.page.on("response", self._answered)

    def _asked(self, request: Request) -> None:
        self.asked.append(request)

    def _said(self, message: ConsoleMessage) -> None:
        if message.type in COMPLAINTS and not message.text.startswith(ANSWERED):
            self.complaints.append(f"console {message.type}: {message.text}")

    def _thrown(self, error: Error) -> None:
        self.complaints.append(f"exception: {error.message}")

    def _failed(self, request: Request) -> None:
        # A page that is left cancels what it no longer needs.
        if request.failure != "net::ERR_ABORTED":
            self.complaints.append(f"no answer: {request.url} {request.failure}")

    def _answered(self, response: Response) -> None:
        if response.status >= 400 and response.status not in self.expected:
            self.complaints.append(f"status {response.status}: {response.url}")
