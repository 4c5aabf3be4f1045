"""Compare `containment check`, Checkov and OPA on many stacks without an engine: same resources, equal checks, loading included.

Every tool runs as a separate process from start to end and reads a format that it supports: `containment check` and OPA the output
of `pulumi stack export`, Checkov a Terraform plan with the same resources. Some stacks have a hole; the run fails when a tool does not
find the same holes in the same stacks. A tool that is not installed is SKIPPED, with the command that installs it.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from benchmarks.terraform_plan import build_plan
from tests.policypack.mutants.mutant import HOST, Mutant, Set
from tests.policypack.mutants.program import Program, Stack

REPOSITORY: Final = Path(__file__).parents[1]
TOOLS: Final = REPOSITORY / ".lab" / "compare"
WITH_A_HOLE: Final = 10
"""One in this many stacks has a hole, each kind in turn."""
OPEN: Final = {"protocol": "tcp", "fromPort": 22, "toPort": 22, "cidrBlocks": ["0.0.0.0/0"]}
EVERYTHING: Final = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]})


@dataclass(frozen=True)
class Check:
    """One check by its name in each tool (`ours` is a rule of the pack, `checkov` an id), and the change that breaks it."""

    ours: str
    checkov: str
    change: Set


CHECKS: Final = (
    Check("agent-host-has-no-public-ip", "CKV_AWS_88", Set(HOST, "associatePublicIpAddress", True)),
    Check("agent-host-requires-imdsv2", "CKV_AWS_79", Set(HOST, "metadataOptions/httpTokens", "optional")),
    Check("agent-volumes-are-encrypted", "CKV_AWS_8", Set(HOST, "rootBlockDevice/encrypted", False)),
    Check("agent-host-takes-no-ingress", "CKV_AWS_24", Set("agent-sg", "ingress", [OPEN])),
    Check("agent-role-is-minimal", "CKV_AWS_62", Set("agent-identity-operate", "policy", EVERYTHING)),
)

Holes = dict[str, set[str]]
"""Check (the pack's rule id) -> the stacks in which a tool found it broken."""


def write_stacks(stacks: Sequence[Stack], count: int, folder: Path) -> Holes:
    """Write `count` stacks as `exports/*.json` and `plans/*.json` in a folder, and return the stacks with a hole."""
    given: Holes = {check.ours: set() for check in CHECKS}
    for kind in ("exports", "plans"):
        (folder / kind).mkdir()
    for number in range(count):
        program, name = Program(stacks[number % len(stacks)]), f"stack-{number:04}"
        if number % WITH_A_HOLE == 0:
            check = CHECKS[number // WITH_A_HOLE % len(CHECKS)]
            Mutant(name, check.ours, (check.change,)).applied(program)
            given[check.ours].add(name)
        resources = program.resources("known")
        export = [
            {
                "urn": one.urn,
                "type": one.type,
                "inputs": one.props,
                "outputs": one.outputs,
                "propertyDependencies": one.property_dependencies,
            }
            for one in resources
        ]
        (folder / "exports" / f"{name}.json").write_text(json.dumps({"version": 3, "deployment": {"resources": export}}))
        (folder / "plans" / f"{name}.json").write_text(json.dumps(build_plan(resources)))
    return given


def run_containment(folder: Path, only: Sequence[str] = ()) -> Holes:
    """Run `containment check` on the exports; `only` limits it to some rules."""
    rules = [word for one in only for word in ("--rule", one)]
    files = sorted(map(str, (folder / "exports").iterdir()))
    said = _run_command([sys.executable, "-m", "containment", "check", *files, *rules, "--format", "json"])
    found: Holes = {check.ours: set() for check in CHECKS}
    for case in json.loads(said)["cases"]:
        if case["status"] == "failed":
            found.setdefault(case["id"], set()).add(case["where"].partition(".json")[0])
    return found


def run_opa(folder: Path) -> Holes:
    """Run `opa exec` on the exports with the same checks in Rego."""
    program = TOOLS / "bin" / "opa"
    policy = Path(__file__).parent / "rego"
    said = _run_command([str(program), "exec", "--decision", "checks/broken", "--bundle", str(policy), str(folder / "exports")])
    found: Holes = {check.ours: set() for check in CHECKS}
    for one in json.loads(said)["result"]:
        for rule in one["result"]:
            found[rule].add(Path(one["path"]).stem)
    return found


def run_checkov(folder: Path) -> Holes:
    """Run Checkov on the plans with the same checks."""
    program = TOOLS / "venv" / "bin" / "checkov"
    ids = {check.checkov: check.ours for check in CHECKS}
    asked = ["-d", str(folder / "plans"), "--framework", "terraform_plan", "--check", ",".join(ids), "--output", "json", "--quiet"]
    said = json.loads(_run_command([str(program), *asked, "--skip-download", "--compact"]))
    found: Holes = {check.ours: set() for check in CHECKS}
    for one in said["results"]["failed_checks"]:
        found[ids[one["check_id"]]].add(Path(one["file_path"]).stem)
    return found


def compare(stacks: Sequence[Stack], count: int, folder: Path) -> Iterator[str]:
    """Yield a line for each tool: seconds for all stacks, and the ratio to `containment check` with equal checks."""
    given = write_stacks(stacks, count, folder)
    size = sum(one.stat().st_size for one in (folder / "exports").iterdir()) / 1e6
    yield f"{count} stacks offline, {size:.0f} MB of exports, {len(CHECKS)} checks, {sum(map(len, given.values()))} holes"
    equal = _measure_time(lambda: run_containment(folder, [check.ours for check in CHECKS]), given)
    yield f"containment check, equal checks: {equal:.1f} s"
    whole = _measure_time(lambda: run_containment(folder), given)
    yield f"containment check, all its rules: {whole:.1f} s ({whole / equal:.1f} times)"
    tools: dict[str, tuple[Path, Callable[[Path], Holes], str]] = {
        "OPA": (
            TOOLS / "bin" / "opa",
            run_opa,
            f"GOBIN={_shorten_path(TOOLS / 'bin')} go install github.com/open-policy-agent/opa@v1.22.2",
        ),
        "Checkov": (
            TOOLS / "venv" / "bin" / "checkov",
            run_checkov,
            f"python -m venv {_shorten_path(TOOLS / 'venv')}, pip install checkov in it",
        ),
    }
    for name, (program, run, obtain) in tools.items():
        if not program.exists():
            yield f"{name}: SKIPPED, {_shorten_path(program)} is missing ({obtain})"
            continue
        spent = _measure_time(lambda run=run: run(folder), given)  # type: ignore[misc]
        yield f"{name}, equal checks: {spent:.1f} s ({spent / equal:.1f} times)"


def _measure_time(run: Callable[[], Holes], given: Holes) -> float:
    started = time.perf_counter()
    found = run()
    spent = time.perf_counter() - started
    assert {check.ours: found[check.ours] for check in CHECKS} == given, "a tool did not find the holes that were made"
    return spent


def _run_command(command: list[str]) -> str:
    env = {**os.environ, "PYTHONHASHSEED": "0", "LOG_LEVEL": "ERROR"}
    done: Any = subprocess.run(command, cwd=REPOSITORY, env=env, capture_output=True, text=True, check=False)
    assert done.stdout, done.stderr[-2000:]
    return str(done.stdout)


def _shorten_path(path: Path) -> str:
    return str(path.relative_to(REPOSITORY))
