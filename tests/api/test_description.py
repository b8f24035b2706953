"""The OpenAPI description is committed, stable, and says how to authenticate."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from optiinfra_api.app import create_app
from optiinfra_core.settings import Settings

ROOT = Path(__file__).parents[2]
COMMITTED = ROOT / "docs" / "openapi.json"
FORBIDDEN = ("dagster", "dagster_graphql", "boto3", "botocore", "pandas", "google", "azure")


@pytest.fixture(scope="module")
def description() -> dict[str, Any]:
    """The description of the application as it is."""
    return create_app(Settings()).openapi()


def test_the_committed_description_is_that_of_the_code(description: dict[str, Any]) -> None:
    """A change of the API is seen in review: `optiinfra openapi docs/openapi.json` writes it."""
    description["info"]["version"] = "0"
    committed = json.loads(COMMITTED.read_text())
    committed["info"]["version"] = "0"
    assert committed == json.loads(json.dumps(description))


def operations(description: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    """Method, path and description of every operation."""
    return [
        (method, path, operation)
        for path, methods in description["paths"].items()
        for method, operation in methods.items()
    ]


def test_every_operation_has_a_name_of_its_own_and_a_tag(description: dict[str, Any]) -> None:
    """Generated clients name their methods after them."""
    found = operations(description)
    names = [operation["operationId"] for _, _, operation in found]
    assert len(names) == len(set(names))
    tags = {tag["name"] for tag in description["tags"]}
    assert all(set(operation["tags"]) <= tags for _, _, operation in found)
    assert all(operation["description"] for _, _, operation in found)


def test_all_but_health_asks_for_a_key(description: dict[str, Any]) -> None:
    """Bearer or X-API-Key; the errors are described as problems."""
    assert set(description["components"]["securitySchemes"]) == {"Bearer", "ApiKey"}
    for _, path, operation in operations(description):
        if path in {"/livez", "/readyz"}:
            continue
        assert operation["security"], path
        for status in ("401", "404", "422", "503"):
            problem = {"schema": {"$ref": "#/components/schemas/Problem"}}
            content = operation["responses"][status]["content"]
            assert content == {"application/problem+json": problem}, path
    assert "remedy" in description["components"]["schemas"]["Problem"]["required"]


def test_no_answer_is_a_bare_dictionary(description: dict[str, Any]) -> None:
    """Every JSON answer has a named shape."""
    for _, path, operation in operations(description):
        for status, response in operation["responses"].items():
            schema = response.get("content", {}).get("application/json", {}).get("schema")
            if status.startswith("2") and schema is not None:
                assert "$ref" in schema, path


def test_serving_needs_no_orchestrator_no_sdk_and_no_data_frames() -> None:
    """A fresh interpreter that made the application has imported none of them."""
    program = (
        "import sys; from optiinfra_api.app import create_app;"
        "from optiinfra_core.settings import Settings; create_app(Settings());"
        f"print([name for name in {FORBIDDEN!r} if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
        timeout=60,
    )
    assert done.stdout.strip() == "[]"
