"""The `config:` block of Pulumi.yaml, rendered from `StackConfig`: one declaration, checked by a test.

Pulumi asks for a value of every declared key that has no default, one at a time; so every key has one here, and what
is really required (an empty text) is refused by us, together with every other mistake.
"""

from __future__ import annotations

import sys
from pathlib import Path

import yaml

from containment.lab.home import write_whole
from containment.model.declared import declared

START = "config:\n"


class _Dumper(yaml.SafeDumper):
    """Quotes every text of digits: YAML 1.2 readers, Pulumi's among them, take a bare 099720109477 for a number."""


def _text(dumper: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style="'" if value.isdigit() else None)


_Dumper.add_representer(str, _text)


def render(current: str) -> str:
    """Return the project file with its config block made anew; what stands above it is kept."""
    head = current.split(START)[0]
    return head + START + yaml.dump({"x": declared()}, Dumper=_Dumper, sort_keys=False, width=140, allow_unicode=True).split("\n", 1)[1]


def main(argv: list[str]) -> int:
    """Rewrite the project file with `--write`; else say whether it is current."""
    path = Path(__file__).parents[2] / "Pulumi.yaml"
    text = path.read_text()
    wanted = render(text)
    if "--write" in argv:
        write_whole(path, wanted)
        return 0
    return 0 if text == wanted else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
