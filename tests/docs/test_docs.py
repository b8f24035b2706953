"""The pages say what the code says: every setting, error, column, path, scope and dependency."""

import json
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.session import Session
from botocore.validate import validate_parameters

from docs import generate
from optiinfra_api import problems
from optiinfra_core.errors import OptiInfraError
from optiinfra_core.metrics import METRICS
from optiinfra_core.settings import Settings
from optiinfra_core.tenancy.api_keys import SCOPES
from optiinfra_pipelines.providers import aws
from optiinfra_pipelines.registry import provider

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = sorted(
    (*DOCS.rglob("*.md"), *ROOT.glob("*.md"), *ROOT.glob("optiinfra_*/providers/*/README.md"))
)
LINK = re.compile(r"\]\((?P<target>[^)#\s]*)(?:#(?P<anchor>[^)\s]+))?\)")
PROVED_BY = re.compile(r"`(?P<file>tests/\S+\.py)(?:::(?P<name>test_\w+))?`")
JSON_BLOCK = re.compile(r"^```json\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def page(name: str) -> str:
    """The text of a page."""
    return (DOCS / name).read_text()


def kinds(kind: type[OptiInfraError] = OptiInfraError) -> Iterator[type[OptiInfraError]]:
    """Every kind of error."""
    yield kind
    for narrower in kind.__subclasses__():
        yield from kinds(narrower)


@pytest.mark.parametrize("name", generate.PAGES)
def test_generated_tables_are_current(name: str) -> None:
    """`python -m docs.generate` was run after the last change of settings, metrics or tables."""
    assert page(name) == generate.current(page(name))


def test_every_setting_and_column_is_documented() -> None:
    """The generator leaves none out."""
    told = page("settings.md")
    assert all(f"`OPTIINFRA_{name.upper()}`" in told for name in Settings.model_fields)
    told = page("data-dictionary.md")
    for metric in METRICS:
        assert f"`{metric.table}`" in told
        assert all(f"| `{column.name}` |" in told for column in metric.columns)
    tables = {found["name"] for found in generate.migrated()}
    assert len(tables) > len(METRICS)
    assert all(table in told for table in tables)


@pytest.mark.parametrize("kind", tuple(kinds()), ids=lambda kind: kind.__name__)
def test_every_error_has_its_section(kind: type[OptiInfraError]) -> None:
    """Its code is a heading; title, remedy and whether waiting helps are those of the code."""
    found = re.search(
        rf"^## {kind.code}\n(.*?)(?=^## |\Z)", page("faults.md"), re.MULTILINE | re.DOTALL
    )
    assert found is not None
    section = found[1]
    assert f"{kind.title}. Waiting {'can help' if kind.retryable else 'does not help'}." in section
    assert f"| remedy | {kind.default_remedy} |" in section
    for line in ("| means | ", "| the program | ", "| you | "):
        assert line in section


def test_every_proof_that_is_named_exists() -> None:
    """The tests that the tables of faults.md name are there, and their cases too."""
    text = page("faults.md")
    for file, name in PROVED_BY.findall(text):
        assert not name or f"def {name}(" in (ROOT / file).read_text(), f"{file}::{name}"
    named = re.findall(r"`::(test_\w+)`", text)
    sources = "".join(path.read_text() for path in (ROOT / "tests").rglob("test_*.py"))
    assert all(f"def {name}(" in sources for name in named)
    cases = re.findall(r"`\[([^]`]+)\]`", text)
    tables = ("tests/faults/test_bad_input.py", "tests/api/test_bad_input.py")
    known = "".join((ROOT / table).read_text() for table in tables)
    assert len(cases) > 15
    assert all(f'"{case}"' in known for case in cases)


def test_every_path_scope_and_problem_of_the_api_is_documented() -> None:
    """Paths as in the OpenAPI document, each scope, each type of problem."""
    told = page("api.md") + page("applications.md") + page("application-quality.md")
    described = json.loads(page("openapi.json"))
    paths = [
        path for path in described["paths"] if f"{path}`" not in told and f"{path} " not in told
    ]
    assert [path for path in paths if path not in ("/livez", "/readyz", "/metrics")] == []
    assert all(f"`{scope}`" in told for scope in SCOPES)
    codes = {kind.code for kind in problems.KINDS.values()} | {problems.INTERNAL.code}
    assert all(f"`{code}`" in told for code in codes)


def test_every_dependency_has_its_reason() -> None:
    """Each requirement of pyproject.toml stands in docs/dependencies.md."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = [one for extra in project["optional-dependencies"].values() for one in extra]
    names = {re.split(r"[\[<>=!~;]", one)[0] for one in (*project["dependencies"], *extras)}
    told = set(re.findall(r"[\w.-]+", page("dependencies.md").lower()))
    assert names - told == set()


def test_every_permission_and_field_of_aws_is_explained() -> None:
    """The policy that is shipped, the credential's fields, and AWS's own schema of an export."""
    told = page("connecting-aws.md")
    policy = json.loads((Path(aws.__path__[0]) / "policy.json").read_text())
    actions = [action for statement in policy["Statement"] for action in statement["Action"]]
    assert all(f"`{action}`" in told for action in actions)
    assert all(f"`{field}`" in told for field in provider("aws").credential.model_fields)
    trust, export = (json.loads(block) for block in JSON_BLOCK.findall(told))
    assert trust["Statement"][0]["Action"] == "sts:AssumeRole"
    service: Any = Session().get_service_model("bcm-data-exports")
    shape = service.operation_model("CreateExport").input_shape
    validate_parameters({"Export": export}, shape)


def test_every_page_is_in_the_navigation() -> None:
    """What is not there is found by nobody."""
    told = set(re.findall(r"\S+\.md", (ROOT / "mkdocs.yml").read_text()))
    assert told == {str(path.relative_to(DOCS)) for path in DOCS.rglob("*.md")}


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_resolve(path: Path) -> None:
    """Every link between pages leads to a file, and to a heading of it."""
    text = path.read_text()
    for link in LINK.finditer(text):
        target, anchor = link["target"], link["anchor"]
        if target.startswith(("http:", "https:", "mailto:")):
            continue
        file = (path.parent / target).resolve() if target else path
        assert file.exists(), f"{path.name}: {target}"
        if anchor:
            assert anchor in anchors(file.read_text()), f"{path.name}: {target}#{anchor}"


def anchors(text: str) -> set[str]:
    """What headings can be linked as."""
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_page_names_a_path_of_one_machine(path: Path) -> None:
    """Pages are for every machine."""
    text = path.read_text()
    found = re.findall(r"(?:\.\./shared|/home/\w+)", text)
    assert found == []
