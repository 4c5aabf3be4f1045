"""`containment plan`: the ordered rule table of a stack, with the why and the source of each line. No cloud needed."""

from __future__ import annotations

import json
from typing import Annotated, Any

import typer
from rich.table import Column, Table

from containment.cli.common import console, overrides_of, told
from containment.model.invariants import broken_invariants
from containment.model.names import PolicyMode, WebGroupId
from containment.model.policy import build_ruleset
from containment.model.ruleset import CidrSelector, Rule, RuleSet, TagSelector
from containment.model.spec import ContainmentSpec


def plan(
    stack: Annotated[str, typer.Option("--stack", "-s", help="The stack, e.g. coding-monitor.")] = "coding-monitor",
    config: Annotated[list[str] | None, typer.Option("--config", "-c", help="KEY=VALUE, as with `pulumi up -c`; may be repeated.")] = None,
    destinations: Annotated[bool, typer.Option("--destinations", help="List every name of every WebGroup.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")] = False,
) -> None:
    """Show what a stack permits and denies, in the order the gateway asks."""
    from containment.stack_file import read_stack

    with told():
        spec = read_stack(stack, overrides_of(config or []))
        ruleset = build_ruleset(spec)
        broken = broken_invariants(spec, ruleset)
    if as_json:
        typer.echo(json.dumps(document(spec, ruleset, [str(problem) for problem in broken]), indent=2))
    else:
        _show(spec, ruleset, destinations=destinations)
        for problem in broken:
            typer.echo(f"BROKEN: {problem}", err=True)
    raise typer.Exit(1 if broken else 0)


def document(spec: ContainmentSpec, ruleset: RuleSet, broken: list[str]) -> dict[str, Any]:
    """Return the plan as data (`containment-plan/v1`)."""
    return {
        "schema": "containment-plan/v1",
        "stack": spec.stack,
        "class": spec.config.agent_class,
        "mode": spec.mode.value,
        "defaultAction": ruleset.default_action.value,
        "rules": [
            {
                "priority": int(rule.priority),
                "name": rule.name,
                "action": rule.action.value,
                "watch": rule.watch,
                "protocol": rule.protocol.value,
                "ports": [str(ports) for ports in rule.ports],
                "destinations": _targets(ruleset, rule),
                "domains": [text for name in rule.web_groups for text in ruleset.web_groups[name].expressions],
                "origin": _origin(spec, rule),
                "why": rule.why,
                "source": rule.source,
            }
            for rule in ruleset.rules
        ],
        "brokenInvariants": broken,
    }


def _targets(ruleset: RuleSet, rule: Rule) -> list[str]:
    out = []
    for name in rule.destinations:
        group = ruleset.smart_groups[name]
        cidrs = [str(selector.network) for selector in group.selectors if isinstance(selector, CidrSelector)]
        out.append(f"{name} ({', '.join(cidrs)})" if name.startswith("sg-") and cidrs else group.name)
    return out


def _origin(spec: ContainmentSpec, rule: Rule) -> str:
    found = (spec.destinations.get(WebGroupId(name)) for name in rule.web_groups)
    return ", ".join("tlsDecryptionUrls" if one is None else one.origin for one in found)


def _what(spec: ContainmentSpec, ruleset: RuleSet, rule: Rule, *, destinations: bool) -> str:
    names = [text for group in rule.web_groups for text in ruleset.web_groups[group].expressions]
    if not names:
        return "any name"
    return "\n".join(names) if destinations else f"{len(names)} names:\n" + _origin(spec, rule).replace(", ", "\n")


def _show(spec: ContainmentSpec, ruleset: RuleSet, *, destinations: bool) -> None:
    out = console()
    mode = "MONITOR: denies are watched and logged, not applied" if spec.mode is PolicyMode.MONITOR else "ENFORCE: denies are applied"
    out.print(f"{spec.stack}: {spec.preset.title}, harness {spec.harness.value}. {mode}.")
    source = ruleset.smart_groups["sg-agent-workload"]
    tags = [f"{k}={v}" for s in source.selectors if isinstance(s, TagSelector) for k, v in s.tags.items()]
    nets = [str(s.network) for s in source.selectors if isinstance(s, CidrSelector)]
    out.print(f"Source of every rule: VMs with {' and '.join(tags)}, or addresses in {', '.join(nets)}.")
    what_of = {rule.name: _what(spec, ruleset, rule, destinations=destinations) for rule in ruleset.rules}
    # Names and files are searched for and copied, so none is cut off.
    table = Table(
        "prio",
        Column("rule", min_width=max(map(len, what_of)), overflow="fold"),
        "action",
        "to",
        Column("what", min_width=max(len(line) for what in what_of.values() for line in what.splitlines()), overflow="fold"),
        "why",
        "source",
        box=None if out.no_color else Table().box,
    )
    for rule in ruleset.rules:
        ports = f"{rule.protocol.value}{' ' + ','.join(map(str, rule.ports)) if rule.ports else ''}"
        action = rule.action.value + (" (watched)" if rule.watch else "")
        table.add_row(
            str(int(rule.priority)),
            rule.name,
            action,
            f"{', '.join(_targets(ruleset, rule))} {ports}",
            what_of[rule.name],
            rule.why,
            rule.source,
        )
    table.add_row(
        "POST",
        "default action",
        f"{ruleset.default_action.value} + LOG",
        "everything else on this Controller",
        "",
        "fail closed",
        "seed 001",
    )
    out.print(table)
