"""User data holds nothing that must stay secret.

Everything on the host reads it from the metadata service, and everybody who may describe the instance reads it too. What is
looked for are keys and tokens of well-known forms and values assigned to names like "password", in every layer (`user_data`);
a reference to where the value is kept is no value. A message names the kind, never the secret.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from policypack.finding import Fault, Rule, Scope, Severity
from policypack.graph import Graph, Resource
from policypack.hosts import find_hosts, unseen_faults
from policypack.user_data import texts

KINDS: Final = {
    "an AWS access key": r"\b(?:AKIA|ASIA)[A-Z2-7]{16}\b",
    "an AWS secret key": r"(?i)aws_?secret_?(?:access_?)?key['\"]?\s*[=:]\s*['\"]?[A-Za-z0-9/+=]{40}\b",
    "a private key": r"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY(?: BLOCK)?-----",
    "a GitHub token": r"\b(?:gh[pousr]_[A-Za-z0-9]{36,}|github_pat_[A-Za-z0-9_]{40,})",
    "a GitLab token": r"\bgl(?:pat|rt|dt|ptt|soat)-[A-Za-z0-9_-]{20,}",
    "a Slack token": r"\bxox[abeoprs]-[A-Za-z0-9-]{10,}|https://hooks\.slack\.com/services/\S+",
    "an OpenAI or Anthropic key": r"\bsk-(?:ant-|proj-|svcacct-)?[A-Za-z0-9_-]{20,}",
    "a Google API key": r"\bAIza[0-9A-Za-z_-]{35}",
    "a Hugging Face token": r"\bhf_[A-Za-z0-9]{30,}",
    "a package registry token": r"\b(?:npm_[A-Za-z0-9]{36}|pypi-[A-Za-z0-9_-]{50,}|dckr_pat_[A-Za-z0-9_-]{20,}|rubygems_[a-f0-9]{48})",
    "a payment or mail provider's key": r"\b(?:[sr]k_live_[A-Za-z0-9]{16,}|SG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,})",
    "a HashiCorp token": r"\b(?:hv[sbr]\.[A-Za-z0-9_-]{20,}|[A-Za-z0-9]{14}\.atlasv1\.[A-Za-z0-9_-]{40,})",
    "a JSON web token": r"\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}",
    "a bearer token": r"(?i)\bbearer\s+(?![$<{%])[A-Za-z0-9._~+/-]{16,}=*",
    "a password in an address": r"(?i)\b[a-z][a-z0-9+.-]{1,20}://[^\s:/@'\"$<{]{0,80}:(?![$<{%])[^\s:/@'\"]{3,}@",
}
"""Forms that nothing else has (published by their issuers, and in the open rules of secret scanners)."""

_NAMES = r"(?:password|passwd|passphrase|secret|secret[_-]?key|client[_-]?secret|api[_-]?key|(?:auth[_-]?|access[_-]?)?token)"
_ASSIGNED = re.compile(
    rf"""(?imx)
    (?: (?<![a-z0-9]) (?:[a-z0-9]{{1,30}}[_.-]){{0,6}} {_NAMES} ["']? \s* (?:=|:(?!//)) [ \t]*
      | (?<!\S) --? (?:[a-z]{{1,30}}-){{0,4}} {_NAMES} [ \t]+ )
    (?: "(?P<double>[^"\n]*)" | '(?P<single>[^'\n]*)' | (?P<bare>[^\s"'`#;,}}\]&|<>()]+) )
    """
)
_NO_VALUE = re.compile(
    r"(?i)|\$.*|<.*|\{\{.*|%.*%|\*+|x{3,}|true|false|yes|no|null|none|~|optional|required|prompt|redacted|/.*|arn:.*|ssm:.*|file:.*|[a-z]+://.*|\d{1,2}"
)
"""What stands where a secret would: a reference, a path, a placeholder, a switch."""


def check_resource(resource: Resource, _seen: Sequence[Resource] = ()) -> list[Fault]:
    """Return the secrets in one instance's or template's user data."""
    found = ((path, kind) for path, text in texts(resource) for kind in _secrets(text))
    return [Fault(resource.urn, f"{path} holds {kind}") for path, kind in dict.fromkeys(found)]


def check_stack(graph: Graph) -> list[Fault]:
    """Return the same for every agent host and its templates."""
    holders = [one for host in find_hosts(graph) for one in (host.resource, *host.templates)]
    return list(dict.fromkeys([*(fault for one in holders for fault in check_resource(one)), *unseen_faults(graph)]))


@lru_cache(maxsize=64)
def _secrets(text: str) -> tuple[str, ...]:
    known = tuple(kind for kind, form in KINDS.items() if re.search(form, text))
    if not known and any(_is_value(match) for match in _ASSIGNED.finditer(text)):
        return ("what looks like a password or token",)
    return known


def _is_value(match: re.Match[str]) -> bool:
    value = next((found for found in match.groupdict().values() if found is not None), "").strip()
    return len(value) > 2 and not _NO_VALUE.fullmatch(value)


RULE = Rule(
    id="user-data-holds-no-secret",
    severity=Severity.CRITICAL,
    info="An agent host's user data holds no key, token or password.",
    why="whatever runs on the host, and whoever may describe it, reads its user data",
    fix="keep the value in Secrets Manager and let what needs it fetch it by name with the host's role; put only the name here",
    ids=("CKV_AWS_46", "AWS-0029"),
    check_resource=check_resource,
    check_stack=check_stack,
    scope=Scope.STATED,
)
