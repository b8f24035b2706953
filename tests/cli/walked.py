"""A page of the documentation, walked: its commands are run as they stand, section by section."""

import os
import re
import shlex
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tests.cli.installed import ROOT

DOCS = ROOT / "docs"
HEADING = re.compile(r"^## (.+)$", re.MULTILINE)
BLOCK = re.compile(r"^```bash\n(.*?)^```$", re.MULTILINE | re.DOTALL)
EXIT = re.compile(r"  # exit (\d+)$")
SECONDS = 200


@dataclass(frozen=True, slots=True)
class Command:
    """A line of the page. ``exits`` is the code that the page says it ends with, else 0."""

    line: str
    exits: int


@dataclass(frozen=True, slots=True)
class Done:
    """What a command printed."""

    command: Command
    code: int
    output: str
    complaint: str


def sections(page: str) -> Mapping[str, tuple[Command, ...]]:
    """The commands below each heading of ``docs/<page>``, in order."""
    _, *parts = HEADING.split((DOCS / page).read_text())
    headed = zip(parts[::2], parts[1::2], strict=True)
    return {title: tuple(_commands(text)) for title, text in headed}


def _commands(text: str) -> Iterator[Command]:
    for block in BLOCK.findall(text):
        for line in block.splitlines():
            told = EXIT.search(line)
            yield Command(line, int(told[1]) if told else 0)


@dataclass
class Shell:
    """A person's shell: variables stay from one command to the next.

    ``home`` is the folder the commands are typed in; ``optiinfra`` stands there as in a checkout.
    ``port`` takes the place of the product's own in addresses.
    """

    home: Path
    data_dir: Path
    port: int
    seconds: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        # In a checkout this script first makes an environment: test_bootstrap.py shows that.
        words = shlex.join([sys.executable, "-P", "-m", "optiinfra_cli"])
        script = self.home / "optiinfra"
        script.write_text(f'#!/bin/sh\nPYTHONPATH={shlex.quote(str(ROOT))} exec {words} "$@"\n')
        script.chmod(0o755)
        (self.home / "variables").touch()

    def run(self, section: str, command: Command) -> Done:
        """Type one command and wait for its end."""
        line = command.line.replace("127.0.0.1:8080", f"127.0.0.1:{self.port}")
        script = (
            "set -o pipefail; . ./variables\n"
            f"{line}\n"
            "code=$?; { declare -p KEY; declare -p CREDENTIAL;"
            " declare -p OPTIINFRA_ALLOW_PRIVATE_ENDPOINTS; } > variables 2> /dev/null; exit $code"
        )
        began = time.monotonic()
        answer = subprocess.run(
            ["/bin/bash", "-c", script],
            check=False, capture_output=True, text=True, cwd=self.home,
            env=self._environment(), timeout=SECONDS,
        )  # fmt: skip
        self.seconds[section] = self.seconds.get(section, 0.0) + time.monotonic() - began
        return Done(command, answer.returncode, answer.stdout, answer.stderr)

    def _environment(self) -> dict[str, str]:
        inherited = dict(os.environ)  # noqa: TID251 - for a child
        kept = {name: text for name, text in inherited.items() if not name.startswith("OPTIINFRA_")}
        kept.pop("PYTHONDONTWRITEBYTECODE", None)
        return {
            **kept,
            "OPTIINFRA_DATA_DIR": str(self.data_dir),
            "OPTIINFRA_API_PORT": str(self.port),
        }
