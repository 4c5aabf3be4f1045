"""The `config:` block of Pulumi.yaml, rendered from `StackConfig`, so that each key is declared once; a test compares both.

Pulumi prompts for every declared key without a default, one after the other. So every key has a default here; a missing required value (an
empty text) is refused by the program's own validation, together with all other mistakes.
"""

from __future__ import annotations

import sys
from pathlib import Path

import yaml

from containment.config.pulumi_format.project_file import declare_keys
from containment.exit_code import Exit
from containment_lab.home import write_whole

START = "config:\n"


class _Dumper(yaml.SafeDumper):
    """YAML dumper that quotes texts of digits, because YAML 1.2 readers such as Pulumi's read a bare 099720109477 as a number."""


def _write_text(dumper: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style="'" if value.isdigit() else None)


_Dumper.add_representer(str, _write_text)


def render(current: str) -> str:
    """Return the project file with a new `config:` block; the text above it is unchanged."""
    head = current.split(START)[0]
    return head + START + yaml.dump({"x": declare_keys()}, Dumper=_Dumper, sort_keys=False, width=140, allow_unicode=True).split("\n", 1)[1]


def main(argv: list[str]) -> int:
    """Rewrite the project file with `--write`; otherwise exit with 1 if it is stale."""
    path = Path(__file__).parents[1] / "Pulumi.yaml"
    text = path.read_text()
    wanted = render(text)
    if "--write" in argv:
        write_whole(path, wanted)
        return Exit.OK
    return Exit.OK if text == wanted else Exit.ERROR


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
