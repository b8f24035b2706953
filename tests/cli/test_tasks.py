"""Waiting for a collection: what a tick held is asked for again, and only so often."""

from collections.abc import Mapping
from typing import Any

import pytest

from optiinfra_cli.api_client import Api
from optiinfra_cli.tasks import ATTEMPTS, collected
from optiinfra_core.errors import WindowBusy


class Answering(Api):
    """An API whose tasks ended already, each with what the test says went wrong."""

    def __init__(self, *codes: str | None) -> None:
        self.codes = codes
        self.asked: list[str] = []

    def start(self) -> Mapping[str, Any]:
        """The next task."""
        return {"task_id": str(len(self.asked))}

    def get(self, path: str, **_: Any) -> Mapping[str, Any]:
        """How the task stands."""
        code = self.codes[len(self.asked)]
        self.asked.append(path)
        result = {"data_type": "cost", "error": {"code": code} if code else None}
        status = "failed" if code else "succeeded"
        told = {"status": status, "customer_id": "acme", "provider": "aws"}
        return {**told, "task_id": path, "results": [result]}


@pytest.mark.parametrize(
    ("codes", "asked", "status"),
    [
        ((None,), 1, "succeeded"),
        ((WindowBusy.code, None), 2, "succeeded"),
        (("credential-rejected",), 1, "failed"),
        ((WindowBusy.code,) * (ATTEMPTS + 1), ATTEMPTS, "failed"),
    ],
    ids=["free", "held-by-a-tick", "refused", "held-for-long"],
)
def test_who_waits_is_served_after_the_tick(
    codes: tuple[str | None, ...], asked: int, status: str
) -> None:
    """Another run's windows are asked for again; no other failure is."""
    api = Answering(*codes)
    assert collected(api, api.start, lambda _: None)["status"] == status
    assert len(api.asked) == asked
