"""Names by presidio: refused with a remedy where it is missing, redacted where it is there."""

from importlib.util import find_spec
from pathlib import Path

import pytest
from pydantic import SecretBytes

from optiinfra_core.applications.privacy.names import PACKAGE, PresidioNames, Redactors
from optiinfra_core.errors import ConfigurationError
from optiinfra_core.settings import Settings

PEPPER = SecretBytes(b"p" * 32)
INSTALLED = find_spec(PACKAGE) is not None


@pytest.mark.skipif(INSTALLED, reason="presidio is installed here")
def test_names_without_presidio_are_refused_with_a_remedy() -> None:
    """A setting that cannot be kept stops the start; texts with names are not stored meanwhile."""
    with pytest.raises(ConfigurationError, match="presidio is not installed") as refusal:
        Redactors.of(Settings(redact_names=True), PEPPER)
    assert "optiinfra[presidio]" in refusal.value.remedy


def test_names_are_left_where_nobody_asked() -> None:
    """Without the setting nothing is loaded, and names stay."""
    redactor = Redactors.of(Settings(), PEPPER).customer("acme")
    assert redactor.redact("Ada Lovelace") == "Ada Lovelace"


class Surnames:
    """Finds one name, as a name finder would."""

    def find(self, text: str) -> list[tuple[str, int, int]]:
        """Where the name stands."""
        at = text.find("Lovelace")
        return [("NAME", at, at + len("Lovelace"))] if at >= 0 else []


def test_names_are_redacted_after_everything_else() -> None:
    """What has become a placeholder is not touched again, and one name has one placeholder."""
    redactor = Redactors(PEPPER, Surnames()).customer("acme")
    left = redactor.redact("Ada Lovelace, ada@example.com")
    assert left.startswith("Ada <NAME_")
    assert "<EMAIL_" in left
    assert redactor.redact(left) == left


@pytest.fixture
def model(tmp_path: Path) -> str:
    """A spaCy model in a folder that knows two names and a place."""
    spacy = pytest.importorskip("spacy")
    blank = spacy.blank("en")
    ruler = blank.add_pipe("entity_ruler")
    ruler.add_patterns(
        [
            {"label": "PERSON", "pattern": "Ada Lovelace"},
            {"label": "PERSON", "pattern": "Alan Turing"},
            {"label": "GPE", "pattern": "London"},
        ]
    )
    blank.to_disk(tmp_path / "model")
    return str(tmp_path / "model")


@pytest.mark.skipif(not INSTALLED, reason="presidio is not installed here")
@pytest.mark.filterwarnings("ignore")
def test_presidio_finds_names_and_places(model: str) -> None:
    """The real analyser over a model of ours: people and places become placeholders."""
    settings = Settings(redact_names=True, redact_names_model=model)
    redactor = Redactors.of(settings, PEPPER).customer("acme")
    left = redactor.redact("Ada Lovelace met Alan Turing in London; write to ada@example.com.")
    assert "Ada" not in left
    assert left.count("<NAME_") == 2
    assert left.count("<PLACE_") == 1
    assert left.count("<EMAIL_") == 1


@pytest.mark.skipif(not INSTALLED, reason="presidio is not installed here")
@pytest.mark.filterwarnings("ignore")
def test_a_model_that_is_missing_is_not_downloaded() -> None:
    """The refusal names the command; nothing is asked of the network."""
    with pytest.raises(ConfigurationError, match="not installed") as refusal:
        PresidioNames.load("en_core_web_missing")
    assert "spacy download en_core_web_missing" in refusal.value.remedy
