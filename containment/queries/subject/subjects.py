"""The subject of a question, from a stack file or a deployed state."""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import IPv4Network
from pathlib import Path

from containment.analysis.approvals import collect_spec_approvals
from containment.analysis.subject import Subject, collect_facts, find_agents, find_gateway
from containment.catalog.preset import Library
from containment.config.spec import ContainmentSpec
from containment.loaders.presets import load_library
from containment.loaders.stack_file import read_stack
from containment.names import DENY_GROUPS, WebGroupId
from containment.patterns.url import UrlPattern
from containment.policy.builder import build_ruleset
from containment.renderings.boundary import build_boundary
from containment.renderings.proofs import RenderingProof, prove_stack
from containment.renderings.tool_servers import build_tool_scope
from containment.risk.residual_risks import find_residual_risks


def build_subject(spec: ContainmentSpec, library: Library | None = None) -> Subject:
    """Return the subject of a stack's spec; `library` is the one it was resolved from, this checkout's by default."""
    known = library or load_library()
    approved = {pattern for group, found in spec.destinations.items() if group not in DENY_GROUPS for pattern in found.patterns}
    approved |= {UrlPattern.parse(url).host for url in spec.decrypted_urls}
    denied = spec.destinations.get(WebGroupId.UNAPPROVED_MODELS)
    facts = collect_facts(known.sets.values(), spec.config.aws_region)
    return Subject(
        title=spec.stack,
        ruleset=build_ruleset(spec),
        agents=find_agents(spec),
        mode=spec.mode,
        denied=denied.patterns if denied else (),
        approved=tuple(sorted(approved)),
        own=(
            spec.config.vpc_cidr,
            *spec.config.model_gateway_networks,
            *(network for api in spec.internal_apis for network in api.cidrs),
        ),
        resolvers=(IPv4Network(spec.dns_resolver),),
        facts=facts,
        assumptions=("no rule of another owner precedes this stack's on the Controller (give such rules with --before and --after)",),
        approvals=collect_spec_approvals(spec, facts),
        boundary=build_boundary(spec, known),
        tools=build_tool_scope(spec, known),
        credential_gateway=find_gateway(spec),
    )


def read_subject(stack: str | None, state: Path | None, overrides: Mapping[str, str] | None = None, folder: Path = Path()) -> Subject:
    """Return the subject that `--stack` or `--state` names.

    Args:
        stack: name of a stack whose file is in `folder`; used if `state` is None.
        state: a state file.
        overrides: configuration of the stack, by key.
        folder: folder of the stack files.

    Raises:
        InputError: the stack or the state cannot be read.
    """
    if state is not None:
        from containment.queries.subject.state_policy import read_state_subject

        return read_state_subject(state)
    assert stack is not None
    return build_subject(read_stack(stack, overrides, folder))


def read_residual_risks(stack: str, overrides: Mapping[str, str] | None = None, folder: Path = Path()) -> list[tuple[str, str, str]]:
    """Return a stack's residual risks, outside of every firewall rule: (id, risk, closing control); raise InputError."""
    return [(one.id, one.what, one.closed_by) for one in find_residual_risks(read_stack(stack, overrides, folder))]


def read_rendering_proofs(stack: str, overrides: Mapping[str, str] | None = None, folder: Path = Path()) -> list[RenderingProof]:
    """Return the proofs of every rendering of a stack; raise InputError."""
    library = load_library()
    return prove_stack(read_stack(stack, overrides, folder, library), library)
