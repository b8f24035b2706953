"""What judges are asked; each rubric is versioned by a hash of every byte it asks with."""

from collections.abc import Mapping
from types import MappingProxyType

from optiinfra_core.applications.judgement import Evidence
from optiinfra_core.applications.rubrics.factuality import FACTUALITY_SUSPICION
from optiinfra_core.applications.rubrics.faithfulness import FAITHFULNESS
from optiinfra_core.applications.rubrics.quality import QUALITY
from optiinfra_core.applications.rubrics.rubric import Outcome, Rubric
from optiinfra_core.applications.rubrics.toxicity import TOXICITY

__all__ = ["RUBRICS", "Outcome", "Rubric", "applicable"]

RUBRICS: Mapping[str, Rubric] = MappingProxyType(
    {rubric.name: rubric for rubric in (QUALITY, FAITHFULNESS, FACTUALITY_SUSPICION, TOXICITY)}
)


def applicable(evidence: Evidence) -> tuple[str, ...]:
    """The names of the rubrics that can be asked of ``evidence``, in the order of RUBRICS."""
    return tuple(name for name, rubric in RUBRICS.items() if rubric.applies(evidence))
