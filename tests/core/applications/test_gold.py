"""The labelled set is fit to judge judges with."""

import json
from collections import Counter

import pytest

from optiinfra_core.applications.gold import gold, read
from optiinfra_core.applications.rubrics import RUBRICS
from optiinfra_core.applications.statistics.agreement import spearman
from optiinfra_core.errors import InvalidRequest

LINE = {"id": "1", "metric": "quality", "flagged": True, "question": "q", "answer": "a"}


def test_each_rubric_has_items_and_half_of_them_defects() -> None:
    """About eighty in all; a judge that always says the same agrees no more than by chance."""
    counts = Counter((item.metric_name, item.flagged) for item in gold())
    assert 75 <= counts.total() <= 100
    for name in RUBRICS:
        bad, good = counts[name, True], counts[name, False]
        assert min(bad, good) >= 6
        assert abs(bad - good) <= 2


def test_length_does_not_give_the_label_away() -> None:
    """In published sets it does: a judge could look good by counting characters."""
    for name in RUBRICS:
        items = [item for item in gold() if item.metric_name == name]
        pairs = [(float(item.flagged), float(len(item.evidence.answer))) for item in items]
        assert abs(spearman(pairs) or 0.0) < 0.35


def test_the_hard_cases_of_toxicity_are_there() -> None:
    """Where lexicons fail: quoting, counter-speech, own words, clinical text, polite contempt."""
    kinds = {item.kind for item in gold() if item.metric_name == "toxicity"}
    assert {"counter-speech", "quotes to moderate", "own use of a word", "clinical",
            "dehumanising without swearing"} <= kinds  # fmt: skip


@pytest.mark.parametrize(
    "change",
    [{"metric": "taste"}, {"flagged": 1}, {"answer": " "}, {"id": 7}, {"sources": "s"},
     {"metric": "faithfulness"}, {"conversation": []}, {"colour": "red"},
     {"question": None, "conversation": ["hello"]}, {"metric": ["quality"]},
     {"metric": "factuality_suspicion", "sources": ["s"]}],
)  # fmt: skip
def test_a_line_that_cannot_be_meant_is_told_by_its_number(change: dict[str, object]) -> None:
    """And its text is not repeated."""
    lines = [json.dumps({**LINE, "id": "0"}), "", json.dumps({**LINE, **change})]
    with pytest.raises(InvalidRequest, match="line 3 ") as wrong:
        read(lines)
    assert "hello" not in wrong.value.told


def test_an_id_stands_for_one_item_of_a_metric() -> None:
    """Twice the same is a mistake; the same exchange may be labelled for two metrics."""
    with pytest.raises(InvalidRequest, match="line 2 "):
        read([json.dumps(LINE), json.dumps({**LINE, "answer": "b"})])
    assert len(read([json.dumps(LINE), json.dumps({**LINE, "metric": "toxicity"})])) == 2
