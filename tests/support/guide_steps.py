"""The steps of a guide, from its own text: files that it writes or extends, and commands that it runs, in order.

A YAML block belongs to the files that the line above it names as `NAME.yaml`; without any it is an illustration. Of an `sh` block each
line is a command, as in README.md.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.deployment.readme_commands import read_commands

_BLOCK = re.compile(r"^(?P<above>[^\n]+)\n\n```(?P<language>\w+)\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL)
_FILE = re.compile(r"`([\w./-]+\.yaml)`")


@dataclass(frozen=True)
class Addition:
    """Text at the end of files, which are created where they do not exist."""

    files: tuple[str, ...]
    text: str

    def write(self, folder: Path) -> None:
        """Write the text."""
        for name in self.files:
            with (folder / name).open("a", encoding="utf-8") as out:
                out.write(self.text)


@dataclass(frozen=True)
class Line:
    """A command line."""

    words: str


def read_steps(text: str) -> Iterator[Addition | Line]:
    """Yield the steps of a guide's text."""
    for block in _BLOCK.finditer(text):
        if block["language"] == "sh":
            yield from (Line(each.line) for each in read_commands(f"```sh\n{block['body']}```\n"))
        elif files := tuple(_FILE.findall(block["above"])):
            yield Addition(files, block["body"])
