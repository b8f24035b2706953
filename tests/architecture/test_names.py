"""No code asks which cloud or which metric it has before it: manifests and catalogues tell."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from optiinfra_core.metrics import METRICS
from optiinfra_core.metrics.performance import UNITS
from optiinfra_pipelines.registry import providers

ROOT = Path(__file__).parents[2]
PACKAGES = ("optiinfra_core", "optiinfra_pipelines", "optiinfra_api", "optiinfra_cli")
PROVIDERS = ROOT / "optiinfra_pipelines" / "providers"
SOURCES = sorted(
    path
    for package in PACKAGES
    for path in (ROOT / package).rglob("*.py")
    if not path.is_relative_to(PROVIDERS)
)
# Series of one word, such as errors, are ordinary words too.
NAMES = frozenset({*(metric.name for metric in METRICS), *(name for name in UNITS if "_" in name)})
CONSTANTS = frozenset(metric.name.upper() for metric in METRICS)


def conditions(tree: ast.AST) -> Iterator[ast.expr]:
    """Everything that decides: comparisons, tests of branches and loops, cases of a match."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Compare):
            yield node
        elif isinstance(node, ast.If | ast.IfExp | ast.While | ast.Assert):
            yield node.test
        elif isinstance(node, ast.comprehension):
            yield from node.ifs
        elif isinstance(node, ast.MatchValue):
            yield node.value


def named(condition: ast.expr) -> set[str]:
    """The words in a condition: its texts, and the constants it names."""
    texts = {
        node.value
        for node in ast.walk(condition)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    constants = {node.id for node in ast.walk(condition) if isinstance(node, ast.Name)} & CONSTANTS
    return texts | constants


def decided_by(source: str) -> set[str]:
    """The clouds and metrics that conditions of ``source`` name."""
    forbidden = NAMES | CONSTANTS | providers().keys()
    return {
        word
        for condition in conditions(ast.parse(source))
        for word in named(condition)
        if word in forbidden
    }


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_no_condition_names_a_cloud_or_a_metric(path: Path) -> None:
    """A fifth cloud, or a fourth metric type, would have to be added to it."""
    assert decided_by(path.read_text(encoding="utf-8")) == set()


@pytest.mark.parametrize(
    "source",
    [
        'if slug == "aws": pass',
        'x = 1 if "cost" in names else 2',
        'y = [a for a in b if a.name != "cpu_utilization"]',
        "z = metric is COST",
        'match slug:\n    case "aws":\n        pass',
    ],
)
def test_a_condition_that_does_is_found(source: str) -> None:
    """In every form that Python has for it."""
    assert decided_by(source)
