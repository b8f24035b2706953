"""The calls of Groq's batch API that backfills make."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from optiinfra_core.errors import Malformed
from optiinfra_pipelines.judging.client.server import Server

if TYPE_CHECKING:
    import httpx
    from groq import Groq

ENDPOINT: Literal["/v1/chat/completions"] = "/v1/chat/completions"
# A batch that its collector forgot for a day is not worth more: the window may be up to 7d.
WINDOW = "24h"
MARK = "optiinfra"


@dataclass(frozen=True, slots=True)
class BatchState:
    """A batch as its server tells it; file ids are empty where there is no such file."""

    id: str
    status: str
    input_file: str
    output_file: str
    error_file: str
    mark: str

    @classmethod
    def read(cls, told: Mapping[str, Any]) -> "BatchState":
        """The state in a document.

        Raises:
            Malformed: it has no id or status.
        """
        if not isinstance(told.get("id"), str) or not isinstance(told.get("status"), str):
            raise Malformed("the judge's server tells of a batch without an id or a status")
        metadata = told.get("metadata")
        marks = metadata if isinstance(metadata, dict) else {}
        return cls(
            id=told["id"],
            status=told["status"],
            input_file=str(told.get("input_file_id") or ""),
            output_file=str(told.get("output_file_id") or ""),
            error_file=str(told.get("error_file_id") or ""),
            mark=str(marks.get(MARK) or ""),
        )


class BatchCalls:
    """Uploads, starts, looks, fetches, cancels; each call is made once.

    All raise Transient where the server does not answer.
    """

    def __init__(self, server: Server) -> None:
        self._server = server

    def upload(self, lines: bytes) -> str:
        """The id of a file with ``lines``."""
        told = self._server.asked(
            "an upload",
            lambda sdk: (
                sdk.files.with_raw_response.create(
                    file=("requests.jsonl", lines, "application/jsonl"), purpose="batch"
                ).http_response
            ),
        )
        if not isinstance(told.get("id"), str):
            raise Malformed("the judge's server gives an uploaded file no id")
        return str(told["id"])

    def start(self, file_id: str, mark: str) -> BatchState:
        """A batch of the requests in a file; ``mark`` is found again in its state."""

        def call(sdk: "Groq") -> "httpx.Response":
            return sdk.batches.with_raw_response.create(
                completion_window=WINDOW,
                endpoint=ENDPOINT,
                input_file_id=file_id,
                metadata={MARK: mark},
            ).http_response

        return BatchState.read(self._server.asked("the start of a batch", call))

    def state(self, batch_id: str) -> BatchState:
        """How a batch stands."""
        return BatchState.read(
            self._server.asked(
                "for a batch",
                lambda sdk: sdk.batches.with_raw_response.retrieve(batch_id).http_response,
            )
        )

    def listed(self) -> Iterator[BatchState]:
        """The batches of the account that the server lists."""
        told = self._server.asked(
            "for its batches", lambda sdk: sdk.batches.with_raw_response.list().http_response
        )
        yield from (BatchState.read(each) for each in told.get("data") or ())

    def cancel(self, batch_id: str) -> None:
        """End a batch early; what it has answered is kept and charged."""
        _ = self._server.asked(
            "the end of a batch",
            lambda sdk: sdk.batches.with_raw_response.cancel(batch_id).http_response,
        )

    def content(self, file_id: str) -> bytes:
        """The bytes of a file."""
        return self._server.fetched(
            "for a file", lambda sdk: sdk.files.with_raw_response.content(file_id).http_response
        )

    def delete(self, file_id: str) -> None:
        """Take a file off the server."""
        _ = self._server.fetched(
            "the removal of a file",
            lambda sdk: sdk.files.with_raw_response.delete(file_id).http_response,
        )
