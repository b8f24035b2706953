"""What is kept of prompts and answers: taken out, replaced or hashed before anything is stored."""

from optiinfra_core.applications.privacy.kept import KeptInteraction, kept
from optiinfra_core.applications.privacy.redact import Redactor
from optiinfra_core.applications.privacy.rules import TextRules

__all__ = ["KeptInteraction", "Redactor", "TextRules", "kept"]
