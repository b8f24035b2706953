"""Rates as people would have found them: few labels correct what a judge says of many calls."""

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from optiinfra_api.dependencies.calibration import JudgeKey, calibrated_judges, key_of
from optiinfra_api.dependencies.page import Found
from optiinfra_api.dependencies.reading import Read
from optiinfra_api.dependencies.series import Series, current_series, series_of_row
from optiinfra_api.schemas.labels import Corrected
from optiinfra_api.schemas.quality import columns
from optiinfra_core.applications.statistics.labels import CorrectedRate, corrected
from optiinfra_core.applications.statistics.weighted import Sums
from optiinfra_core.warehouse.questions.application_labels import (
    LABEL_STRATA,
    TO_LABEL,
    LabelStratum,
    Suggested,
)
from optiinfra_core.warehouse.questions.application_quality import METRIC_TYPES

NO_LABELS = "no_labels"


async def corrected_of(read: Read, filters: Mapping[str, Any]) -> Found[Corrected]:
    """Each series that counts now, or was asked for, with its corrected rate."""
    strata, current, calibrated = await asyncio.gather(
        read.whole(LABEL_STRATA, metric_types=METRIC_TYPES, **filters),
        current_series(
            read, application=filters["application"], metric_name=filters["metric_name"]
        ),
        calibrated_judges(read, filters["metric_name"]),
    )
    groups: dict[Series, list[LabelStratum]] = defaultdict(list)
    for stratum in strata.rows:
        series = series_of_row(stratum)
        if filters["judge_model"] or series in current:
            groups[series].append(stratum)
    return Found(
        rows=[
            correct(rows, current=series in current, calibrated=calibrated)
            for series, rows in sorted(groups.items())
        ]
    )


def correct(
    strata: list[LabelStratum], *, current: bool, calibrated: frozenset[JudgeKey]
) -> Corrected:
    """One series: the rate that its strata and their labels give."""
    flagged = [stratum for stratum in strata if stratum.flagged]
    passed = [stratum for stratum in strata if not stratum.flagged]
    rate = estimated(strata, flagged, passed)
    return Corrected(
        **columns(strata[0], Corrected)
        | {
            "current": current,
            "calibrated": key_of(strata[0]) in calibrated,
            "judged": sum(stratum.judged for stratum in strata),
            "labelled_flagged": sum(stratum.labelled for stratum in flagged),
            "labelled_passed": sum(stratum.labelled for stratum in passed),
            "judged_rate": flags_of(strata).mean,
            "corrected_rate": rate.value if rate else None,
            "low": rate.interval.low if rate else None,
            "high": rate.interval.high if rate else None,
            "kappa": rate.kappa if rate else None,
            "basis": rate.basis if rate else None,
            "next_flagged_share": rate.flagged_share if rate else None,
            "reason": None if rate else why_not(flagged, passed),
        }
    )


def estimated(
    strata: list[LabelStratum], flagged: list[LabelStratum], passed: list[LabelStratum]
) -> CorrectedRate | None:
    """The corrected rate; None while labels are missing."""
    if not any(stratum.labelled for stratum in strata):
        return None
    judged = flags_of(strata).as_rate()
    return corrected(judged, labels_of(flagged), labels_of(passed)) if judged else None


def flags_of(strata: Iterable[LabelStratum]) -> Sums:
    """Sums of what the judge said of all: 1 where it flagged."""
    return sum(
        (
            Sums(each.judged, each.weight, each.weight_squared, ones, ones)
            for each in strata
            for ones in (each.weight if each.flagged else 0.0,)
        ),
        Sums(),
    )


def labels_of(strata: Iterable[LabelStratum]) -> Sums:
    """Sums of what people said of those that are labelled: 1 for the defect."""
    return sum(
        (
            Sums(
                each.labelled,
                each.labelled_weight,
                each.labelled_weight_squared,
                each.defect_weight,
                each.defect_weight,
            )
            for each in strata
        ),
        Sums(),
    )


def why_not(flagged: list[LabelStratum], passed: list[LabelStratum]) -> str:
    """Which labels are missing."""
    some = [any(each.labelled for each in side) for side in (flagged, passed)]
    if not any(some):
        return NO_LABELS
    return f"{NO_LABELS}_of_{'passed' if some[0] else 'flagged'}"


async def suggested(
    read: Read, filters: Mapping[str, Any], each: int, seed: str
) -> Found[Suggested]:
    """Unlabelled calls of the series that count now, as many flagged as passed."""
    names = {name: filters[name] for name in ("application", "metric_name")}
    series = tuple(sorted(one.written() for one in await current_series(read, **names)))
    return await read.whole(
        TO_LABEL, metric_types=METRIC_TYPES, series=series, each=each, seed=seed, **names
    )
