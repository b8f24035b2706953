"""How instrumentations spell a call: one table of names and readers, whoever asks."""

from optiinfra_core.applications.dialects import opentelemetry, vendors
from optiinfra_core.applications.dialects.dialect import Dialect

# In the order they are asked: the first that tells a text tells it all.
DIALECTS: tuple[Dialect, ...] = (
    opentelemetry.MESSAGES,
    opentelemetry.EVENT,
    opentelemetry.INDEXED,
    vendors.OPENINFERENCE,
    vendors.VERCEL,
    vendors.MLFLOW,
    vendors.GOOGLE_ADK,
    vendors.PYDANTIC_AI,
    vendors.LANGFUSE,
    opentelemetry.EVENTS,
    vendors.GENERIC,
)
# Where no text was told, the dialect is known by how its names begin; gen_ai last, all use it.
MARKED: tuple[Dialect, ...] = (
    vendors.OPENINFERENCE,
    vendors.VERCEL,
    vendors.MLFLOW,
    vendors.GOOGLE_ADK,
    vendors.PYDANTIC_AI,
    vendors.LANGFUSE,
    opentelemetry.MESSAGES,
)
