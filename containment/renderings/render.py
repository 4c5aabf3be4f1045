"""Render one stack's class for a system, as text."""

from __future__ import annotations

from containment.catalog.preset import Library
from containment.config.spec import ContainmentSpec
from containment.policy.builder import build_ruleset
from containment.renderings.boundary import build_boundary
from containment.renderings.cedar import render_cedar
from containment.renderings.harness_tools import render_harness_tools
from containment.renderings.kinds import RenderingKind
from containment.renderings.openshell.render import render_openshell
from containment.renderings.web_groups import build_view, format_view
from containment.sandbox.boundary import Boundary
from containment.sandbox.profile import render_profile


def render(kind: RenderingKind, spec: ContainmentSpec, library: Library) -> str:
    """Return the text of one rendering; raise InputError where the system cannot express the class."""
    if kind is RenderingKind.WEBGROUPS:
        return format_view(build_view(build_ruleset(spec), stack=spec.stack, mode=spec.mode.value))
    if kind is RenderingKind.CEDAR:
        return render_cedar(spec, library)
    if kind is RenderingKind.HARNESS:
        return render_harness_tools(spec, library)
    boundary = build_boundary(spec, library)
    return render_openshell(boundary) if kind is RenderingKind.OPENSHELL else render_launcher(boundary)


def render_launcher(boundary: Boundary) -> str:
    """Return the text of the launcher's profile."""
    return render_profile(
        boundary.permissions, boundary.section.limits, stack=boundary.stack, agent_class=boundary.agent_class, harness=boundary.harness
    )
