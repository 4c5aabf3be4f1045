"""`containment plan`: the ordered rule table of a stack, with reason and source of each rule; needs no cloud account."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from containment.cli.options import StackOptions, TableIn, print_answer
from containment.config.open_questions import GATEWAY_TITLE, ROUTES_KEY, find_gateway_question, find_open_questions
from containment.config.spec import ContainmentSpec
from containment.errors import Problem
from containment.exit_code import Exit
from containment.input_reader import InputReader
from containment.names import PolicyMode, WebGroupId
from containment.policy.blueprint_table import DEFAULT_ACTION
from containment.policy.builder import build_ruleset
from containment.policy.invariants import find_broken_invariants
from containment.policy.rules import CidrSelector, Rule, RuleSet, TagSelector
from containment.queries.results import Answer, Section

if TYPE_CHECKING:
    from containment.vending.hosts import HostPlan


@print_answer(TableIn)
def plan(
    source: StackOptions,
    destinations: Annotated[bool, typer.Option("--destinations", help="List every name of every WebGroup.")] = False,
) -> Answer:
    """Show a stack's rules in the order the gateway applies them."""
    from containment.vending.hosts import plan_hosts
    from containment.vending.loader import read_agents

    today = datetime.now(UTC).date()
    files = read_agents(source.folder)
    reader = InputReader("the stack cannot be planned")
    pending = reader.read(source.read)
    agents = reader.read(lambda: files.find_agents(source.stack))
    reader.require()
    spec = pending.value
    hosts = plan_hosts(spec, agents.value, today, by_request=spec.stack in files.by_request)
    ruleset = build_ruleset(spec)
    broken = [str(problem) for problem in find_broken_invariants(spec, ruleset)]
    for problem in broken:
        typer.echo(f"BROKEN: {problem}", err=True)
    return Answer(
        verb="plan",
        headline=_format_headline(spec, ruleset),
        exit=Exit.NO if broken else Exit.OK,
        sections=(
            _build_rules_section(spec, ruleset, destinations=destinations),
            *_build_agents_section(hosts, today),
            *_build_questions_section(spec),
            *_build_warnings_section((*spec.warnings, *hosts.warnings)),
        ),
        document=build_document(spec, ruleset, broken, hosts),
    )


def build_document(spec: ContainmentSpec, ruleset: RuleSet, broken: list[str], hosts: HostPlan) -> dict[str, Any]:
    """Return the plan as data (`containment-plan/v1`)."""
    warnings = (*spec.warnings, *hosts.warnings)
    return {
        "schema": "containment-plan/v1",
        "stack": spec.stack,
        "class": spec.config.agent_class,
        "mode": spec.mode.value,
        "defaultAction": ruleset.default_action.value,
        "intrusionDetection": spec.config.intrusion_detection,
        "rules": [
            {
                "priority": int(rule.priority),
                "name": rule.name,
                "action": rule.action.value,
                "watch": rule.watch,
                "protocol": rule.protocol.value,
                "ports": [str(ports) for ports in rule.ports],
                "destinations": _describe_targets(ruleset, rule),
                "domains": [text for name in rule.web_groups for text in ruleset.web_groups[name].expressions],
                "origin": _find_origin(spec, rule),
                "why": rule.why,
                "source": rule.source,
            }
            for rule in ruleset.rules
        ],
        "openQuestions": [
            {"question": one.question, "permits": list(one.permits), "keys": [key.value for key in one.keys]}
            for one in find_open_questions(spec)
        ],
        "credentialGateway": {"made": spec.credential_gateway is not None, "question": find_gateway_question(spec) or None},
        "warnings": [{"where": one.where, "what": one.what, "why": one.why, "fix": one.fix} for one in warnings],
        **_describe_hosts(hosts),
        "brokenInvariants": broken,
    }


def _describe_hosts(plan: HostPlan) -> dict[str, list[dict[str, str]]]:
    """Return the hosts of a stack's agents; nothing for a stack without agent files."""
    if any(host.agent is None for host in plan.hosts):
        return {}
    described = [
        {
            "agent": host.agent.name,
            "owner": host.agent.owner.business,
            "until": str(host.agent.until),
            "name": host.object_name,
            "instanceType": host.instance_type,
            "harness": host.spec.harness.value,
        }
        for host in plan.hosts
        if host.agent
    ]
    return {"hosts": described}


def _describe_targets(ruleset: RuleSet, rule: Rule) -> list[str]:
    out = []
    for name in rule.destinations:
        group = ruleset.smart_groups[name]
        cidrs = [str(selector.network) for selector in group.selectors if isinstance(selector, CidrSelector)]
        out.append(f"{name} ({', '.join(cidrs)})" if name.startswith("sg-") and cidrs else group.name)
    return out


def _find_origin(spec: ContainmentSpec, rule: Rule) -> str:
    found = (spec.destinations.get(WebGroupId(name)) for name in rule.web_groups)
    return ", ".join("tlsDecryptionUrls" if one is None else one.origin for one in found)


def _describe_names(spec: ContainmentSpec, ruleset: RuleSet, rule: Rule, *, destinations: bool) -> str:
    """Return the names of a rule, or their number and the sets that list them."""
    names = [text for group in rule.web_groups for text in ruleset.web_groups[group].expressions]
    if not names:
        return "any name"
    return "\n".join(names) if destinations else f"{len(names)} names:\n" + _find_origin(spec, rule).replace(", ", "\n")


def _format_headline(spec: ContainmentSpec, ruleset: RuleSet) -> str:
    mode = "MONITOR: denies are watched and logged, not applied" if spec.mode is PolicyMode.MONITOR else "ENFORCE: denies are applied"
    if spec.mode is PolicyMode.MONITOR and spec.always_enforced:
        mode = f"MONITOR: denies are watched and logged, except those of {', '.join(spec.config.always_enforce)}, which are applied"
    source = ruleset.smart_groups["sg-agent-workload"]
    tags = [f"{k}={v}" for s in source.selectors if isinstance(s, TagSelector) for k, v in s.tags.items()]
    nets = [str(s.network) for s in source.selectors if isinstance(s, CidrSelector)]
    inspected = [rule.name for rule in ruleset.rules if rule.decrypts] if spec.config.intrusion_detection else []
    drops = f"\nIntrusion prevention: major and critical intrusions are dropped in {', '.join(inspected)}." if inspected else ""
    return (
        f"{spec.stack}: {spec.preset.title}, harness {spec.harness.value}. {mode}.\n"
        f"Source of every rule: VMs with {' and '.join(tags)}, or addresses in {', '.join(nets)}.{drops}"
    )


def _build_rules_section(spec: ContainmentSpec, ruleset: RuleSet, *, destinations: bool) -> Section:
    rows = []
    for rule in ruleset.rules:
        ports = f"{rule.protocol.value}{' ' + ','.join(map(str, rule.ports)) if rule.ports else ''}"
        action = rule.action.value + (" (watched)" if rule.watch else "")
        to, what = f"{', '.join(_describe_targets(ruleset, rule))} {ports}", _describe_names(spec, ruleset, rule, destinations=destinations)
        rows.append((str(int(rule.priority)), rule.name, action, to, what, rule.why, rule.source))
    default = f"{ruleset.default_action.value} + LOG"
    rows.append(("POST", "default action", default, "everything else on this Controller", "", "fail closed", DEFAULT_ACTION))
    columns = ("prio", "rule", "action", "to", "what", "why", "source")
    return Section("Rules, first match decides", columns, tuple(rows), ("source", "why", "what", "to"))


def _build_questions_section(spec: ContainmentSpec) -> tuple[Section, ...]:
    """Return the table of open questions; empty if there are none."""
    rows = tuple((one.question, " or ".join(key.value for key in one.keys)) for one in find_open_questions(spec))
    title = f"Open questions: only you can name these destinations of {spec.preset.name}; until a key is set, no rule permits them"
    gateway = find_gateway_question(spec)
    return (
        *((Section(title, ("question", "key"), rows),) if rows else ()),
        *((Section(GATEWAY_TITLE, ("question", "key"), ((gateway, ROUTES_KEY),)),) if gateway else ()),
    )


def _build_agents_section(hosts: HostPlan, today: date) -> tuple[Section, ...]:
    """Return the table of the stack's agents; empty for a stack without agent files."""
    rows = tuple(
        (one.name, one.owner.business, str(one.until), str(one.count_days_left(today)), host.instance_type, host.spec.harness.value)
        for host in hosts.hosts
        if (one := host.agent)
    )
    columns = ("agent", "owner", "until", "days left", "instance type", "harness")
    return (Section("Agents: one host each, under the same rules", columns, rows),) if rows else ()


def _build_warnings_section(warnings: Sequence[Problem]) -> tuple[Section, ...]:
    """Return the table of warnings; empty if there are none."""
    rows = tuple((one.where, one.what, one.why, one.fix) for one in warnings)
    return (Section("Warnings", ("where", "what", "why", "fix"), rows, ("why",)),) if rows else ()
