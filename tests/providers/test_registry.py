"""The registry finds providers without loading any cloud's SDK, and refuses doubtful ones."""

import subprocess
import sys

import pytest

from optiinfra_core.errors import ConfigurationError, NotFound
from optiinfra_pipelines.registry import provider, providers, register


def test_the_list_is_found_without_loading_any_sdk() -> None:
    """A Dagster step imports the registry anew each time: SDKs would cost it seconds."""
    program = (
        "import sys\n"
        "from optiinfra_pipelines.registry import providers\n"
        "providers()\n"
        "heavy = {'boto3', 'botocore', 'pyarrow', 'google', 'azure', 'pandas', 'dagster'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    told = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert told.stdout.strip() == "[]"


def test_connecting_and_describing_a_provider_needs_no_sdk_either() -> None:
    """The API and the command line show what a credential takes without AWS's SDK."""
    program = (
        "import sys\n"
        "from optiinfra_pipelines.registry import provider\n"
        "provider('aws').credential.model_json_schema()\n"
        "print('botocore' in sys.modules)"
    )
    told = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert told.stdout.strip() == "False"


def test_an_unknown_provider_is_not_found_and_the_known_are_named() -> None:
    """Whoever mistypes reads what there is."""
    with pytest.raises(NotFound, match="'amazon'") as error:
        provider("amazon")
    assert "aws" in error.value.remedy


def test_each_provider_goes_by_its_folder() -> None:
    """The slug in tables and the folder in the tree are the same word."""
    for slug, found in providers().items():
        assert found.slug == slug
        assert type(found.collectors[0]).__module__.split(".")[-2] == slug


def test_two_providers_cannot_share_a_slug() -> None:
    """Which of two would write a customer's rows must not depend on the order of imports."""
    found = dict(providers())
    with pytest.raises(ConfigurationError, match="exists already"):
        register(found, "a package", providers()["aws"])


def test_an_entry_point_that_is_no_provider_is_refused() -> None:
    """The complaint names the package, so that it can be uninstalled."""
    with pytest.raises(ConfigurationError, match="a package offers str"):
        register({}, "a package", "not a provider")
