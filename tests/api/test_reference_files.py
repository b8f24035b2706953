"""The files behind /docs: what is served, under which policy, and that nobody changed them."""

import hashlib
import json
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from optiinfra_api.app import create_app
from optiinfra_api.routers.dashboard import POLICY
from optiinfra_core.settings import Settings

FOLDER = Path(__file__).parents[2] / "optiinfra_api" / "reference"
VENDOR = FOLDER / "vendor"
MANIFEST = json.loads((VENDOR / "manifest.json").read_text())


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> TestClient:
    """Asks an API that has not started: its files need no server behind it."""
    return TestClient(create_app(Settings(data_dir=tmp_path_factory.mktemp("nobody"))))


def test_the_page_and_all_it_names_are_served_under_the_policy(browser: TestClient) -> None:
    """Nothing inline, nothing from elsewhere; only what is named by version is kept for ever."""
    page = browser.get("/docs")
    assert page.url.path == "/docs/"
    assert page.headers["Content-Security-Policy"] == POLICY
    assert "<script>" not in page.text
    assert "style=" not in page.text
    assert "//" not in page.text
    for entry in MANIFEST:
        assert f"vendor/{entry['file']}" in page.text
        assert entry["version"] in entry["file"]
        kept = browser.get(f"/docs/vendor/{entry['file']}").headers["Cache-Control"]
        assert "immutable" in kept
    assert browser.get("/docs/page.js").headers["Cache-Control"] == "no-cache"
    tag = page.headers["ETag"]
    assert browser.get("/docs/", headers={"If-None-Match": tag}).status_code == 304


@pytest.mark.parametrize(
    "path", ["/docs/__init__.py", "/docs/vendor/manifest.json", "/docs/../app.py", "/docs/x"]
)
def test_nothing_else_is_served(browser: TestClient, path: str) -> None:
    """No Python, no folder above; the problem says where the reference is."""
    refused = browser.get(path)
    assert refused.status_code == 404
    assert refused.json()["remedy"]


def test_the_frameworks_own_pages_are_gone(browser: TestClient) -> None:
    """They load code from a host that is not ours."""
    assert browser.get("/redoc").status_code == 404
    assert "jsdelivr" not in browser.get("/docs/").text


def test_vendored_files_are_those_that_were_taken() -> None:
    """Each with its digest and the texts of its licences; none that the manifest does not name."""
    for entry in MANIFEST:
        content = (VENDOR / entry["file"]).read_bytes()
        assert hashlib.sha256(content).hexdigest() == entry["sha256"]
        assert all((VENDOR / text).read_text().strip() for text in entry["texts"])
    named = {entry["file"] for entry in MANIFEST} | {
        text for entry in MANIFEST for text in entry["texts"]
    }
    assert {path.name for path in VENDOR.iterdir()} == named | {"manifest.json"}
