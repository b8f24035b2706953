"""The calls of Groq's API that judging makes, through the official SDK, each made once."""

import json
import logging
import threading
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from pydantic import SecretStr

from optiinfra_core.errors import Malformed, OptiInfraError, Transient
from optiinfra_core.redaction import register_secret
from optiinfra_pipelines.judging.client.asking import FORMS, Form, Question, Reply
from optiinfra_pipelines.judging.client.dialects import Address
from optiinfra_pipelines.judging.client.faults import Fate, Fault
from optiinfra_pipelines.judging.client.replies import completion, document

if TYPE_CHECKING:
    import httpx
    from groq import Groq

# The SDK demands a key where the server wants none.
NO_KEY = "none"
ENDPOINT = "/v1/chat/completions"


class Server:
    """One judge's server; threads may call at the same time. Connects with the first call."""

    def __init__(self, address: Address, key: SecretStr | None, read_seconds: float) -> None:
        self.dialect = address.dialect
        self._address = address
        self._key = key
        self._read_seconds = read_seconds
        self._made: Groq | None = None
        self._lock = threading.Lock()
        self._forms: dict[str, int] = {}

    def close(self) -> None:
        """Close the connections."""
        if self._made is not None:
            self._made.close()

    def complete(self, question: Question) -> Reply:
        """One completion.

        A server that does not know the form asked for is asked for a looser one from then on.

        Raises:
            Fault: this call failed.
            CredentialRejected, ConfigurationError: every call will.
        """
        form = self._form(question.model)
        arguments = self.body(question, form)

        def call(sdk: "Groq") -> "httpx.Response":
            return sdk.chat.completions.with_raw_response.create(**arguments).http_response

        try:
            body = self._made_once(call)
        except Fault as fault:
            if fault.fate is Fate.NO_SCHEMA:
                self._loosen(question.model, form)
            raise
        return completion(document(body), question.model)

    def models(self) -> frozenset[str]:
        """The ids of the models that the server offers.

        Raises:
            Transient: it did not answer.
            CredentialRejected, ConfigurationError: it refuses us.
        """
        told = self.asked("models", lambda sdk: sdk.models.with_raw_response.list().http_response)
        offered = told.get("data")
        if not isinstance(offered, list):
            raise Malformed("the judge's server lists its models in no form that is known")
        return frozenset(
            each["id"]
            for each in offered
            if isinstance(each, dict) and isinstance(each.get("id"), str)
        )

    def asked(self, what: str, call: "Callable[[Groq], httpx.Response]") -> Mapping[str, Any]:
        """The document that ``call`` answers, where there is no exchange that could be blamed.

        Raises:
            Transient: the call failed.
        """
        try:
            return document(self._made_once(call))
        except Fault as fault:
            raise Transient(f"the judge's server did not answer {what}: {fault.reason}") from None

    def fetched(self, what: str, call: "Callable[[Groq], httpx.Response]") -> bytes:
        """The bytes that ``call`` answers.

        Raises:
            Transient: the call failed.
        """
        try:
            return self._made_once(call)
        except Fault as fault:
            raise Transient(f"the judge's server did not answer {what}: {fault.reason}") from None

    def body(self, question: Question, form: Form = FORMS[0]) -> dict[str, Any]:
        """The arguments of a completion, as the SDK and lines of a batch take them."""
        system = question.system
        if form != FORMS[0]:
            told = json.dumps(question.schema, separators=(",", ":"))
            system += f"\n\nThe JSON schema of your reply:\n{told}"
        return {
            "model": question.model,
            "messages": [
                {"role": "system", "content": system},
                {"role": "user", "content": question.user},
            ],
            "temperature": 0,
            "seed": question.seed,
            **_response_format(form, question),
            self.dialect.length: question.longest,
            **self.dialect.extras_of(question.model),
        }

    def _form(self, model: str) -> Form:
        with self._lock:
            return FORMS[self._forms.get(model, 0)]

    def _loosen(self, model: str, refused: Form) -> None:
        """Threads that were refused at the same time loosen it once."""
        with self._lock:
            self._forms[model] = min(FORMS.index(refused) + 1, len(FORMS) - 1)

    def _made_once(self, call: "Callable[[Groq], httpx.Response]") -> bytes:
        import groq  # noqa: PLC0415 - 0.5 s that whoever does not judge need not pay

        from optiinfra_pipelines.judging.client.refusals import translated  # noqa: PLC0415

        failure: Fault | OptiInfraError
        try:
            return call(self._sdk()).content
        except groq.APIError as error:
            failure = translated(error)
        raise failure  # outside: the SDK's error holds the request, and with it the texts

    def _sdk(self) -> "Groq":
        import groq  # noqa: PLC0415 - as above

        from optiinfra_pipelines.judging.client.transport import http_client  # noqa: PLC0415

        with self._lock:
            if self._made is None:
                # At DEBUG the SDK writes whole requests, and with them somebody's texts.
                logging.getLogger("groq").setLevel(logging.WARNING)
                key = self._key.get_secret_value() if self._key else NO_KEY
                if self._key:
                    register_secret(key)
                client = http_client(self._address.prefix, self._read_seconds)
                self._made = groq.Groq(
                    api_key=key,
                    base_url=self._address.origin,
                    max_retries=0,
                    timeout=client.timeout,
                    http_client=client,
                )
            return self._made


def _response_format(form: Form, question: Question) -> dict[str, Any]:
    formats: dict[Form, dict[str, Any]] = {
        "json_schema": {
            "response_format": {
                "type": "json_schema",
                "json_schema": {
                    "name": question.schema_name,
                    "strict": True,
                    "schema": question.schema,
                },
            }
        },
        "json_object": {"response_format": {"type": "json_object"}},
        "text": {},
    }
    return formats[form]
