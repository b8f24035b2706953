"""What the OpenAPI document allows, and what it does not, sent by two tenants over a socket."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode

from optiinfra_api.app import create_app
from tests.api.fuzzing import (
    SEEDS,
    Person,
    answered,
    asked,
    furnish,
    leaked,
    operations,
    replayed,
    schema,
)
from tests.api.house import House
from tests.dashboard.served import served

# The API answers in a thread of this process; what draws numbers there is no strategy.
pytestmark = pytest.mark.filterwarnings("ignore:Do not use the `random` module")
KEPT = json.loads(SEEDS.read_text())
SEED = KEPT["seed"]
MODES = {"allowed": GenerationMode.POSITIVE, "forbidden": GenerationMode.NEGATIVE}
ASKED = [(name, mode) for mode in MODES for name in operations(negated=mode == "forbidden")]
# The same requests in every run of the gate.
GATE = settings(
    max_examples=4,
    derandomize=True,
    database=None,
    deadline=None,
    phases=(Phase.generate, Phase.shrink),
    suppress_health_check=list(HealthCheck),
)
LONG = settings(GATE, max_examples=100, derandomize=False)


@pytest.fixture(scope="module")
def people(furnished: House) -> tuple[Person, Person]:
    """Acme and Globex."""
    return furnish(furnished)


@pytest.fixture(scope="module")
def address(furnished: House, people: object) -> Iterator[str]:
    """Where the furnished API answers."""
    with served(create_app(furnished.settings, furnished.servers, furnished.clock)) as url:
        yield url


@pytest.fixture(scope="module")
def described() -> dict[str, Any]:
    """The operations of the committed document, by name."""
    found = (result.ok() for result in schema().get_all_operations())
    return {each.definition.raw["operationId"]: each for each in found}


@pytest.fixture(scope="module")
def session() -> Iterator[requests.Session]:
    """Connections that are kept."""
    with requests.Session() as kept:
        yield kept


@pytest.fixture
def probe(
    address: str,
    people: tuple[Person, Person],
    described: dict[str, Any],
    session: requests.Session,
) -> Any:
    """Asks one operation as both tenants, as often as ``wanted`` says."""

    def run(name: str, mode: GenerationMode, wanted: settings) -> None:
        @seed(SEED)
        @wanted
        @given(data=st.data(), who=st.permutations(people))
        def ask(data: st.DataObject, who: list[Person]) -> None:
            me, other = who
            request = data.draw(asked(described[name], mode, me, other))
            response = answered(request, address, session, me)
            assert not leaked(response, other), response.url

        ask()

    return run


@pytest.mark.parametrize(("name", "mode"), ASKED)
def test_every_answer_is_one_that_the_document_promises(probe: Any, name: str, mode: str) -> None:
    """No server error, no undocumented status or shape, no other tenant's names honoured."""
    probe(name, MODES[mode], GATE)


@pytest.mark.parametrize("found", KEPT["found"], ids=lambda found: found["operation"])
def test_what_was_found_once_stays_right(
    address: str, people: tuple[Person, Person], described: dict[str, Any], found: dict[str, Any]
) -> None:
    """Each request that once got a wrong answer gets one that the document promises."""
    statuses = replayed(found, described[found["operation"]], address, people[0])
    assert statuses[-1] == found["status"]


@pytest.mark.long
@pytest.mark.timeout(3600)
@pytest.mark.parametrize(("name", "mode"), ASKED)
def test_the_same_for_longer(probe: Any, name: str, mode: str) -> None:
    """Hundreds of requests of each operation."""
    probe(name, MODES[mode], LONG)
