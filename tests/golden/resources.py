"""The URN of every resource of every shipped stack, recorded from the programs themselves.

`python -m tests.golden.resources` runs one program per line of stdin. Most stacks differ only in the stack's name, so stacks with
the same URNs share one section, in which that name is written `<stack>`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import yaml

from tests.policypack.product import prepare, run
from tests.support.child import REPOSITORY, ask, serve
from tests.support.classes import SHIPPED
from tests.support.deploy import stack_config

PLATFORM = "agent-containment-platform"


def shipped() -> list[tuple[str, str]]:
    """Return (project, stack) of every stack file of a shipped class, and of the platform."""
    names = sorted(path.name.removeprefix("Pulumi.").removesuffix(".yaml") for path in REPOSITORY.glob("Pulumi.*.yaml"))
    own = [name for name in names if name == "dev" or name.startswith(SHIPPED)]
    return [*(("agent-containment", stack) for stack in own), (PLATFORM, "platform")]


def record(task: dict[str, Any]) -> list[str]:
    """Return the URNs that one program registers."""
    folder = REPOSITORY / "platform" if task["project"] == PLATFORM else REPOSITORY
    error, made = run(task["stack"], task["config"], known=True, folder=folder, project=task["project"])
    assert error is None, f"{task['stack']}: {error}"
    return sorted(each["urn"] for each in made)


def urns() -> Iterator[str]:
    """Yield one section per set of stacks that register the same URNs."""
    sections: dict[tuple[str, ...], list[str]] = {}
    for project, stack in shipped():
        made = ask("tests.golden.resources", {"project": project, "stack": stack, "config": _config(stack)})
        own = (f"urn:pulumi:{stack}::", f"::{project}-{stack}")  # the only two places where a URN has the stack's name
        same = tuple(urn.replace(own[0], "urn:pulumi:<stack>::").replace(own[1], f"::{project}-<stack>") for urn in made)
        sections.setdefault(same, []).append(stack)
    for same, names in sections.items():
        yield f"# {' '.join(names)}"
        yield from same


def component_tokens(lines: list[str]) -> list[str]:
    """Return the type tokens of components in the lines of `urns`."""
    types = {token for line in lines if line.startswith("urn:") for token in line.split("::")[2].split("$")}
    return sorted(token for token in types if token.startswith("containment:"))


def _config(stack: str) -> dict[str, str]:
    if stack != "platform":
        return stack_config(stack)
    given = yaml.safe_load((REPOSITORY / "platform" / "Pulumi.platform.yaml").read_text())["config"]
    own = {f"{PLATFORM}:{key}": str(value) for key, value in given.items()}
    return own | {"aviatrix:controllerIp": "192.0.2.1", "aviatrix:username": "admin", "aviatrix:password": "x"}


if __name__ == "__main__":
    prepare()
    serve(record)
