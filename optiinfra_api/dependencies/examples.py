"""The worst judged calls, with what was asked and answered where the key may see it."""

import asyncio
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Annotated, Any

from fastapi import Query

from optiinfra_api.dependencies.page import Found, Keyset
from optiinfra_api.dependencies.reading import Read
from optiinfra_api.dependencies.series import current_series, series_of_row
from optiinfra_api.schemas.quality import Texts, WorstRow, columns
from optiinfra_core.applications.parts import documents, messages
from optiinfra_core.errors import PermissionMissing
from optiinfra_core.tenancy.api_keys import ApiKey
from optiinfra_core.warehouse.questions.application_examples import (
    EXPLANATIONS,
    TEXTS,
    WORST,
    CallText,
    Judged,
)
from optiinfra_core.warehouse.questions.application_quality import SERIES

TEXT_SCOPE = "applications:text"

WithTexts = Annotated[
    bool,
    Query(
        description=f"With the calls' texts and the judges' explanations, as they are kept; takes a"
        f" key with the scope {TEXT_SCOPE}."
    ),
]

Said = tuple[str, str, str, str, str]


def demand_text(key: ApiKey) -> None:
    """Return if the key may see texts.

    Raises:
        PermissionMissing: it may not.
    """
    if not key.may(TEXT_SCOPE):
        raise PermissionMissing(
            f"this key has the scopes {', '.join(key.scopes)}, not {TEXT_SCOPE}",
            permissions=(TEXT_SCOPE,),
            remedy=f"Leave texts out, or use a key with the scope {TEXT_SCOPE}.",
        )


CALLS = Keyset(
    WORST,
    {
        "after_tampered": "tampered",
        "after_contradicted": "contradicted",
        "after_score": "score",
        "after_timestamp": "timestamp",
        "after_interaction": "interaction_id",
        "after_metric": "metric_name",
        "after_judge": "judge",
        "after_model": "judge_model",
        "after_rubric": "rubric_version",
    },
)


async def worst_of(
    read: Read, filters: Mapping[str, Any], metric_type: str, reader: ApiKey | None
) -> Found[WorstRow]:
    """A page of them; ``reader`` is the key that asks for texts, None where none does.

    Raises:
        PermissionMissing: the key may not see texts.
    """
    if reader is not None:
        demand_text(reader)
    series = await series_told(read, filters)
    found = await read.listing(CALLS, metric_types=(metric_type,), series=series, **filters)
    rows = [WorstRow(**columns(row, WorstRow)) for row in found.rows]
    if reader is not None and rows:
        rows = await with_texts(read, found.rows)
    return Found(rows=rows, next=found.next)


async def series_told(read: Read, filters: Mapping[str, Any]) -> tuple[str, ...]:
    """The series whose calls are told: those that count now, or all of the judge asked for."""
    names = {name: filters[name] for name in ("application", "metric_name")}
    if not filters["judge_model"]:
        counting = await current_series(
            read, application=filters["application"], metric_name=filters["metric_name"]
        )
        return tuple(sorted(each.written() for each in counting))
    found = await read.whole(
        SERIES,
        metric_types=("quality", "hallucination", "toxicity"),
        judge_model=filters["judge_model"],
        **names,
    )
    return tuple(sorted({series_of_row(row).written() for row in found.rows}))


async def with_texts(read: Read, rows: list[Judged]) -> list[WorstRow]:
    """The rows with explanations and texts, where they are kept still."""
    calls = tuple(sorted({row.interaction_id for row in rows}))
    asked: dict[str, Any] = {
        "customer_id": read.customer.slug,
        "interactions": calls,
        "start": first_of(rows),
        "end": max(row.timestamp for row in rows),
        "now": read.now,
    }
    explained, kept = await asyncio.gather(
        read.doors.warehouse.rows(EXPLANATIONS, asked),
        read.doors.warehouse.rows(
            TEXTS,
            {
                **asked,
                "applications": tuple(sorted({row.application_id for row in rows})),
                "traces": tuple(sorted({row.trace_id for row in rows})),
            },
        ),
    )
    reasons: dict[Said, str] = {
        (each.interaction_id, each.metric_name, each.judge, each.judge_model,
         each.rubric_version): each.explanation
        for each in explained
    }  # fmt: skip
    texts = {each.interaction_id: text_of(each) for each in kept}
    return [
        WorstRow(
            **columns(row, WorstRow),
            explanation=reasons.get(
                (row.interaction_id, row.metric_name, row.judge, row.judge_model,
                 row.rubric_version)
            ),
            texts=texts.get(row.interaction_id),
        )
        for row in rows
    ]  # fmt: skip


def first_of(rows: Iterable[Judged]) -> datetime:
    """When the first of the calls began."""
    return min(row.timestamp for row in rows)


def text_of(call: CallText) -> Texts | None:
    """What is kept of a call's text; None where nothing is."""
    if not (call.input_parts or call.output_parts or call.context_parts):
        return None
    return Texts(
        kept=call.kept,
        input=[{"role": each.role, "text": each.text} for each in messages(call.input_parts)],
        output=[{"role": each.role, "text": each.text} for each in messages(call.output_parts)],
        context=list(documents(call.context_parts)),
    )
