"""What redacting and screening a text costs, and whether the cost grows with its length alone.

Ordinary text, text full of personal data, and texts made to be slow: long words, chains of numbers,
openings without an end. Seconds are CPU of this process, so that neighbours count little.
"""

import argparse
import sys
import time
from collections.abc import Callable, Mapping, Sequence

from pydantic import SecretBytes

from benchmarks.figures import load, show
from optiinfra_core.applications.privacy import Redactor
from optiinfra_core.applications.screen_words import toxicity
from optiinfra_core.applications.tampering import suspicion

TEXTS: Mapping[str, str] = {
    "prose": "The shop in Lyon closes at seven in the evening, on Sundays it stays closed. ",
    "personal data": "Write to jane@example.com or call 415-555-2671, card 4111 1111 1111 1111. ",
    "one word": "a",
    "digits": "4",
    "card-like": "4111 ",
    "phone-like": "012 ",
    "mail-like": "a@b.",
    "iban-like": "DE89 ",
    "addresses": "1.2.3.",
    "colons": "ab:",
    "openings": "-----BEGIN A-----x ",
    "credentials": "://a:b",
    "key-like": "sk-",
    "marks": "a\u0301\u0323",
    "commands": "ignore the ",
}
WAYS: Mapping[str, Callable[[str], object]] = {
    "redact": Redactor(SecretBytes(b"b" * 32), "acme").redact,
    "suspicion": suspicion,
    "toxicity": toxicity,
}
# Four times the text may take four times as long; the rest is what a busy machine adds.
GROWTH = 8.0


def seconds(way: Callable[[str], object], text: str) -> float:
    """CPU seconds, the best of three."""
    taken = []
    for _ in range(3):
        began = time.process_time()
        way(text)
        taken.append(time.process_time() - began)
    return min(taken)


def results(length: int) -> list[dict[str, object]]:
    """Microseconds for a thousand characters, and the growth from one length to four times it."""
    found: list[dict[str, object]] = []
    for name, pattern in TEXTS.items():
        short = (pattern * (length // len(pattern) + 1))[:length]
        for way, run in WAYS.items():
            first, second = seconds(run, short), seconds(run, short * 4)
            found.append(
                {
                    "way": way,
                    "text": name,
                    "microseconds_per_kilobyte": round(second / (4 * length) * 1e9, 1),
                    "growth_of_4": round(second / max(first, 1e-4), 1),
                }
            )
    return found


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, and say whether anything grows faster than its text."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--length", type=int, default=50_000)
    chosen = parser.parse_args(arguments)
    before = load()
    found = results(chosen.length)
    show("redacting", [{**each, "length": chosen.length, "load": before} for each in found])
    missed = [f"{each['way']} of {each['text']}" for each in found
              if float(str(each["growth_of_4"])) > GROWTH]  # fmt: skip
    print(f"grows faster than the text: {', '.join(missed)}" if missed else "targets met")
    return bool(missed)


if __name__ == "__main__":
    sys.exit(main())
