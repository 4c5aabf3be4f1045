"""The WebGroups of a stack with the rules that name them, as one closed JSON document: the view of the gateway's layer."""

from __future__ import annotations

import json
from typing import Annotated, Literal

from pydantic import Field, ValidationError

from containment.addresses.port_range import PortRange
from containment.errors import InputError, Problem
from containment.fixes.model_findings import list_problems
from containment.fixes.unfit_value import UnfitError
from containment.names import SmartGroupId
from containment.patterns.domain import DomainPattern
from containment.patterns.url import UrlPattern
from containment.policy.rules import Rule, RuleSet
from containment.renderings.url_requests import list_url_requests
from containment.reviewed_data import ReviewedModel
from containment.sandbox.permissions import Endpoint, Permissions, ProgramEgress
from containment.strict_json import StrictJsonError, load

EVERY_PROGRAM = "/**"
_TITLE = "the WebGroups cannot be read"
_WHY = "a group that is read in part permits something else"
_FIX = "render them again: containment render --as webgroups"


class GroupPorts(ReviewedModel):
    """A range of TCP ports, both ends included."""

    first: Annotated[int, Field(ge=0, le=65535, strict=True)]
    last: Annotated[int, Field(ge=0, le=65535, strict=True)]

    def contains(self, port: int) -> bool:
        """Return whether a port is in the range."""
        return self.first <= port <= self.last


class GroupRule(ReviewedModel):
    """One rule that names a WebGroup, in the order of evaluation."""

    name: str
    action: Literal["permit", "deny"]
    watched: bool
    tls_required: bool
    ports: tuple[GroupPorts, ...]
    group: str
    names: tuple[str, ...]
    urls: tuple[str, ...]


class WebGroupsView(ReviewedModel):
    """The whole document; `default` is the outcome of names in no group."""

    schema_: Annotated[Literal["containment-webgroups/v1"], Field(alias="schema")]
    stack: str
    mode: str
    default: Literal["deny"]
    rules: tuple[GroupRule, ...]


def build_view(ruleset: RuleSet, *, stack: str, mode: str) -> WebGroupsView:
    """Return the rules of a policy that name WebGroups and apply to agents; those of the credential gateway are no agent's."""
    agents = SmartGroupId.AGENT_WORKLOAD.value
    rules = [_build_rule(ruleset, rule, group) for rule in ruleset.rules if agents in rule.sources for group in rule.web_groups]
    return WebGroupsView(schema_="containment-webgroups/v1", stack=stack, mode=mode, default="deny", rules=tuple(rules))


def _build_rule(ruleset: RuleSet, rule: Rule, group: str) -> GroupRule:
    found = ruleset.web_groups[group]
    return GroupRule(
        name=rule.name,
        action="permit" if rule.action.permits else "deny",
        watched=rule.watch,
        tls_required=rule.tls_required,
        ports=tuple(GroupPorts(first=port.low, last=port.high) for port in rule.ports),
        group=found.name,
        names=tuple(map(str, found.patterns)),
        urls=tuple(map(str, found.urls)),
    )


def format_view(view: WebGroupsView) -> str:
    """Return the text of the document."""
    return json.dumps(view.model_dump(mode="json", by_alias=True), indent=2, ensure_ascii=False) + "\n"


def parse_view(text: str, name: str) -> WebGroupsView:
    """Return the document of a text; raise InputError with every problem.

    Args:
        text: the content of the file.
        name: the name of the file, for the problems.
    """
    try:
        return WebGroupsView.model_validate(load(text))
    except ValidationError as error:
        raise InputError(_TITLE, list_problems(name, error, WebGroupsView, why=_WHY, fix=_FIX)) from None
    except StrictJsonError as error:
        raise InputError(_TITLE, [Problem(name, error.what, _WHY, _FIX)]) from None


def read_permissions(view: WebGroupsView, name: str) -> Permissions:
    """Return the connections that the permits allow to every program; raise InputError for a name that is no pattern."""
    egress, problems = list[ProgramEgress](), list[Problem]()
    for place, rule in enumerate(view.rules):
        if rule.action != "permit":
            continue
        ports = tuple(PortRange(port.first, max(port.first, port.last)) for port in rule.ports)
        for key, texts in (("names", rule.names), ("urls", rule.urls)):
            for number, text in enumerate(texts):
                origin = f"rules.{place}.{key}.{number}"
                try:
                    endpoint = _read_endpoint(text, key, ports, origin, tls=rule.tls_required)
                except ValueError as error:
                    what = error.what if isinstance(error, UnfitError) else str(error)
                    problems.append(Problem(f"{name}:{origin}", f"{text!r} {what}", _WHY, _FIX))
                else:
                    egress.append(ProgramEgress(EVERY_PROGRAM, endpoint))
    if problems:
        raise InputError(_TITLE, problems)
    return Permissions(programs=None, tasks=None, egress=tuple(egress))


def _read_endpoint(text: str, key: str, ports: tuple[PortRange, ...], origin: str, *, tls: bool) -> Endpoint:
    if key == "names":
        return Endpoint(host=DomainPattern.parse(text), ports=ports, tls=tls, origin=origin)
    url = UrlPattern.parse(text)
    return Endpoint(host=url.host, ports=ports, tls=tls, requests=list_url_requests(url), origin=origin)
