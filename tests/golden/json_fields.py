"""Field names of every JSON document that a command prints, as paths: `.rules[].name`.

Commands that need no simulator run on the command line; for the others (`lab up`, `lab verify`, `lab report` ...) the same functions make
the documents from recorded facts. A path whose list is empty in every example ends with `[]`. Left out: what only a running network has
(`lab world up`, the rows of `lab world status`).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from unittest import mock

from typer.testing import CliRunner

from containment.cli.app import build
from containment.cli.lab.deployment import build_document as deployment_document
from containment.cli.lab.network import _build_document as test_document
from containment.cli.readiness import convert_to_data
from containment.discovery.answer import build_answer as build_discovery
from containment.discovery.comparison import compare
from containment.logs.record import DecisionRecord
from containment.policy.flow import PolicyVerdict
from containment.preflight.finding import Finding, Status
from containment.queries.renderers import Format, render_text
from containment_lab.engine.report import Report
from containment_lab.engine.steps import Op, Step
from containment_lab.formats.state import State
from containment_lab.report.document import build_document as build_report
from containment_lab.validation.probes import Probe, ProbeResult, Result
from containment_lab.validation.six_tests import ValidationResult
from tests.containment.baseline import traffic
from tests.containment.discovery.recorded import DECLARED, INVENTORY
from tests.containment.evidence.desk import Desk
from tests.containment.human_gate.room import Room
from tests.containment.observe.lines import START, packet, query, watched
from tests.containment.record.conftest import Office
from tests.containment_lab.report.recorded import recorded
from tests.support.child import REPOSITORY

STACK = ("--stack", "coding-monitor")
VENDED = (
    *("--owner-business", "finance-team", "--owner-security-approver", "security-team", "--owner-data-steward", "data-office"),
    *("--purpose", "Reads invoices", "--data-classification", "internal", "--until", "2099-12-31", "--forbid", "payment"),
)
COMMANDS: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "plan": (STACK, ("--stack", "healthcare-phi-enforce", "--destinations")),
    "host": (STACK,),
    "vend new": (("invoice-reader", *STACK, *VENDED, "--dry-run"),),
    "vend list": ((),),
    "explain": (
        (*STACK, "--to", "https://github.com/a"),
        (*STACK, "--to", "api.openai.com:443"),
        ("--stack", "coding-enforce", "--to", "8.8.8.8:53/udp"),
    ),
    "reach": (STACK,),
    "prove": (STACK,),
    "risk": (STACK,),
    "render": (("--as", "openshell", "--stack", "research-enforce"), ("--as", "webgroups", "--stack", "research-enforce")),
    "bundle build": ((*STACK, "--revision", "1", "--until", "2099-12-31", "--out", "{bundle}"),),
    "bundle show": (("{bundle}",),),
    "bundle verify": (("{bundle}",),),
    "tools list": (STACK,),
    "tools check": (STACK,),
    "diff": (("coding-monitor", "locked-down-enforce"), ("locked-down-monitor", "coding-monitor")),
    "check": (("{state}",),),
    "observe": (("{log}", *STACK),),
    "approve list": (("--cwd", "{gate}"),),
    "approve show": (("{request}", "--cwd", "{gate}"),),
    "audit list": (("--cwd", "{gate}"),),
    "audit verify": (("--cwd", "{gate}"),),
    "audit stats": (("--cwd", "{gate}"),),
    "evidence run": (("coding-enforce", "--key", "{desk}/key.pem", "--out", "{desk}/out", "--cwd", "{desk}"),),
    "evidence verify": (("{desk}/out/evidence.json", "--cwd", "{desk}"), ("{desk}/Pulumi.yaml", "--cwd", "{desk}")),
    "baseline learn": (("{models}", "--out", "{profile}"),),
    "baseline check": (("{deviating}", "--profile", "{profile}"),),
    "baseline estate": (("{deviating}",),),
    "doctor": ((),),
    "preflight": (STACK,),
    "fleet plan": (("--backend", "lab"),),
    "fleet status": (("--backend", "lab"),),
    "lab status": ((),),
    "lab stacks": ((),),
    "lab world status": ((),),
}
DATA = (
    ".rejected.",
    ".excluded.",
    ".lines.",
    ".versions.",
    ".machines.",
    ".steps[].inputs.",
    ".outputs.",
    ".changes.",
    ".propertyDependencies.",
)
"""Mappings whose keys are data (names of machines, of properties, of operations), not fields."""


def fields(value: Any, at: str = "") -> Iterator[str]:
    """Yield the path of every field in a JSON value."""
    if isinstance(value, dict) and value:
        for key, inner in value.items():
            yield from fields(inner, f"{at}.*" if any(f"{at}.".endswith(each) for each in DATA) else f"{at}.{key}")
    elif isinstance(value, list) and value:
        for inner in value:
            yield from fields(inner, f"{at}[]")
    else:
        yield at + ("[]" if value == [] else "")


def json_fields(folder: Path) -> Iterator[str]:
    """Yield each command with the fields of its JSON document; `folder` is an empty one for files of the lab."""
    for command, documents in sorted((_printed(folder) | _recorded()).items()):
        yield command
        paths = {path for document in documents for path in fields(document)}
        for path in sorted(paths):
            if path.endswith("[]") and any(other != path and other.startswith(path) for other in paths):
                continue
            if any(other.startswith((f"{path}.", f"{path}[")) for other in paths):
                continue  # None, or an object that is empty, in one of the examples
            yield f"    {path}"


def _printed(folder: Path) -> dict[str, list[Any]]:
    state = folder / "state.json"
    urn = "urn:pulumi:dev::test::aws:ec2/subnet:Subnet::agents"
    resource = {"urn": urn, "type": "aws:ec2/subnet:Subnet", "custom": True, "id": "subnet-1", "inputs": {}, "outputs": {}}
    state.write_text(json.dumps({"version": 3, "deployment": {"resources": [resource]}}))
    stack = folder / "stacks" / "agent-containment" / "dev.json"
    stack.parent.mkdir(parents=True)
    stack.write_text(state.read_text())
    log = folder / "gateway.log"
    log.write_text("\n".join([*watched("a.example.org"), packet("203.0.113.60"), query("b.example.org"), *gap_lines(), "no line of a log"]))
    (folder / "desk").mkdir()
    desk = Desk(folder / "desk").folder
    files: dict[str, Any] = {
        "state": state,
        "log": log,
        "profile": folder / "baseline.json",
        "desk": desk,
        "bundle": folder / "bundle",
        **_write_model_traffic(folder),
    }
    files |= _write_waiting_action(folder / "gate")
    tree, out = build(), {}
    nowhere = {"CONTAINMENT_LAB_HOME": str(folder), "AWS_CONFIG_FILE": "/dev/null", "AWS_SHARED_CREDENTIALS_FILE": "/dev/null"}
    with mock.patch.dict("os.environ", {**nowhere, "AWS_EC2_METADATA_DISABLED": "true"}):
        for command, tries in COMMANDS.items():
            out[command] = [_run(tree, command.split(), [word.format(**files) for word in words]) for words in tries]
    return out


def _write_waiting_action(folder: Path) -> dict[str, Any]:
    """Write the folder of a gate with an action that one of two persons approved; return both by name."""
    folder.mkdir()
    room = Room(Office(folder), agent_class="regulated-data", now=datetime.now(UTC).replace(microsecond=0))
    _, request = room.submit()
    room.decide(request)
    return {"gate": folder, "request": request.request}


def _write_model_traffic(folder: Path) -> dict[str, Path]:
    """Write logs to learn from, and logs with a deviation and a source outside every vended network; return both by name."""
    calls = traffic.usual()
    found = {"models": folder / "models.log", "deviating": folder / "deviating.log"}
    night = [traffic.Call(traffic.LATER + timedelta(minutes=place), 10, 10) for place in range(3)]
    hour_round = [traffic.Call(traffic.START - timedelta(minutes=7 * place), 900 + place, 500, "10.42.10.6") for place in range(1500)]
    few = [traffic.Call(traffic.START, 10, 10, name=traffic.SECOND)]
    found["models"].write_text("\n".join([*traffic.gateway([*calls, *few, *hour_round]), "no line of a log"]))
    outside = traffic.gateway([traffic.Call(traffic.LATER, 10, 10, "10.9.0.7")])
    switched = traffic.gateway([*night, traffic.Call(traffic.LATER, 10**9, 10, name=traffic.USUAL)])
    found["deviating"].write_text("\n".join([*outside, *switched, *traffic.gateway(hour_round[:3]), "no line of a log"]))
    return found


def gap_lines() -> list[str]:
    """Return lines with a gap and with a name that disagrees with its address."""
    late = START + timedelta(hours=3)
    spoofed = [query("c.example.org", "203.0.113.1"), *watched("c.example.org", 2, address="203.0.113.2")]
    return [*spoofed, query("b.example.org", at=late), query("b.example.org", at=START + timedelta(hours=2))]


def _run(tree: Any, command: list[str], words: list[str]) -> Any:
    folder = [] if "lab" in command or command == ["check"] or "--cwd" in words else ["--cwd", str(REPOSITORY)]
    result = CliRunner().invoke(tree, [*command, *words, *folder, "--json"])
    try:
        return json.loads(result.stdout)
    except ValueError:
        raise AssertionError(f"{' '.join(command)}: {result.output}") from result.exception


def _recorded() -> dict[str, list[Any]]:
    report = Report(True, lambda *_: None, lambda _: None, outputs={"a": 1}, violations=[])
    report.steps.append(
        Step(Op.CREATE, new=State("urn", "type", inputs={"a": 1}, dependencies=["urn"], property_dependencies={"a": ["urn"]}))
    )
    report.changes["create"] = 1
    report.record_violation("rule", "urn", 1, "text")
    report.record_error("text")
    decision = DecisionRecord(
        time=datetime(2026, 11, 28, tzinfo=UTC),
        stack="dev",
        source=ip_address("10.0.0.1"),
        server_name="example.com",
        address=ip_address("192.0.2.1"),
        port=443,
        rule_uuid=None,
        rule="default-deny",
        verdict=PolicyVerdict.DENY,
        enforced=True,
    )
    judged = ProbeResult(Probe(1, "model-call", "example.com:443", Result.PASS, "blocked", "", "n"), Result.PASS, "", decision, ("egress",))
    return {
        "lab preview, up, refresh, destroy": [deployment_document(report)],
        "lab verify: a test": [test_document(ValidationResult(1, (judged,)))],
        "lab watch: a record": [decision.model_dump(mode="json")],
        "lab report": [build_report(recorded())],
        "discover": [
            json.loads(render_text(build_discovery(INVENTORY, compare(INVENTORY, DECLARED, all_programs=True), DECLARED), Format.JSON))
        ],
        "doctor, preflight: a finding": [convert_to_data([Finding("check", Status.PASS, "", "")])],
    }
