"""What loading a part of the program costs and pulls in: looked at in fresh interpreters."""

import json
import subprocess
import sys

import pytest

CLOUD_SDKS = ("boto3", "botocore", "google.cloud", "google.auth", "azure", "groq", "moto")
PROBE = """
import json, resource, sys
def cpu():
    return resource.getrusage(resource.RUSAGE_SELF).ru_utime
{before}
start = cpu()
{body}
print(json.dumps({{"cpu": cpu() - start, "modules": sorted(sys.modules)}}))
"""


def loaded(body: str, before: str = "") -> dict[str, object]:
    """Modules and CPU seconds after ``body`` in an interpreter with an empty environment."""
    code = PROBE.format(body=body, before=before)
    done = subprocess.run(
        [sys.executable, "-c", code], env={"HOME": "/nonexistent"}, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr.decode()
    answer: dict[str, object] = json.loads(done.stdout.splitlines()[-1])
    return answer


def found(modules: object, names: tuple[str, ...]) -> set[str]:
    """Which of ``names`` are among the loaded modules."""
    assert isinstance(modules, list)
    return {name for name in names if name in modules}


def test_definitions_load_with_an_empty_environment_and_without_any_sdk() -> None:
    """The daemon, the code server and every run pay for what definitions import."""
    told = loaded(
        "from optiinfra_pipelines.definitions import defs; d = defs()\n"
        "assert d.resolve_all_job_defs()",
        before="import dagster",
    )
    assert found(told["modules"], (*CLOUD_SDKS, "pandas", "fastapi", "chdb")) == set()


def test_definitions_take_less_than_two_cpu_seconds_more_than_dagster() -> None:
    """A budget with room for a slow machine: 0.9 CPU seconds were measured."""
    told = loaded("from optiinfra_pipelines.definitions import defs; defs()", "import dagster")
    assert isinstance(told["cpu"], float)
    assert told["cpu"] < 2.0


@pytest.mark.parametrize(
    ("body", "unwanted"),
    [
        ("import optiinfra_core.collecting.contract", (*CLOUD_SDKS, "dagster", "fastapi")),
        ("import optiinfra_pipelines.registry as r; r.providers()", (*CLOUD_SDKS, "dagster")),
        ("import optiinfra_pipelines.collection.runner", (*CLOUD_SDKS, "dagster", "fastapi")),
        ("import optiinfra_api.app", (*CLOUD_SDKS, "dagster", "pandas")),
        (
            "import optiinfra_cli.__main__",
            (*CLOUD_SDKS, "dagster", "pandas", "fastapi", "clickhouse_connect"),
        ),
    ],
)
def test_a_part_pulls_in_nothing_it_does_not_use(body: str, unwanted: tuple[str, ...]) -> None:
    """Heavy and foreign modules are loaded where they are used, inside functions."""
    assert found(loaded(body)["modules"], unwanted) == set()
