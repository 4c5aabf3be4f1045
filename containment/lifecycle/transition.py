"""The ordered steps from one mode to the other: in place, or from one stack to another that is up before the first one goes.

In the lab the steps run in order, and the first failed step ends the run. A change in place edits only the line of the stack file with the
mode.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from containment.config.pulumi_format.stack_file import read_config
from containment.config.spec import ContainmentSpec
from containment.config.stack_name import StackName
from containment.errors import InputError, Problem
from containment.exit_code import Exit
from containment.files.whole_files import write_whole
from containment.loaders import strict_yaml
from containment.loaders.stack_file import PROJECT, read_stack
from containment.names import DENY_GROUPS, PolicyMode
from containment.ternary import Ternary
from containment.vending.agent import make_marker_name
from containment.vending.loader import read_agents


@dataclass(frozen=True, slots=True)
class Step:
    """One step: what it does, the command on AWS, and the words of `containment` that do it in the lab ("" and () for work by hand)."""

    what: str
    command: str
    lab: tuple[str, ...] = ()


def list_steps_in_place(stack: str) -> tuple[Step, ...]:
    """Return the step that applies a changed stack file: only rules, tags and DNS actions change."""
    return (Step("apply the changed stack file", f"pulumi up --stack {stack}", ("lab", "up", "--stack", stack)),)


def list_steps_of_move(name: StackName, mode: PolicyMode) -> tuple[Step, ...]:
    """Return the steps from a stack with a mode in its name to its twin in the other mode.

    Every host stays behind the policy of its own stack until that stack is destroyed, which destroys the host first.
    """
    old, new = name.stack, name.replace_mode(mode)
    return (
        Step(f"bring up {new} beside {old}", f"pulumi up --stack {new}", ("lab", "up", "--stack", new)),
        Step(
            f"run the six tests on the host of {new}; stop here unless they pass",
            f"POLICY_MODE={mode.value} bash /opt/openclaw-vca/verify-egress.sh",
            ("lab", "verify", "--stack", new),
        ),
        Step(f"start new sessions on the host of {new}, and let those of {old} end", ""),
        Step(f"destroy {old}, its host before its policy", f"pulumi destroy --stack {old}", ("lab", "destroy", "--stack", old)),
    )


def find_twin_problems(spec: ContainmentSpec, name: StackName, mode: PolicyMode, folder: Path) -> list[Problem]:
    """Return why a stack cannot move to its twin: no file, agents that stay behind, or destinations that only the first stack permits.

    Raises InputError when the file of the twin, or an agent file, is wrong.
    """
    twin = name.replace_mode(mode)
    file = folder / f"Pulumi.{twin}.yaml"
    return [*_find_agents_left(name.stack, twin, folder), *_find_file_problems(spec, name, mode, file)]


def _find_agents_left(stack: str, twin: str, folder: Path) -> Iterator[Problem]:
    """Yield a problem for each agent whose file names the stack that the hosts leave, and for a twin that would get an unrequested host."""
    files = read_agents(folder)
    if stack in files.by_request and twin not in files.by_request and not files.find_agents(twin):
        what, why = f"keeps {stack} without an unrequested host, and {twin} has no such file", f"{twin} would have a host that has no owner"
        yield Problem(make_marker_name(stack), what, why, f"copy it to {make_marker_name(twin)}, by pull request")
    for agent in files.find_agents(stack):
        fix = f"set stack: {twin} by pull request, and bring {stack} up no more until it is destroyed"
        yield Problem(f"{agent.file}:stack", f"is {stack}, and its host moves to {twin}", f"{twin} would have no host for the agent", fix)


def _find_file_problems(spec: ContainmentSpec, name: StackName, mode: PolicyMode, file: Path) -> list[Problem]:
    """Return a problem if the twin has no file, or if it does not permit what the stack permits."""
    twin, folder = name.replace_mode(mode), file.parent
    if not file.exists():
        fix = f"copy Pulumi.{name.stack}.yaml to it, and set policyMode: {mode.value} and a free vpcCidr"
        return [Problem(str(file), "does not exist", f"the hosts of {name.stack} move to the stack {twin}", fix)]
    lost = sorted(set(_find_lost(spec, read_stack(twin, folder=folder))))
    if not lost:
        return []
    shown = ", ".join(lost[:10]) + (f" and {len(lost) - 10} more" if len(lost) > 10 else "")
    what = f"does not permit {shown}, which {name.stack} permits"
    return [
        Problem(str(file), what, "the move would cut destinations that are in use", f"copy these entries from Pulumi.{name.stack}.yaml")
    ]


def _find_lost(spec: ContainmentSpec, twin: ContainmentSpec) -> Iterator[str]:
    """Yield the names, URLs and internal networks that a stack permits and its twin does not."""
    permitted = [pattern for group, found in twin.destinations.items() if group not in DENY_GROUPS for pattern in found.patterns]
    for group, found in spec.destinations.items():
        if group not in DENY_GROUPS:
            yield from (str(one) for one in found.patterns if not any(other.covers(one) is Ternary.YES for other in permitted))
    yield from (url for url in spec.decrypted_urls if url not in twin.decrypted_urls)
    theirs = [(api.cidrs, api.ports) for api in twin.internal_apis]
    yield from (f"internal API {api.name}" for api in spec.internal_apis if (api.cidrs, api.ports) not in theirs)
    gateways = set(twin.config.model_gateway_networks)
    yield from (str(one) for one in spec.config.model_gateway_networks if one not in gateways)


def check_enforced(spec: ContainmentSpec, name: StackName, folder: Path) -> ContainmentSpec:
    """Return the stack that a decision to enforce is about, as its file is now: the stack itself, or its twin in enforce.

    Raises InputError when the stack cannot be deployed in enforce.
    """
    if name.mode is not None:
        return read_stack(name.replace_mode(PolicyMode.ENFORCE), folder=folder)
    read_stack(spec.stack, {"policyMode": PolicyMode.ENFORCE.value}, folder)
    return spec


def run_steps(steps: Sequence[Step], folder: Path, announce: Callable[[str], None]) -> None:
    """Run the commands of all steps that have one; their output goes to stderr.

    Args:
        steps: the steps in order.
        folder: the folder of the stack files.
        announce: receives one line per step.

    Raises:
        InputError: a command failed; the later steps were not started.
    """
    for place, step in enumerate(steps, 1):
        if not step.lab:
            announce(f"step {place} of {len(steps)}: not done here: {step.what}")
            continue
        announce(f"step {place} of {len(steps)}: {step.what}")
        words = [sys.executable, "-m", "containment", *step.lab]
        done = subprocess.run(words, cwd=folder.resolve(), stdout=sys.stderr, check=False)
        if done.returncode != Exit.OK:
            left = ", ".join(one.what for one in steps[place:]) or "none"
            command = f"containment {' '.join(step.lab)}"
            problem = Problem(command, f"ended with exit code {done.returncode}", f"not started: {left}", "correct that, and run it again")
            raise InputError(f"step {place} of {len(steps)} failed", [problem])


KEY: Final = "policyMode"
_LINE: Final = re.compile(
    rf"""(?P<head>\s+(?P<quote>["']?)(?:{PROJECT}:)?{KEY}(?P=quote)\s*:\s+)(?P<value>[^\s#]+)(?P<tail>\s*(?:\s#.*)?)"""
)
_CONFIG: Final = re.compile(r"config:\s*(#.*)?")


def set_mode(path: Path, mode: PolicyMode) -> bool:
    """Set the mode in a stack file and keep every other character; return whether the file changed.

    The new text is read back before it replaces the file, which happens at once or not at all. Raises InputError when the mode cannot be
    set by changing one line.
    """
    try:
        text = path.read_bytes().decode("utf-8")
        before = read_config(strict_yaml.read(path), PROJECT)
    except (OSError, ValueError) as error:
        raise _make_error(path, strict_yaml.explain_error(error)[0], mode) from None
    if before.get(f"{PROJECT}:{KEY}") == mode.value:
        return False
    changed = _replace_mode(text, mode)
    try:
        after = None if changed is None else read_config(strict_yaml.load(changed), PROJECT)
    except ValueError:
        after = None
    if changed is None or after != {**before, f"{PROJECT}:{KEY}": mode.value}:
        raise _make_error(path, f"sets {KEY} in a form that cannot be changed line by line", mode)
    try:
        write_whole(path, changed)
    except OSError as error:
        what = f"cannot be written ({error.strerror})"
        raise InputError(f"{path} is unchanged", [Problem(str(path), what, "the mode was not set", "make the file writable")]) from None
    return True


def _replace_mode(text: str, mode: PolicyMode) -> str | None:
    """Return the text with one line changed or added; None where there is no such line."""
    lines = text.splitlines(keepends=True)
    bodies = [line.rstrip("\r\n") for line in lines]
    found = [(place, match) for place, body in enumerate(bodies) if (match := _LINE.fullmatch(body))]
    if len(found) == 1:
        place, match = found[0]
        lines[place] = f"{match['head']}{mode.value}{match['tail']}{lines[place][len(bodies[place]) :]}"
        return "".join(lines)
    starts = [place for place, body in enumerate(bodies) if _CONFIG.fullmatch(body)]
    if found or len(starts) != 1:
        return None
    indent = next((body[: len(body) - len(body.lstrip())] for body in bodies[starts[0] + 1 :] if body.strip()), "  ") or "  "
    end = lines[starts[0]][len(bodies[starts[0]]) :] or "\n"
    head = lines[starts[0]] if lines[starts[0]].endswith(("\n", "\r")) else f"{lines[starts[0]]}{end}"
    return "".join([*lines[: starts[0]], head, f"{indent}{PROJECT}:{KEY}: {mode.value}{end}", *lines[starts[0] + 1 :]])


def _make_error(path: Path, what: str, mode: PolicyMode) -> InputError:
    fix = f"write {PROJECT}:{KEY}: {mode.value} on one line under `config:`"
    return InputError(f"{path} is unchanged", [Problem(str(path), what, "the mode was not set", fix)])
