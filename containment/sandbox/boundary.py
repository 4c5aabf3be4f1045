"""The boundary of one stack's processes: the resolved permissions of its class, and the section that they come from."""

from __future__ import annotations

from dataclasses import dataclass

from containment.sandbox.permissions import Permissions
from containment.sandbox.section import SandboxSection


@dataclass(frozen=True, slots=True, kw_only=True)
class Boundary:
    """What processes of a stack's agents may do; `unused` names destinations of the section that the stack does not permit."""

    stack: str
    agent_class: str
    harness: str
    section: SandboxSection
    permissions: Permissions
    unused: tuple[str, ...] = ()
