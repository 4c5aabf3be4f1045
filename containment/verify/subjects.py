"""Where a question's subject comes from: a stack file, or a deployed state."""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import IPv4Network
from pathlib import Path

from containment.library import load_library
from containment.model.names import DENY_GROUPS, WebGroupId
from containment.model.policy import build_ruleset
from containment.model.preset import Library
from containment.model.reach.approvals import approvals_of_spec
from containment.model.reach.subject import Subject, agents_of, facts_of
from containment.model.risks import residual_risks
from containment.model.spec import ContainmentSpec
from containment.model.url import UrlPattern
from containment.stack_file import read_stack


def subject_of_spec(spec: ContainmentSpec, library: Library | None = None) -> Subject:
    """Return what can be asked about a stack's spec; `library` is the one it was made from, this checkout's by default."""
    known = library or load_library()
    approved = {pattern for group, found in spec.destinations.items() if group not in DENY_GROUPS for pattern in found.patterns}
    approved |= {UrlPattern.parse(url).host for url in spec.decrypted_urls}
    denied = spec.destinations.get(WebGroupId.UNAPPROVED_MODELS)
    facts = facts_of(known.sets.values(), spec.config.aws_region)
    return Subject(
        title=spec.stack,
        ruleset=build_ruleset(spec),
        agents=agents_of(spec),
        mode=spec.mode,
        denied=denied.patterns if denied else (),
        approved=tuple(sorted(approved)),
        own=(
            spec.config.vpc_cidr,
            *spec.config.approved_model_gateway_cidrs,
            *(network for api in spec.internal_apis for network in api.cidrs),
        ),
        resolvers=(IPv4Network(spec.dns_resolver),),
        facts=facts,
        assumptions=("no rule of another owner stands before this stack's on the Controller (say what does with --before and --after)",),
        approvals=approvals_of_spec(spec, facts),
    )


def subject_of(stack: str | None, state: Path | None, overrides: Mapping[str, str] | None = None) -> Subject:
    """Return the subject that `--stack` or `--state` names; raises InputError."""
    if state is not None:
        from containment.verify.state_policy import subject_of_state

        return subject_of_state(state)
    assert stack is not None
    return subject_of_spec(read_stack(stack, overrides))


def residual(stack: str, overrides: Mapping[str, str] | None = None) -> list[tuple[str, str, str]]:
    """Return what no firewall rule decides and stays possible in a stack: id, what, and what would close it; raises InputError."""
    return [(one.id, one.what, one.closed_by) for one in residual_risks(read_stack(stack, overrides))]
