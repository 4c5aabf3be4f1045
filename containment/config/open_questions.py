"""Open questions of a stack: what only the company can name, and has not named yet. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic.alias_generators import to_snake

from containment.catalog.preset import OpenQuestion
from containment.config.parser import get_alias
from containment.config.spec import ContainmentSpec
from containment.names import WebGroupId

ROUTES_KEY = get_alias("credential_routes")
SWITCH_KEY = get_alias("enable_credential_gateway")
"""The keys that answer the question of the credential gateway."""
GATEWAY_TITLE = "Credential gateway: on by default, and created when a secret is named; until then provider keys are on the hosts"


def find_open_questions(spec: ContainmentSpec) -> Iterator[OpenQuestion]:
    """Yield the questions of the stack's class whose keys are all unset, in the class's order."""
    for question in spec.preset.open_questions:
        if not any(getattr(spec.config, to_snake(key.value)) for key in question.keys):
            yield question


def list_direct_models(spec: ContainmentSpec) -> tuple[str, ...]:
    """Return the model providers that agents reach themselves, with keys on their hosts; none behind a credential gateway."""
    found = spec.destinations.get(WebGroupId.MODEL_GATEWAYS)
    return () if found is None or spec.credential_gateway else tuple(map(str, found.patterns))


def find_gateway_question(spec: ContainmentSpec) -> str:
    """Return the open question of the credential gateway, which is on by default; empty where it is made, off, or without a purpose."""
    hosts = list_direct_models(spec)
    if not hosts or not spec.config.enable_credential_gateway:
        return ""
    return f"name the secret with the key of {', '.join(hosts)}, or set {SWITCH_KEY}: false"
