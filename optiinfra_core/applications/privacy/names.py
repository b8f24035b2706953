"""Names, places and organisations by presidio, where the installation has it and asks for it."""

from collections.abc import Iterator
from importlib.util import find_spec
from typing import TYPE_CHECKING

from pydantic import SecretBytes

from optiinfra_core.applications.privacy.redact import NameFinder, Redactor
from optiinfra_core.errors import ConfigurationError
from optiinfra_core.settings import Settings

if TYPE_CHECKING:
    from presidio_analyzer import AnalyzerEngine

# presidio's entity -> the kind in placeholders. Other entities have a form: `kinds` finds them.
ENTITIES = {"PERSON": "NAME", "LOCATION": "PLACE", "ORGANIZATION": "ORG", "NRP": "GROUP"}
LEAST_SCORE = 0.5
# spaCy refuses texts of a million characters; a name across the seam of two pieces is missed.
PIECE = 100_000
PACKAGE = "presidio_analyzer"


class PresidioNames:
    """Finds names with presidio's analyser over a spaCy model. Safe for threads."""

    def __init__(self, analyzer: "AnalyzerEngine") -> None:
        self._analyzer = analyzer

    @classmethod
    def load(cls, model: str) -> "PresidioNames":
        """Load the spaCy model ``model``, an installed package or a folder; takes seconds.

        Raises:
            ConfigurationError: presidio or the model is not installed. Nothing is downloaded.
        """
        if find_spec(PACKAGE) is None:
            raise ConfigurationError(
                "OPTIINFRA_REDACT_NAMES is set, but presidio is not installed",
                remedy="Install `optiinfra[presidio]`, or unset OPTIINFRA_REDACT_NAMES.",
            )
        import spacy  # noqa: PLC0415 - optional, and takes seconds
        from presidio_analyzer import AnalyzerEngine  # noqa: PLC0415 - as above
        from presidio_analyzer.nlp_engine import NlpEngineProvider  # noqa: PLC0415 - as above

        try:
            spacy.load(model)  # presidio itself would try to download it
        except OSError:
            raise ConfigurationError(
                f"OPTIINFRA_REDACT_NAMES needs the spaCy model {model}, which is not installed",
                remedy=f"Run `python -m spacy download {model}`, or name another model with"
                " OPTIINFRA_REDACT_NAMES_MODEL.",
            ) from None
        engine = NlpEngineProvider(
            nlp_configuration={
                "nlp_engine_name": "spacy",
                "models": [{"lang_code": "en", "model_name": model}],
            }
        ).create_engine()
        return cls(AnalyzerEngine(nlp_engine=engine, supported_languages=["en"]))

    def find(self, text: str) -> Iterator[tuple[str, int, int]]:
        """Kind, start and end of each name, in order and without overlap."""
        for start in range(0, len(text), PIECE):
            yield from self._in_piece(text[start : start + PIECE], start)

    def _in_piece(self, piece: str, offset: int) -> Iterator[tuple[str, int, int]]:
        found = self._analyzer.analyze(
            piece, language="en", entities=list(ENTITIES), score_threshold=LEAST_SCORE
        )
        end = 0
        for each in sorted(found, key=lambda each: (each.start, -each.end)):
            if each.start >= end:
                end = each.end
                yield ENTITIES[each.entity_type], offset + each.start, offset + end


class Redactors:
    """A redactor for each customer, all with one name finder or none."""

    def __init__(self, pepper: SecretBytes, names: NameFinder | None = None) -> None:
        self._pepper = pepper
        self._names = names

    @classmethod
    def of(cls, settings: Settings, pepper: SecretBytes) -> "Redactors":
        """As the settings say.

        Raises:
            ConfigurationError: names are to be redacted and presidio or its model is missing.
        """
        wanted = settings.redact_names
        names = PresidioNames.load(settings.redact_names_model) if wanted else None
        return cls(pepper, names)

    def customer(self, customer_id: str) -> Redactor:
        """The redactor of one customer's texts."""
        return Redactor(self._pepper, customer_id, self._names)
