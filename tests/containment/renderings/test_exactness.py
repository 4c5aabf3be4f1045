"""A rendering grants exactly what the class grants: read back from its text it is neither wider nor narrower."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import ip_network

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from containment.addresses.port_range import PortRange
from containment.errors import InputError
from containment.loaders.presets import find_class_names
from containment.patterns.domain import DomainPattern
from containment.renderings.boundary import MCP_CALLS, build_boundary
from containment.renderings.kinds import RenderingKind
from containment.renderings.openshell.document import parse_policy
from containment.renderings.openshell.parse import read_permissions as read_openshell
from containment.renderings.openshell.render import render_openshell
from containment.renderings.proofs import lint_policy
from containment.renderings.render import render, render_launcher
from containment.sandbox.boundary import Boundary
from containment.sandbox.inclusion import find_widenings
from containment.sandbox.permissions import Endpoint, PathGrant, Permissions, ProgramEgress
from containment.sandbox.profile import parse_profile, read_permissions
from containment.sandbox.section import SandboxSection
from tests.containment.renderings.artifacts import OPTIONS, library, spec_of

STACKS = sorted({*OPTIONS, *(f"{name}-enforce" for name in find_class_names())})


def assert_equal(boundary: Boundary, openshell: str, launcher: str) -> None:
    limit = boundary.permissions
    profile = read_permissions(parse_profile(launcher, "profile"))
    assert find_widenings(profile, limit) == []
    assert find_widenings(limit, profile) == []
    policy = read_openshell(parse_policy(openshell, "policy"))
    files = replace(limit, programs=(), tasks=())
    assert find_widenings(policy, limit) == []
    assert find_widenings(files, policy) == []


@pytest.mark.parametrize("stack", STACKS)
def test_the_renderings_of_a_class_are_equal_to_it(stack: str) -> None:
    spec = spec_of(stack)
    openshell, launcher = (render(kind, spec, library()) for kind in (RenderingKind.OPENSHELL, RenderingKind.LAUNCHER))
    assert_equal(build_boundary(spec, library()), openshell, launcher)


_label = st.text("abc", min_size=1, max_size=4)
_folder = st.lists(_label, min_size=2, max_size=3).map(lambda parts: "/srv/" + "/".join(parts))
_host = st.lists(_label, min_size=2, max_size=3).map(lambda parts: DomainPattern(".".join(["x", *parts, "example"])))
_request = st.builds(
    lambda method, path: f"{method} /{path}",
    st.sampled_from(["GET", "POST"]),
    st.sampled_from(["**", "*", "v1/*/b", "a", "a/**"]),
)
_ports = st.lists(st.tuples(st.integers(1, 60000), st.integers(0, 9)).map(lambda one: PortRange(one[0], sum(one))), min_size=1, max_size=2)
_requests = st.one_of(st.none(), st.lists(_request, min_size=1, max_size=3).map(tuple), st.just((*MCP_CALLS, "tools/call a.b")))
_endpoint = st.one_of(
    st.builds(lambda host, ports, requests: Endpoint(host=host, ports=tuple(ports), requests=requests), _host, _ports, _requests),
    st.builds(
        lambda network, ports: Endpoint(host=None, networks=(network,), ports=tuple(ports), tls=False),
        st.sampled_from([ip_network("10.1.0.0/28"), ip_network("10.2.0.0/24")]),
        _ports,
    ),
)


@given(
    st.lists(_folder, max_size=3),
    st.lists(_folder, max_size=3),
    st.lists(st.tuples(st.sampled_from(["/usr/bin/a", "/usr/bin/b", "/usr/lib/c/*"]), _endpoint), max_size=6),
)
@settings(max_examples=60, deadline=None)
def test_the_renderings_of_any_permissions_are_equal_to_them(read: list[str], write: list[str], egress: list[tuple[str, Endpoint]]) -> None:
    permissions = Permissions(
        read=tuple(PathGrant(path) for path in sorted({*read, "/usr"})),
        write=tuple(PathGrant(path) for path in sorted({*write})),
        programs=tuple(PathGrant(program) for program in sorted({program for program, _ in egress})),
        egress=tuple(dict.fromkeys(ProgramEgress(program, endpoint) for program, endpoint in egress)),
    )
    mixed = {(one.program, one.endpoint.host, one.endpoint.ports) for one in egress_of(permissions, mcp=True)}
    boundary = Boundary(stack="s", agent_class="c", harness="none", section=SandboxSection(), permissions=permissions)
    if mixed & {(one.program, one.endpoint.host, one.endpoint.ports) for one in egress_of(permissions, mcp=False, content=False)}:
        with pytest.raises(InputError, match="one protocol per endpoint"):
            render_openshell(boundary)
        return
    openshell = render_openshell(boundary)
    assert_equal(boundary, openshell, render_launcher(boundary))
    assert [one.what for one in lint_policy(parse_policy(openshell, "policy"), "policy") if "read_write" not in one.what] == []


def egress_of(permissions: Permissions, *, mcp: bool, content: bool = True) -> list[ProgramEgress]:
    found = [one for one in permissions.egress if content or one.endpoint.requests is not None]
    return [one for one in found if (one.endpoint.requests is not None and MCP_CALLS[0] in one.endpoint.requests) is mcp]


def test_tools_and_requests_at_one_endpoint_are_refused() -> None:
    place = {"host": DomainPattern("both.example.com"), "ports": (PortRange(443, 443),)}
    both = [Endpoint(**place, requests=("GET /**",)), Endpoint(**place, requests=("tools/list",))]  # type: ignore[arg-type]
    permissions = Permissions(egress=tuple(ProgramEgress("/usr/bin/a", one) for one in both))
    boundary = Boundary(stack="s", agent_class="c", harness="none", section=SandboxSection(), permissions=permissions)
    with pytest.raises(InputError, match="one protocol per endpoint"):
        render_openshell(boundary)
