"""Opens the judge that the settings describe, with the models that its server has today."""

from collections.abc import Iterable

from pydantic import SecretStr

from optiinfra_core.applications.spending import Spending
from optiinfra_core.errors import ConfigurationError, OptiInfraError
from optiinfra_core.settings import Settings
from optiinfra_pipelines.judging.bench import Bench
from optiinfra_pipelines.judging.client.dialects import Address, address
from optiinfra_pipelines.judging.client.server import Server
from optiinfra_pipelines.judging.groq_judge import GroqJudge, Means
from optiinfra_pipelines.judging.limits import Limiter
from optiinfra_pipelines.judging.models import chosen


def open_judge(
    settings: Settings, bench: Bench, spending: Spending, models: Iterable[str] = ()
) -> GroqJudge | None:
    """The judge; None where no key and no address is set. One call lists the server's models.

    Open one for a process: the plan is kept by it. ``on_behalf`` gives each application its own
    purse. ``models`` take the place of those in the settings.

    Raises:
        ConfigurationError: a server that needs a key has none, or it offers none of the models.
        CredentialRejected: the server refuses the key.
        Transient: it did not answer.
    """
    if not settings.has_judge:
        return None
    server = _server(address(settings.judge_base_url), settings.judge_api_key, bench)
    try:
        usable = chosen(tuple(models) or settings.judge_models, server.models())
    except OptiInfraError:
        server.close()
        raise
    limiter = Limiter(
        requests=settings.judge_requests_per_minute,
        tokens=settings.judge_tokens_per_minute,
        ticks=bench.ticks,
        sleep=bench.sleep,
    )
    means = Means(server=server, models=usable, limiter=limiter, bench=bench)
    return GroqJudge(means, spending)


def _server(where: Address, key: SecretStr | None, bench: Bench) -> Server:
    if where.dialect.needs_key and key is None:
        raise ConfigurationError(
            "the judge's server needs a key, and OPTIINFRA_JUDGE_API_KEY is not set",
            remedy="Create a key at https://console.groq.com/keys and set it.",
        )
    return Server(where, key, bench.read_seconds or where.dialect.read_seconds)
