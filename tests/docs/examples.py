"""The curl lines of a page, as requests, each with the answer that the page shows for it."""

import json
import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from string import Template
from typing import Any

DOCS = Path(__file__).parents[2] / "docs"
BASE = "http://127.0.0.1:8080"
FENCE = re.compile(r"^```(?P<language>\w*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
# A command, its continuation lines, and the document on stdin where there is one.
COMMAND = re.compile(
    r"^curl (?:[^\n]*\\\n)*[^\n]*?(?:<<'JSON'\n.*?^JSON$|$)", re.MULTILINE | re.DOTALL
)
QUOTED = re.compile(r"-d '[^']*'", re.DOTALL)


@dataclass(frozen=True)
class Example:
    """One curl command. ``shown`` is the answer on the page, None where there is none."""

    command: str
    status: int | None
    shown: Any = None

    def request(self, variables: Mapping[str, str]) -> dict[str, Any]:
        """The arguments of an HTTP client's ``request``."""
        line, _, document = self.command.partition("<<'JSON'\n")
        words = shlex.split(line.replace("\\\n", " "), comments=True)
        method, headers, body, url = "", {}, None, ""
        pending = iter(words[1:])
        for word in pending:
            if word == "-X":
                method = next(pending)
            elif word == "-H":
                name, _, value = next(pending).partition(": ")
                headers[name] = Template(value).substitute(variables)
            elif word == "-d":
                body = next(pending)
            elif word == "-o":
                next(pending)
            elif word != "-i":
                url = word
        body = document.removesuffix("JSON") if body == "@-" else body
        return {
            "method": method or ("POST" if body else "GET"),
            "url": Template(url.removeprefix(BASE)).substitute(variables),
            "headers": headers,
            "content": body,
        }


def examples(page: str) -> Iterator[Example]:
    """The examples of ``docs/<page>`` in order; a JSON block is the answer to the last command."""
    blocks = list(FENCE.finditer((DOCS / page).read_text()))
    for block, following in zip(blocks, [*blocks[1:], None], strict=True):
        if block["language"] != "bash":
            continue
        commands = list(commands_of(block["text"]))
        for command in commands[:-1]:
            yield Example(command, status_of(command))
        shown = following and following["language"] == "json"
        answer = json.loads(following["text"]) if following and shown else None
        yield Example(commands[-1], status_of(commands[-1]), answer)


def commands_of(text: str) -> Iterator[str]:
    """The commands of a block; a body in quotes may go over lines."""
    joined = QUOTED.sub(lambda body: body[0].replace("\n", " "), text)
    for found in COMMAND.finditer(joined):
        yield found[0]


def status_of(command: str) -> int | None:
    """The status that a comment behind the command tells; None means that it succeeds."""
    told = re.search(r"  # (\d{3})$", command, re.MULTILINE)
    return int(told[1]) if told else None
