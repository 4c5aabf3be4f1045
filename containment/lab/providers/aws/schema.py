"""What the installed `pulumi_aws` package says of a type: its inputs, outputs, and which outputs the cloud fills in.

Read from the package's source text, a file at a time and only for types in use: importing `pulumi_aws` takes seconds and hundreds of
megabytes. An output that is always there but need not be given is one that AWS computes (what Terraform calls Optional+Computed).
"""

from __future__ import annotations

import functools
import importlib.util
import re
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Facts:
    """One type's property names, camelCase. All empty for a type that the package does not know."""

    inputs: frozenset[str] = frozenset()
    required: frozenset[str] = frozenset()
    outputs: frozenset[str] = frozenset()
    computed: frozenset[str] = frozenset()

    @property
    def known(self) -> bool:
        """Whether the package knows the type."""
        return bool(self.outputs)


_GETTER = re.compile(r'@pulumi\.getter(?:\(name="(\w+)"\))?\s+(?:@\w[^\n]*\s+)*def (\w+)\(self\) -> pulumi\.(Input|Output)\[(Optional\[)?')


@functools.cache
def facts(token: str) -> Facts:
    """Return what is known of a type token such as `aws:ec2/vpc:Vpc`."""
    source = _source(token)
    if source is None:
        return Facts()
    name = token.rsplit(":", 1)[-1]
    inputs = _getters(_class(source, f"{name}Args") or _class(source, f"{name}InitArgs"))
    outputs = _getters(_class(source, name))
    required = frozenset(key for key, optional in inputs.items() if not optional)
    return Facts(
        inputs=frozenset(inputs),
        required=required,
        outputs=frozenset(outputs),
        computed=frozenset(key for key, optional in outputs.items() if not optional) - required,
    )


def version() -> str:
    """Return the installed version of pulumi_aws."""
    from importlib.metadata import version as installed

    return installed("pulumi_aws")


def _source(token: str) -> str | None:
    """Return the text of the module that registers `token`; None when no module does."""
    _, path, name = token.split(":")
    spec = importlib.util.find_spec("pulumi_aws")
    if spec is None or not spec.submodule_search_locations:
        return None
    folder = Path(spec.submodule_search_locations[0])
    module = path.split("/")[0]
    folder = next((each for each in (folder / module, folder / f"{module}_") if each.is_dir()), folder)
    likely = folder / (re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower() + ".py")
    for file in (likely, *sorted(folder.glob("*.py"))):
        if file.is_file():
            text = file.read_text()
            if f'"{token}"' in text:
                return text
    return None


def _class(source: str, name: str) -> str:
    found = re.search(rf"^class {name}(?:\([^\n]*)?:\n(.*?)(?=^class |\Z)", source, re.MULTILINE | re.DOTALL)
    return found.group(1) if found else ""


def _getters(text: str) -> dict[str, bool]:
    """Return each property of a class with whether it may be absent."""
    return {camel or snake: bool(optional) for camel, snake, _, optional in _GETTER.findall(text)}
