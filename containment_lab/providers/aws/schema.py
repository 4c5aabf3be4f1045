"""Types of the installed `pulumi_aws` package: their inputs, outputs, and the outputs that the cloud computes.

Read from the package's source text, one file at a time and only for types in use: importing `pulumi_aws` takes seconds and hundreds of
megabytes. An output that always exists but need not be set is one that AWS computes (Terraform's Optional+Computed).
"""

from __future__ import annotations

import functools
import importlib.util
import re
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Facts:
    """One type's property names, camelCase. All empty for a type that the package lacks."""

    inputs: frozenset[str] = frozenset()
    required: frozenset[str] = frozenset()
    outputs: frozenset[str] = frozenset()
    computed: frozenset[str] = frozenset()

    @property
    def known(self) -> bool:
        """Whether the package has the type."""
        return bool(self.outputs)


_GETTER = re.compile(r'@pulumi\.getter(?:\(name="(\w+)"\))?\s+(?:@\w[^\n]*\s+)*def (\w+)\(self\) -> pulumi\.(Input|Output)\[(Optional\[)?')


@functools.cache
def read_type(token: str) -> Facts:
    """Return the properties of a type token such as `aws:ec2/vpc:Vpc`."""
    source = _find_source(token)
    if source is None:
        return Facts()
    name = token.rsplit(":", 1)[-1]
    inputs = _parse_getters(_extract_class(source, f"{name}Args") or _extract_class(source, f"{name}InitArgs"))
    outputs = _parse_getters(_extract_class(source, name))
    required = frozenset(key for key, optional in inputs.items() if not optional)
    return Facts(
        inputs=frozenset(inputs),
        required=required,
        outputs=frozenset(outputs),
        computed=frozenset(key for key, optional in outputs.items() if not optional) - required,
    )


def read_version() -> str:
    """Return the installed version of pulumi_aws."""
    from importlib.metadata import version as installed

    return installed("pulumi_aws")


def _find_source(token: str) -> str | None:
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


def _extract_class(source: str, name: str) -> str:
    found = re.search(rf"^class {name}(?:\([^\n]*)?:\n(.*?)(?=^class |\Z)", source, re.MULTILINE | re.DOTALL)
    return found.group(1) if found else ""


def _parse_getters(text: str) -> dict[str, bool]:
    """Return each property of a class and whether it may be absent."""
    return {camel or snake: bool(optional) for camel, snake, _, optional in _GETTER.findall(text)}
