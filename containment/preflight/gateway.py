"""The check of the credential gateway: whether provider keys are behind it."""

from __future__ import annotations

from typing import Final

from containment.config.open_questions import ROUTES_KEY, SWITCH_KEY, find_gateway_question, list_direct_models
from containment.config.spec import ContainmentSpec
from containment.preflight.finding import Finding, Status

ID: Final = "credential-gateway"


def check_credential_gateway(spec: ContainmentSpec) -> Finding:
    """Return whether the stack's model providers are behind the credential gateway.

    WARN where their keys lie on the hosts, with the open question; SKIPPED where the stack permits no model provider by name.

    Args:
        spec: the stack.
    """
    gateway = spec.credential_gateway
    if gateway is not None:
        hosts = ", ".join(route.host for route in gateway.routes.routes)
        return Finding(ID, Status.PASS, f"the keys of {hosts} are behind the gateway", "")
    direct = list_direct_models(spec)
    if not direct:
        return Finding(ID, Status.SKIPPED, "the stack permits no model provider by name, so there is no key to keep", "")
    if question := find_gateway_question(spec):
        return Finding(ID, Status.WARN, f"provider keys lie on the hosts: {ROUTES_KEY} is empty", f"{question}: {ROUTES_KEY}")
    what = f"is off ({SWITCH_KEY}): the keys of {', '.join(direct)} lie on the hosts"
    return Finding(ID, Status.WARN, what, f"set {SWITCH_KEY}: true, and name the secrets in {ROUTES_KEY}")
