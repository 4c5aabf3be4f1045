"""Proofs that a rendering permits no file, program, connection, request or tool that the class does not.

The text of the rendering is read back and compared, so that a proof is about the file that is deployed. Two limits apply: the class's
`sandbox` section, and the firewall's rules, whose analysis decides every connection. A text that cannot be read is no proof.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from containment.addresses.port_range import PortRange
from containment.analysis.proofs import ProofStatus
from containment.catalog.preset import Library
from containment.config.spec import ContainmentSpec
from containment.errors import InputError, Problem
from containment.extras import TOOLS
from containment.names import DENY_GROUPS, HTTPS_PORT, WebGroupId
from containment.patterns.url import UrlPattern
from containment.policy.builder import build_ruleset
from containment.renderings import web_groups
from containment.renderings.boundary import build_boundary
from containment.renderings.cedar import find_wider_statements
from containment.renderings.firewall import find_denied, is_within_urls
from containment.renderings.harness_tools import find_undenied_tools
from containment.renderings.kinds import RenderingKind
from containment.renderings.openshell import parse as openshell
from containment.renderings.openshell.document import Policy, parse_policy
from containment.renderings.openshell.network_rules import NETWORK_RULES
from containment.renderings.openshell.rule import LintRule
from containment.renderings.openshell.sandbox_rules import SANDBOX_RULES
from containment.renderings.render import render
from containment.renderings.url_requests import list_url_requests
from containment.sandbox.inclusion import Layer, Widening, find_widenings
from containment.sandbox.permissions import Endpoint, Permissions, ProgramEgress
from containment.sandbox.profile import parse_profile
from containment.sandbox.profile import read_permissions as read_profile

ASSUMPTION: Final = (
    "a connection to a name goes to a public address of it, or to the addresses that the rendering lists, and names the host in TLS; "
    "the gateway checks both"
)
_EVERY_NAME: Final = {
    "default": "every program can connect to attacker.example:443",
    "network": "every program can connect to attacker.example:443",
}
"""Keys without which a rendering has no default deny, and what is then possible."""
LINT_RULES: Final[tuple[LintRule, ...]] = tuple(sorted((*NETWORK_RULES, *SANDBOX_RULES), key=lambda rule: rule.id))


@dataclass(frozen=True, slots=True)
class RenderingProof:
    """One statement about one rendering; `shown` has counterexamples, each with the key that permits it, `why` the reason for SKIPPED."""

    kind: RenderingKind
    id: str
    statement: str
    verdict: ProofStatus
    shown: tuple[tuple[str, str], ...] = ()
    why: str = ""


_STATEMENTS: Final = {
    Layer.READ: ("files-read", "no file can be read that the class does not grant"),
    Layer.WRITE: ("files-written", "no file can be written that the class does not grant"),
    Layer.RUN: ("programs", "no program can be started that the class does not list"),
    Layer.CONNECT: ("connections", "no program can connect or send a request that the class does not grant to it"),
    Layer.CALL: ("tools", "no tool can be called that no task of the class lists"),
    Layer.OTHER: ("settings", "no setting permits more than the rules"),
}

_BUILT_IN: Final = ("built-in-tools", "no built-in tool of the harness is left that no task of the class lists")


def prove_stack(spec: ContainmentSpec, library: Library) -> list[RenderingProof]:
    """Return the proofs of every rendering of a stack."""
    prover = RenderingProver(spec, library)
    proofs = list[RenderingProof]()
    for kind in RenderingKind:
        try:
            text = render(kind, spec, library)
        except InputError as error:
            why = "; ".join(f"{one.where} {one.what}" for one in error.problems)
            proofs.append(RenderingProof(kind, "rendered", "the class can be rendered", ProofStatus.SKIPPED, why=why))
        else:
            proofs += prover.prove_rendering(kind, text, kind.file_name)
    return proofs


class RenderingProver:
    """The limits of one stack, and the analysis of its firewall rules, for any number of texts."""

    def __init__(self, spec: ContainmentSpec, library: Library) -> None:
        self._spec, self._library = spec, library
        self.boundary = build_boundary(spec, library)
        """The permissions of the class."""
        self._ruleset = build_ruleset(spec)
        self._denied: dict[Endpoint, str | None] = {}

    def prove_rendering(self, kind: RenderingKind, text: str, name: str) -> list[RenderingProof]:
        """Return the proof of every statement about the text of a rendering.

        Args:
            kind: the system that it is for.
            text: the content of the file.
            name: the name of the file, for the counterexamples.
        """
        if kind in (RenderingKind.CEDAR, RenderingKind.HARNESS):
            return [self._prove_tools(kind, text, name)]
        try:
            found, limit = self._read(kind, text, name)
        except InputError as error:
            return [_refuse_unreadable(kind, error.problems, name)]
        widenings = find_widenings(found, limit)
        if kind is RenderingKind.WEBGROUPS:
            widenings += self._find_missing_denies(text, name)
        if kind is RenderingKind.LAUNCHER:
            widenings += self._find_higher_limits(text, name)
        proofs = [_finish(kind, *_STATEMENTS[layer], [one for one in widenings if one.layer is layer]) for layer in _list_layers(kind)]
        if kind is RenderingKind.OPENSHELL:
            proofs += [_skip_programs(kind), _make_lint_proof(text, name), self._prove_baseline(text, name)]
        return [*proofs, self._prove_connections(kind, found.egress)]

    def _prove_tools(self, kind: RenderingKind, text: str, name: str) -> RenderingProof:
        """Prove that a rendering of tools permits no call, and leaves no built-in tool, that the class does not list."""
        if kind is RenderingKind.CEDAR and (problem := TOOLS.find_problem()):
            return RenderingProof(kind, *_STATEMENTS[Layer.CALL], ProofStatus.SKIPPED, why=problem)
        find = find_wider_statements if kind is RenderingKind.CEDAR else find_undenied_tools
        try:
            shown = find(text, self._spec, self._library, name)
        except InputError as error:
            return _refuse_unreadable(kind, error.problems, name)
        statement = _STATEMENTS[Layer.CALL] if kind is RenderingKind.CEDAR else _BUILT_IN
        return _finish(kind, *statement, [Widening(Layer.CALL, what, where) for where, what in shown])

    def _read(self, kind: RenderingKind, text: str, name: str) -> tuple[Permissions, Permissions]:
        """Return the permissions in a text, and the limit that it is compared with."""
        if kind is RenderingKind.OPENSHELL:
            return openshell.read_permissions(parse_policy(text, name)), self.boundary.permissions
        if kind is RenderingKind.LAUNCHER:
            return read_profile(parse_profile(text, name)), self.boundary.permissions
        return web_groups.read_permissions(web_groups.parse_view(text, name), name), _list_permitted(self._spec)

    def _find_missing_denies(self, text: str, name: str) -> list[Widening]:
        """Return a widening for each name that the stack denies and the rendering does not, or only watches."""
        applied = {rule.name for rule in self._ruleset.rules if not rule.watch}
        denied = {
            one
            for rule in web_groups.parse_view(text, name).rules
            if rule.action == "deny"
            and not (rule.watched and rule.name in applied)
            and any(port.contains(HTTPS_PORT) for port in rule.ports)
            for one in rule.names
        }
        wanted = [pattern.text for group, found in self._spec.destinations.items() if group in DENY_GROUPS for pattern in found.patterns]
        return [Widening(Layer.OTHER, f"no rule denies {one} by name", "rules") for one in wanted if one not in denied]

    def _find_higher_limits(self, text: str, name: str) -> list[Widening]:
        found, most = parse_profile(text, name).limits.model_dump(by_alias=True), self.boundary.section.limits.model_dump(by_alias=True)
        return [
            Widening(Layer.OTHER, f"{key} can be {value}, and the class grants {most[key]}", f"limits.{key}")
            for key, value in found.items()
            if value > most[key]
        ]

    def _prove_baseline(self, text: str, name: str) -> RenderingProof:
        added = openshell.list_baseline(parse_policy(text, name))
        accepted = added if self.boundary.section.runtime_paths else Permissions()
        known = self.boundary.permissions
        limit = replace(known, read=(*known.read, *accepted.read), write=(*known.write, *accepted.write))
        return _finish(
            RenderingKind.OPENSHELL,
            "runtime-paths",
            "the class accepts the paths that OpenShell adds to every policy (sandbox.runtimePaths)",
            find_widenings(added, limit),
        )

    def _prove_connections(self, kind: RenderingKind, egress: Sequence[ProgramEgress]) -> RenderingProof:
        """Prove by the firewall's rules that they permit every connection of a rendering."""
        endpoints = list(dict.fromkeys(self._simplify(one.endpoint) for one in egress))
        for endpoint, witness in find_denied(self._spec, self._ruleset, [one for one in endpoints if one not in self._denied]):
            self._denied[endpoint] = witness
        shown = [
            Widening(Layer.CONNECT, f"{one.program} is permitted what the firewall denies: {denied}", one.endpoint.origin)
            for one in egress
            if (denied := self._denied[self._simplify(one.endpoint)])
        ]
        return _finish(kind, "firewall", "no connection is permitted that the firewall's rules deny", shown)

    def _simplify(self, endpoint: Endpoint) -> Endpoint:
        """Return an endpoint with what the firewall sees of it: requests count where the gateway decrypts TLS."""
        requests = endpoint.requests if is_within_urls(self._spec, endpoint) else None
        return replace(endpoint, origin="", why="", requests=requests)


def _list_layers(kind: RenderingKind) -> tuple[Layer, ...]:
    if kind is RenderingKind.LAUNCHER:
        return tuple(Layer)
    if kind is RenderingKind.OPENSHELL:
        return (Layer.READ, Layer.WRITE, Layer.CONNECT, Layer.CALL, Layer.OTHER)
    return (Layer.CONNECT, Layer.OTHER)


def _finish(kind: RenderingKind, id_: str, statement: str, widenings: Sequence[Widening]) -> RenderingProof:
    shown = tuple(dict.fromkeys((one.origin, one.counterexample) for one in widenings))
    return RenderingProof(kind, id_, statement, ProofStatus.BROKEN if shown else ProofStatus.PROVED, shown)


def _skip_programs(kind: RenderingKind) -> RenderingProof:
    why = "OpenShell does not restrict which programs are started; the launcher's profile does"
    return RenderingProof(kind, *_STATEMENTS[Layer.RUN], ProofStatus.SKIPPED, why=why)


def _make_lint_proof(text: str, name: str) -> RenderingProof:
    found = lint_policy(parse_policy(text, name), name)
    shown = tuple((one.where.removeprefix(f"{name}:"), one.what) for one in found)
    verdict = ProofStatus.BROKEN if shown else ProofStatus.PROVED
    return RenderingProof(RenderingKind.OPENSHELL, "lint", "every setting is one that OpenShell enforces in full", verdict, shown)


def lint_policy(policy: Policy, name: str) -> list[Problem]:
    """Return the settings of an OpenShell policy that enforce less than they seem to, sorted by place.

    Args:
        policy: the policy.
        name: the name of its file, for the problems.
    """
    found = ((rule, where, what) for rule in LINT_RULES for where, what in rule.find(policy))
    return sorted({Problem(f"{name}:{where}", f"{what} [{rule.id}]", rule.why, rule.fix) for rule, where, what in found})


def _refuse_unreadable(kind: RenderingKind, problems: Iterable[Problem], name: str) -> RenderingProof:
    shown = []
    for one in problems:
        key = one.where.removeprefix(f"{name}:")
        known = None if kind is RenderingKind.OPENSHELL else _EVERY_NAME.get(key)
        shown.append((key, known or f"a system that ignores the mistake may permit anything: {one.what}; {one.fix}"))
    return RenderingProof(kind, "readable", "the text is complete and understood", ProofStatus.BROKEN, tuple(shown))


def _list_permitted(spec: ContainmentSpec) -> Permissions:
    """Return the connections that a class permits to every program, by its WebGroups."""
    ports = (PortRange(HTTPS_PORT, HTTPS_PORT),)
    endpoints = [
        Endpoint(host=pattern, ports=ports)
        for group, found in spec.destinations.items()
        if group not in DENY_GROUPS and group is not WebGroupId.DECRYPTED_URLS
        for pattern in found.patterns
    ]
    for text in spec.decrypted_urls:
        url = UrlPattern.parse(text)
        endpoints.append(Endpoint(host=url.host, ports=ports, requests=list_url_requests(url)))
    return Permissions(programs=None, tasks=None, egress=tuple(ProgramEgress(web_groups.EVERY_PROGRAM, one) for one in endpoints))
