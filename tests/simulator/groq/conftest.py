"""A double of Groq, the unmodified SDK against it, and questions as a judge asks them."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from groq import Groq

from optiinfra_core.applications.rubrics import RUBRICS
from optiinfra_simulator.groq.cards import PERFECT, Card
from optiinfra_simulator.groq.double import GroqDouble, Setup

SMALL, LARGE = "openai/gpt-oss-20b", "openai/gpt-oss-120b"
CARDS = (Card(id=SMALL, fingerprint="fp_small"), Card(id=LARGE, fingerprint="fp_large"))
QUESTION = "How long is the warranty? My reference is a1b2c3."
RIGHT = "Good question. The warranty lasts two years from the date of purchase."
WRONG = "Good question. The warranty lasts six months from the date of purchase."
ASIDE = "Good question. Our gift cards make a fine present for any occasion."
RUDE = f"{RIGHT} Shut up and read the page, you moron."
SOURCES = ["Every device has a warranty of two years from the date of purchase."]


def asked(rubric: str, answer: str, **changed: Any) -> dict[str, Any]:
    """The parameters of a completion that judges an answer by a rubric."""
    found = RUBRICS[rubric]
    line = json.dumps({"question": QUESTION, "sources": SOURCES, "answer": answer})
    mark = "=====evidence 0a1b2c====="
    turn = f"Evidence follows between two lines that read {mark}\n{mark}\n{line}\n{mark}\nDone."
    form = {"name": rubric, "strict": True, "schema": found.schema()}
    return {
        "model": SMALL,
        "messages": [
            {"role": "system", "content": found.system},
            {"role": "user", "content": turn},
        ],
        "response_format": {"type": "json_schema", "json_schema": form},
        "max_completion_tokens": 900,
        "reasoning_effort": "low",
        "seed": 0,
        **changed,
    }


def judged(client: Groq, rubric: str, answer: str, **changed: Any) -> Mapping[str, Any]:
    """The JSON object that the model answers."""
    completion = client.chat.completions.create(**asked(rubric, answer, **changed))
    found: Mapping[str, Any] = json.loads(completion.choices[0].message.content or "")
    return found


@pytest.fixture
def double() -> Iterator[GroqDouble]:
    """A double whose models never err."""
    assert dict(CARDS[0].acuity) == dict(PERFECT)
    with GroqDouble(Setup(cards=CARDS)) as served:
        yield served


@pytest.fixture
def client(double: GroqDouble) -> Iterator[Groq]:
    """The SDK, which repeats nothing by itself."""
    made = Groq(api_key=double.key, base_url=double.base_url, max_retries=0, timeout=10)
    with made as opened:
        yield opened
