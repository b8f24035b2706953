"""What screens read of a text: its words by their first letters, cut to a bounded length."""

import re
from collections.abc import Set as AbstractSet

# Endings of texts tell as much as beginnings; what is between is left out of long ones.
HEAD = 12_000
TAIL = 8_000
PREFIX = 6

_WORDS = re.compile(r"[^\W\d_]{3,}")
# Written without spaces between words: a run of them is no word.
_UNSPACED = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]")
# Function words and what questions to an assistant share whatever they are about.
_COMMON = """
about above after again against all also although always and any anyone anything are aren
because been before being below best better between both but can cannot could couldn couple did
didn does doesn doing don done during each either else etc ever every everything example explain
few find first for from further get gets getting give given gives going good got had has hasn
have haven having hello help her here hers herself hey him himself his how however into isn its
itself just kind know lets like list little look lot made make many may maybe might more most
much must myself need needs never next not now off often once one only onto other our ours out
over own per please provide quite rather really said same say says see seem set shall she should
show simple since some someone something still such sure take tell than thank thanks that the
their theirs them then there these they thing things think this those though three through too
tried try trying two under until upon use used using very via want wanted was wasn way ways well
were weren what whatever when where whether which while who whole whom whose why will with
within without won work would wouldn write yes yet you your yours yourself
"""
COMMON = frozenset(_COMMON.split())


def clipped(text: str) -> str:
    """The beginning and the end of a long text."""
    return text if len(text) <= HEAD + TAIL else f"{text[:HEAD]}\n{text[-TAIL:]}"


def content_words(text: str) -> frozenset[str]:
    """The words that carry a text's subject, each by its first six letters.

    Empty for scripts that put no spaces between words.
    """
    return frozenset(
        word[:PREFIX]
        for word in _WORDS.findall(text.casefold())
        if word not in COMMON and not _UNSPACED.search(word)
    )


def shared(asked: AbstractSet[str], given: AbstractSet[str]) -> float:
    """The share of ``asked`` that is among ``given``; ``asked`` is not empty."""
    return len(asked & given) / len(asked)
