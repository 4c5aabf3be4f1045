"""User data and tags of a host contain no secret, and nothing that the pack cannot read.

Every process on the host can read user data from the metadata service (also tags, if the service is configured to return them), and
every principal that may describe the instance can read both. The rule searches every layer (`facts.user_data`) for keys and tokens of
well-known forms (`secrets.kinds`, and the detectors of detect-secrets) and for values assigned to names like "password"
(`secrets.assigned_values`). A layer that is encrypted, or packed in an unsupported form, is refused because it may contain a secret. A
message names the kind, never the secret.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache

from policypack.facts.hosts import find_unseen_versions
from policypack.facts.secrets.assigned_values import has_assigned_secret
from policypack.facts.secrets.detectors import find_detected
from policypack.facts.secrets.kinds import find_kinds
from policypack.facts.user_data import find_holders, read_texts, read_unreadable
from policypack.finding import Rule, Scope, Severity, Violation
from policypack.graph.known_types import COMPUTE, TASK, TEMPLATES
from policypack.graph.resources import Graph, Resource


def check_resource(resource: Resource, _seen: Sequence[Resource] = ()) -> list[Violation]:
    """Return the secrets in the user data of one instance, template or task definition."""
    found = [(path, kind) for path, text in read_texts(resource) for kind in _find_secrets(text)]
    found += [(path, kind) for path, text in _read_tags(resource) for kind in _find_secrets(text)]
    return [Violation(resource.urn, f"{path} contains {what}") for path, what in dict.fromkeys([*found, *read_unreadable(resource)])]


def check_stack(graph: Graph) -> list[Violation]:
    """Return the secrets in the user data of every agent host, its templates and its task definitions."""
    found = [fault for one in find_holders(graph) for fault in check_resource(one)]
    return list(dict.fromkeys([*found, *find_unseen_versions(graph)]))


def _read_tags(resource: Resource) -> Iterator[tuple[str, str]]:
    """Yield (property, text) for every tag of compute and of its templates, as an assignment and alone."""
    if resource.type in (*COMPUTE, *TEMPLATES, TASK):
        tags = resource.get("tags")
        for key, value in tags.items() if isinstance(tags, dict) else ():
            if isinstance(value, str):
                yield f"tags.{key}", f"{key}={value}\n{value}"


@lru_cache(maxsize=128)
def _find_secrets(text: str) -> tuple[str, ...]:
    """Return the kinds of secrets in a text: by known forms, else by the library's detectors, else by names that get a value."""
    return find_kinds(text) or find_detected(text) or (("what looks like a password or token",) if has_assigned_secret(text) else ())


RULE = Rule(
    id="user-data-holds-no-secret",
    severity=Severity.CRITICAL,
    info="An agent host's user data and tags contain no key, token or password, and no layer that cannot be read.",
    why="every process on the host, and every principal that may describe the host, can read its user data; still more can read tags",
    fix="keep the value in Secrets Manager and let its consumer fetch it by name with the host's role; put only the name there,"
    " and nothing that is encrypted or packed other than with gzip, bzip2, xz, zip or tar",
    ids=("CKV_AWS_46", "AWS-0029"),
    check_resource=check_resource,
    check_stack=check_stack,
    scope=Scope.STATED,
)
