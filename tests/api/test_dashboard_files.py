"""The dashboard's files: what leaves the package, under which policy; nothing is missing."""

import gzip
import hashlib
import json
import re
from pathlib import Path, PurePosixPath

import pytest
from fastapi.testclient import TestClient
from hatchling.builders.wheel import WheelBuilder

from optiinfra_api.app import create_app
from optiinfra_api.dashboard.files import MEDIA_TYPES, shipped, suffix_of
from optiinfra_core.settings import Settings

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "optiinfra_api" / "dashboard"
VENDOR = FOLDER / "vendor"
POLICY = {
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data:",
    "connect-src 'self'",
    "font-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
}
IMPORT = re.compile(r"""(?:from|import)\s*\(?\s*["'](\.{1,2}/[^"']+)["']""")
REFERENCE = re.compile(r'(?:src|href)="([^"]+)"')
# Each would need a policy that lets foreign or inline code in, or would let data become code.
FORBIDDEN = re.compile(r"innerHTML|outerHTML|insertAdjacentHTML|\beval\(|new Function|https?://")
MOST_LINES = 400
OURS = sorted(
    path
    for path in FOLDER.rglob("*")
    if path.suffix in {".js", ".css", ".html"} and VENDOR not in path.parents
)


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> TestClient:
    """Asks an API that has not started: its files need no server behind it."""
    settings = Settings(data_dir=tmp_path_factory.mktemp("nobody"))
    return TestClient(create_app(settings))


def test_the_page_may_load_from_its_own_origin_only(browser: TestClient) -> None:
    """The policy forbids inline code, foreign hosts and frames; no referrer leaves."""
    answer = browser.get("/dashboard/")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert set(answer.headers["Content-Security-Policy"].split("; ")) == POLICY
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert "<script>" not in answer.text
    assert "style=" not in answer.text


@pytest.mark.parametrize("path", ["/", "/dashboard"])
def test_the_root_leads_to_the_dashboard(browser: TestClient, path: str) -> None:
    """Who opens the API in a browser sees the dashboard."""
    answer = browser.get(path, follow_redirects=False)
    assert answer.status_code == 307
    assert answer.headers["Location"] == "/dashboard/"


def test_what_a_browser_holds_is_not_sent_again(browser: TestClient) -> None:
    """Our own files are asked for each time, and answered 304 while they stay as they are."""
    first = browser.get("/dashboard/modules/main.js")
    assert first.headers["Cache-Control"] == "no-cache"
    held = {"If-None-Match": first.headers["ETag"]}
    again = browser.get("/dashboard/modules/main.js", headers=held)
    assert (again.status_code, again.content) == (304, b"")
    other = browser.get("/dashboard/modules/api.js", headers=held)
    assert other.status_code == 200


def test_only_files_whose_name_holds_their_version_are_kept_for_long(browser: TestClient) -> None:
    """A new version of a vendor's file has a new name, so the old one may stay for a year."""
    for path in shipped():
        answer = browser.head(f"/dashboard/{path}")
        lasting = "immutable" in answer.headers["Cache-Control"]
        assert lasting == bool(re.fullmatch(r"vendor/.+-\d+\.\d+\.\d+\.js", path)), path


def test_files_travel_compressed_where_the_browser_takes_it(browser: TestClient) -> None:
    """The plots' library is 1.1 MB as it is and a third of that on its way."""
    path = "/dashboard/vendor/echarts-6.1.0.js"
    plain = browser.get(path, headers={"Accept-Encoding": "identity"})
    packed = browser.get(path, headers={"Accept-Encoding": "gzip"})
    assert "Content-Encoding" not in plain.headers
    assert packed.headers["Content-Encoding"] == "gzip"
    assert packed.headers["Vary"] == "Accept-Encoding"
    assert packed.content == plain.content
    assert int(packed.headers["Content-Length"]) * 2 < int(plain.headers["Content-Length"])
    assert gzip.decompress(shipped()["vendor/echarts-6.1.0.js"].compressed) == plain.content


@pytest.mark.parametrize(
    "path",
    [
        "files.py",
        "__init__.py",
        "tsconfig.json",
        "vendor/manifest.json",
        "modules",
        "modules/",
        "../app.py",
        "%2e%2e/app.py",
        "..%2fapp.py",
        "modules/%2e%2e/index.html",
        "/etc/passwd",
        "%2fetc%2fpasswd",
        "vendor%5c..%5cindex.html",
        "index.html%00.js",
    ],
)
def test_no_other_file_leaves_the_package(browser: TestClient, path: str) -> None:
    """A path is looked up among the files that are shipped; it opens nothing."""
    answer = browser.get(f"/dashboard/{path}")
    assert answer.status_code == 404
    assert answer.json()["remedy"]


def test_vendor_files_are_what_their_publishers_released() -> None:
    """Each is listed with version, licence and digest, beside its licence's text."""
    listed = {each["file"]: each for each in json.loads((VENDOR / "manifest.json").read_text())}
    assert set(listed) == {path.name for path in VENDOR.glob("*.js")}
    for name, each in listed.items():
        assert hashlib.sha256((VENDOR / name).read_bytes()).hexdigest() == each["sha256"], name
        assert each["version"] in name
        assert all((VENDOR / text).stat().st_size for text in each["texts"])


def test_everything_that_a_file_refers_to_is_shipped() -> None:
    """No import of a module and no reference of the page leads to nowhere."""
    known = set(shipped())
    for path in OURS:
        pattern = REFERENCE if path.suffix == ".html" else IMPORT
        for target in pattern.findall(path.read_text()):
            if path.suffix == ".js" and f'import("{target}").' in path.read_text():
                continue
            base = PurePosixPath(path.relative_to(FOLDER)).parent
            assert resolved(base, target) in known, f"{path.name}: {target}"


def resolved(base: PurePosixPath, target: str) -> str:
    """Where a relative reference leads."""
    parts: list[str] = list(base.parts)
    for part in target.split("/"):
        if part == "..":
            parts.pop()
        elif part != ".":
            parts.append(part)
    return "/".join(parts)


@pytest.mark.parametrize("path", OURS, ids=lambda path: str(path.relative_to(FOLDER)))
def test_files_are_short_and_take_nothing_from_elsewhere(path: Path) -> None:
    """As in Python: no file over 400 lines; no host is named, no text becomes code."""
    text = path.read_text()
    assert len(text.splitlines()) <= MOST_LINES
    assert not FORBIDDEN.search(text)


def test_every_module_says_first_what_it_is_for() -> None:
    """The first line of a file is a comment."""
    for path in OURS:
        if path.suffix in {".js", ".css"}:
            assert path.read_text().startswith("/*"), path.name


def test_the_wheel_contains_the_dashboard() -> None:
    """Whoever installs the distribution has every file that is served, and the licences."""
    builder = WheelBuilder(str(ROOT))
    packed = {each.distribution_path for each in builder.recurse_included_files()}
    for path in FOLDER.rglob("*"):
        if suffix_of(path.name) in MEDIA_TYPES or VENDOR in path.parents:
            assert path.relative_to(ROOT).as_posix() in packed
