"""The furnished customers' applications: two days of calls, a part of them judged."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from typing_extensions import override

from optiinfra_core.tenancy.quality_alarms import QualityAlarm, QualityAlarms, Series
from optiinfra_core.windows import DAY
from tests.api.applications import note
from tests.api.house import CANARY, NOW, House
from tests.core.warehouse.judged import MODEL, RUBRIC, Applications

SUPPORT, SEARCH = "support.assistant", "shop.search"
BEGAN = NOW - timedelta(hours=20)
ALARM = UUID("00000000-0000-4000-8000-000000000001")
TEXT = "Where is my parcel?"
FAITHFUL: dict[str, Any] = {"metric_type": "hallucination", "metric_name": "faithfulness"}
TOXIC: dict[str, Any] = {"metric_type": "toxicity", "metric_name": "toxicity"}
Scores = dict[int, float | None]


@dataclass
class Unhurried(Applications):
    """An application that is called every four minutes."""

    @override
    def at(self, number: int) -> datetime:
        """When the call with this number began."""
        return self.began + timedelta(minutes=4 * (number % 300))


def passing(numbers: range, every: int) -> Scores:
    """All pass but one in ``every``."""
    return {number: 0.2 if number % every == 0 else 1.0 for number in numbers}


def furnish_support(house: House) -> None:
    """300 calls to two models; 120 of them judged on three metrics, some labelled by people."""
    support = Unhurried(house.warehouse, "acme", SUPPORT, BEGAN)
    ask = {"input_parts": [f'["span",0,"user","{TEXT}"]']}
    support.calls(range(200), **ask)
    support.calls(range(200, 280), model="claude-haiku", llm_vendor="anthropic", latency_ms=640.0)
    support.calls(range(280, 300), error_type="timeout", cost_usd=None, output_tokens=None)
    support.samples(range(120))
    support.scores(passing(range(100), 8))
    support.scores(dict.fromkeys(range(100, 104)), status="error", reason="timeout")
    support.scores({110: 1.0}, tamper=True)
    support.scores(dict.fromkeys(range(1, 60), 0.0), **FAITHFUL, passed=True)
    support.scores(dict.fromkeys(range(60, 66), 0.7), **FAITHFUL, passed=False)
    support.scores(dict.fromkeys(range(80), 0.01), **TOXIC, passed=True)
    support.labels({number: number % 8 == 0 for number in range(40)})
    for ago in range(8):
        worse = 4 if ago == 0 else 1
        start = BEGAN.replace(hour=14, minute=0) - ago * DAY
        support.window(start, judged=25, not_passed=worse)
        support.window(start + timedelta(hours=8), judged=25, not_passed=worse)
    note(house, "acme", SUPPORT)


def furnish_search(house: House) -> None:
    """60 calls that nobody judges."""
    Unhurried(house.warehouse, "acme", SEARCH, BEGAN).calls(range(1000, 1060), latency_ms=210.0)
    note(house, "acme", SEARCH)


def furnish_conversations(house: House) -> None:
    """Two applications of acme, an alarm over one; globex has one that nobody else may see."""
    furnish_support(house)
    furnish_search(house)
    QualityAlarms(house.database).raise_once(
        QualityAlarm(
            id=ALARM,
            series=Series("acme", SUPPORT, "prod", "quality", "groq", MODEL, RUBRIC),
            provider="aws",
            raised_at=NOW - timedelta(hours=3),
            began_at=NOW - timedelta(hours=5),
            baseline_rate=0.04,
            current_rate=0.16,
            evidence=4.2,
            judged=50,
            attributed_to="model",
            attributed_value="claude-haiku",
            detail="16 % of answers fail, 4 % did before.",
        )
    )
    theirs = Applications(house.warehouse, "globex", f"{CANARY}.bot", BEGAN)
    theirs.calls([1], model=CANARY)
    note(house, "globex", f"{CANARY}.bot")
