"""User data contains nothing that must stay secret, and nothing that cannot be read here.

Everything on the host reads it from the metadata service, and everybody who may describe the instance reads it too. What is
looked for in every layer (`user_data`): keys and tokens of well-known forms (`secrets.kinds`, and the detectors of detect-secrets)
and values assigned to names like "password" (`secrets.assigned`). A layer that is encrypted, or packed in a form that is not read
here, may contain any of it. A message names the kind, never the secret.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from policypack.finding import Fault, Rule, Scope, Severity
from policypack.graph import Graph, Resource
from policypack.hosts import unseen_faults
from policypack.secrets.assigned import has_assigned_secret
from policypack.secrets.detectors import detected_in
from policypack.secrets.kinds import kinds_in
from policypack.user_data import holders_of, texts, unreadable


def check_resource(resource: Resource, _seen: Sequence[Resource] = ()) -> list[Fault]:
    """Return the secrets in the user data of one instance, template or task definition."""
    found = [(path, kind) for path, text in texts(resource) for kind in _secrets(text)]
    return [Fault(resource.urn, f"{path} contains {what}") for path, what in dict.fromkeys([*found, *unreadable(resource)])]


def check_stack(graph: Graph) -> list[Fault]:
    """Return the same for every agent host, its templates and its task definitions."""
    found = [fault for one in holders_of(graph) for fault in check_resource(one)]
    return list(dict.fromkeys([*found, *unseen_faults(graph)]))


@lru_cache(maxsize=128)
def _secrets(text: str) -> tuple[str, ...]:
    """Return the kinds of secrets in a text: by our own forms, else by the library's, else by the names they are given to."""
    return kinds_in(text) or detected_in(text) or (("what looks like a password or token",) if has_assigned_secret(text) else ())


RULE = Rule(
    id="user-data-holds-no-secret",
    severity=Severity.CRITICAL,
    info="An agent host's user data contains no key, token or password, and no layer that cannot be read.",
    why="whatever runs on the host, and whoever may describe it, reads its user data",
    fix="keep the value in Secrets Manager and let what needs it fetch it by name with the host's role; put only the name here, and"
    " nothing that is encrypted or packed other than with gzip, bzip2, xz, zip or tar",
    ids=("CKV_AWS_46", "AWS-0029"),
    check_resource=check_resource,
    check_stack=check_stack,
    scope=Scope.STATED,
)
