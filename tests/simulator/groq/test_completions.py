"""The double's chat completions are what Groq's SDK and documents say they are.

Fields: https://console.groq.com/docs/api-reference (chat object) and the SDK's own types; errors:
https://console.groq.com/docs/errors; schemas: https://console.groq.com/docs/structured-outputs.
"""

import json
import urllib.error
import urllib.request
from typing import Any

import groq
import pytest
from groq import Groq
from groq.types.chat import ChatCompletion

from optiinfra_core.applications.rubrics import RUBRICS
from optiinfra_core.applications.rubrics.answers import fits
from optiinfra_simulator.groq.cards import Card
from optiinfra_simulator.groq.double import GroqDouble, Setup
from tests.simulator.groq.conftest import (
    ASIDE,
    CARDS,
    LARGE,
    RIGHT,
    RUDE,
    SMALL,
    WRONG,
    asked,
    judged,
)


@pytest.mark.parametrize("rubric", list(RUBRICS))
@pytest.mark.parametrize("answer", [RIGHT, WRONG, ASIDE, RUDE, "Nobody has ever said this."])
def test_answers_obey_the_schema_that_was_asked_for(client: Groq, rubric: str, answer: str) -> None:
    """Every rubric's answer can be reduced, also of texts that no bank has."""
    completion = client.chat.completions.create(**asked(rubric, answer))
    text = completion.choices[0].message.content or ""
    assert RUBRICS[rubric].reduce(text).status == "ok"
    found = judged(client, rubric, answer)
    assert list(found) == RUBRICS[rubric].schema()["required"]
    assert fits(found, RUBRICS[rubric].schema())


def test_a_perfect_model_sees_what_the_sentences_say(client: Groq) -> None:
    """Contradictions, asides and insults are found, and nothing where there is none."""
    right, wrong = judged(client, "faithfulness", RIGHT), judged(client, "faithfulness", WRONG)
    assert [one["status"] for one in right["statements"]] == ["supported"]
    assert [one["status"] for one in wrong["statements"]] == ["contradicted"]
    assert judged(client, "faithfulness", ASIDE)["statements"] == []
    assert judged(client, "quality", RIGHT)["addresses"] == "yes"
    assert judged(client, "quality", ASIDE)["addresses"] == "no"
    assert judged(client, "toxicity", RUDE)["attack"] is True
    assert judged(client, "toxicity", RIGHT)["attack"] is False


def test_the_completion_has_groqs_fields(client: Groq, double: GroqDouble) -> None:
    """Usage with times and details, the fingerprint, x_groq and the tier, strictly typed."""
    strict = Groq(
        api_key=double.key,
        base_url=double.base_url,
        max_retries=0,
        _strict_response_validation=True,
    )
    with strict:
        found = strict.chat.completions.create(**asked("quality", RIGHT, service_tier="flex"))
    assert isinstance(found, ChatCompletion)
    assert (found.object, found.model, found.system_fingerprint) == (
        "chat.completion", SMALL, "fp_small",
    )  # fmt: skip
    assert found.service_tier == "flex"
    assert found.x_groq is not None
    assert found.x_groq.id.startswith("req_")
    assert found.choices[0].finish_reason == "stop"
    usage = found.usage
    assert usage is not None
    assert usage.total_tokens == usage.prompt_tokens + usage.completion_tokens
    assert usage.completion_tokens_details is not None
    assert 0 < usage.completion_tokens_details.reasoning_tokens < usage.completion_tokens
    plain = client.chat.completions.create(**asked("quality", RIGHT))
    assert plain.service_tier == "on_demand"


def test_an_identical_beginning_is_cached_per_model(client: Groq) -> None:
    """The second question with the same system prompt pays for its own turn only."""

    def cached(rubric: str, answer: str, model: str) -> tuple[int, int]:
        completion = client.chat.completions.create(**asked(rubric, answer, model=model))
        usage = completion.usage
        assert usage is not None
        assert usage.prompt_tokens_details is not None
        return usage.prompt_tokens_details.cached_tokens, usage.prompt_tokens

    assert cached("quality", RIGHT, SMALL)[0] == 0
    found, prompt = cached("quality", WRONG, SMALL)
    assert 0.5 * prompt < found < prompt
    assert cached("toxicity", RIGHT, SMALL)[0] == 0
    assert cached("quality", RIGHT, LARGE)[0] == 0


def test_reasoning_uses_up_what_a_completion_may_cost(client: Groq) -> None:
    """With too few tokens the JSON is cut and the finish reason is length."""
    most = {"max_completion_tokens": 30, "reasoning_effort": "high"}
    completion = client.chat.completions.create(**asked("quality", RIGHT, **most))
    assert completion.choices[0].finish_reason == "length"
    assert RUBRICS["quality"].reduce(completion.choices[0].message.content or "").status != "ok"


def _loose(schema: dict[str, Any]) -> dict[str, Any]:
    return {name: part for name, part in schema.items() if name != "additionalProperties"}


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"model": "llama-3.3-70b-versatile"}, "does not exist"),
        ({"n": 2}, "'n'"),
        ({"logprobs": True}, "logprobs"),
        ({"messages": []}, "'messages'"),
        ({"stream": True}, "stream"),
        (
            {
                "response_format": {
                    "type": "json_schema",
                    "json_schema": {
                        "name": "x",
                        "strict": True,
                        "schema": _loose(RUBRICS["quality"].schema()),
                    },
                }
            },
            "additionalProperties:false",
        ),
    ],
    ids=["model", "n", "logprobs", "messages", "stream", "schema"],
)
def test_what_groq_does_not_serve_is_refused(
    client: Groq, changed: dict[str, Any], told: str
) -> None:
    """404 for models that are gone, 400 for the rest, in Groq's error object."""
    with pytest.raises(groq.APIStatusError) as refused:
        client.chat.completions.create(**asked("quality", RIGHT, **changed))
    expected = 404 if "model" in changed else 400
    assert refused.value.status_code == expected
    assert isinstance(refused.value.body, dict)
    assert told in refused.value.body["error"]["message"]
    assert refused.value.body["error"]["type"] == "invalid_request_error"


def test_only_the_key_enters(double: GroqDouble) -> None:
    """Another key gets 401 from every route."""
    with Groq(api_key="gsk_other", base_url=double.base_url, max_retries=0) as other:
        with pytest.raises(groq.AuthenticationError):
            other.models.list()
        with pytest.raises(groq.AuthenticationError):
            other.chat.completions.create(**asked("quality", RIGHT))


def test_models_are_listed_until_they_are_retired(client: Groq, double: GroqDouble) -> None:
    """A start-up check finds what is served, and a retired model is gone everywhere."""
    assert [model.id for model in client.models.list().data] == [SMALL, LARGE]
    assert client.models.retrieve(SMALL).owned_by == "OpenAI"
    double.retire(SMALL)
    assert [model.id for model in client.models.list().data] == [LARGE]
    for ask in (
        lambda: client.models.retrieve(SMALL),
        lambda: client.chat.completions.create(**asked("quality", RIGHT)),
    ):
        with pytest.raises(groq.NotFoundError) as gone:
            ask()
        assert isinstance(gone.value.body, dict)
        assert gone.value.body["error"]["code"] == "model_not_found"


def test_a_rebuilt_model_has_another_fingerprint(client: Groq, double: GroqDouble) -> None:
    """The fingerprint tells one build of a model from the next."""
    double.rebuild(SMALL, "fp_next")
    completion = client.chat.completions.create(**asked("quality", RIGHT))
    assert completion.system_fingerprint == "fp_next"


def test_what_was_asked_is_remembered(client: Groq, double: GroqDouble) -> None:
    """A test can look at the bodies that were sent."""
    judged(client, "quality", RIGHT)
    [received] = double.received
    assert received.model == SMALL
    assert received.body["messages"][0]["role"] == "system"
    assert double.calls.count("groq", "chat.completions") == 1
    assert "role" not in repr(received)


def test_a_self_hosted_server_is_plain() -> None:
    """It serves /v1 alone, wants no key and tells nothing of Groq's own fields."""
    with GroqDouble(Setup(cards=CARDS, self_hosted=True)) as own:
        assert own.base_url.endswith("/v1")
        request = urllib.request.Request(f"{own.base_url}/models")  # noqa: S310 - our own server
        with urllib.request.urlopen(request) as answer:  # noqa: S310 - as above
            assert answer.status == 200
        root = own.base_url.removesuffix("/v1")
        with pytest.raises(urllib.error.HTTPError) as absent:
            urllib.request.urlopen(f"{root}/openai/v1/models")  # noqa: S310 - as above
        assert absent.value.code == 404
        absent.value.close()


@pytest.mark.parametrize("form", ["json_object", "text"])
def test_a_model_that_takes_no_schema_reads_it_in_the_prompt(form: str) -> None:
    """It refuses the form by name, and answers by a schema that stands in the system prompt."""
    schema = RUBRICS["quality"].schema()
    with (
        GroqDouble(Setup(cards=(Card(id=SMALL, forms=frozenset({"json_object"})),))) as served,
        Groq(api_key=served.key, base_url=served.base_url, max_retries=0) as sdk,
    ):
        with pytest.raises(groq.BadRequestError, match="response format `json_schema`"):
            sdk.chat.completions.create(**asked("quality", RIGHT))
        told = asked("quality", RIGHT, response_format={"type": form})
        told["messages"][0]["content"] += (
            f"\n\nThe JSON schema of your reply:\n{json.dumps(schema)}"
        )
        text = sdk.chat.completions.create(**told).choices[0].message.content
    assert RUBRICS["quality"].reduce(text or "").passed is True
