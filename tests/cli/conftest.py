"""One demo for every test that looks at a whole installation."""

import json
from collections.abc import Iterator

import pytest

from optiinfra_cli.supervisor.ports import first_free
from tests.cli.installed import Kept, demo, optiinfra


@pytest.fixture(scope="session")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kept]:
    """A demo that ended its work and stays up; stopped at the end."""
    folder = tmp_path_factory.mktemp("demo").resolve()
    try:
        answer = demo(folder, first_free(21000).api)
        assert answer.returncode == 0, answer.stdout
        yield Kept(folder, json.loads(answer.stdout))
    finally:
        optiinfra("down", "--data-dir", str(folder))
