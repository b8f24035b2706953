"""Range queries of a Prometheus that a customer names; its values are not trusted."""

import base64
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from optiinfra_core.collecting.gate import Gate
from optiinfra_core.collecting.retrying import retrying
from optiinfra_core.errors import Malformed
from optiinfra_core.windows import Window
from optiinfra_pipelines.providers.vultr.client.reach import Place, permitted_source
from optiinfra_pipelines.providers.vultr.client.refusals import Answer, metrics_refusal
from optiinfra_pipelines.providers.vultr.client.wire import Request, Wire
from optiinfra_pipelines.providers.vultr.credential import Prometheus

OK = 200
# Prometheus refuses more than 11,000 points of a series in one answer (its HTTP API).
MOST_POINTS = 11_000
LARGEST_ANSWER = 32 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Series:
    """One series: its labels, and values by the instant they were taken at."""

    labels: Mapping[str, str]
    values: Mapping[datetime, float]


class Metrics:
    """Asks one Prometheus. The address is checked when it is first asked."""

    def __init__(self, gate: Gate, source: Prometheus) -> None:
        self.source = source
        self._gate = gate
        self._wire = Wire(gate, LARGEST_ANSWER)

    @cached_property
    def place(self) -> Place:
        """Where it is, checked once.

        Raises:
            InvalidRequest: requests may not be sent there.
        """
        return permitted_source(self.source.url, self._gate)

    def close(self) -> None:
        """Close the connections."""
        self._wire.close()

    def ranges(self, query: str, span: Window, step: int) -> Iterator[Series]:
        """Values at ``step`` seconds after the start of ``span`` and so on until its end.

        Raises:
            Malformed: the answer is not a matrix.
        """
        form = {
            "query": query,
            "start": str(int(span.start.timestamp()) + step),
            "end": str(int(span.end.timestamp())),
            "step": str(step),
        }
        answer = retrying(self._gate, lambda: self._once(form))
        return _matrix(answer)

    def _once(self, form: Mapping[str, str]) -> Answer:
        answer = self._wire.send(
            Request(
                method="POST",
                url=f"{self.place.url}/api/v1/query_range",
                operation="prometheus:query_range",
                headers={
                    **self._access(),
                    **({"Host": self.place.host} if self.place.host else {}),
                },
                form=form,
                server_name=self.place.host,
            )
        )
        if answer.status != OK:
            raise metrics_refusal(answer)
        return answer

    def _access(self) -> Mapping[str, str]:
        token, password = self.source.bearer_token, self.source.password
        if token is not None:
            return {"Authorization": f"Bearer {token.get_secret_value()}"}
        if password is not None:
            pair = f"{self.source.username}:{password.get_secret_value()}"
            return {"Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}
        return {}


def _matrix(answer: Answer) -> Iterator[Series]:
    try:
        data = json.loads(answer.body)["data"]
        matrix = {"matrix": data["result"]}[data["resultType"]]
        found = [_series(one) for one in matrix]
    except (ValueError, KeyError, TypeError) as surprise:
        raise Malformed(
            "Prometheus answered something that is not a matrix",
            sample=f"{type(surprise).__name__}",
        ) from None
    return iter(found)


def _series(told: Mapping[str, Any]) -> Series:
    values = {datetime.fromtimestamp(float(at), UTC): float(value) for at, value in told["values"]}
    return Series({str(k): str(v) for k, v in told["metric"].items()}, values)
