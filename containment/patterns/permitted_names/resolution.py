"""Check of names that a resolver may answer: third parties must not choose their name servers."""

from __future__ import annotations

from containment.patterns.permitted_names.name import find_refusal
from containment.patterns.permitted_names.refusal import Cause, Scope
from containment.patterns.permitted_names.suffixes import find_suffix


def is_resolved_by_third_parties(raw: str) -> bool:
    """Return whether a name, or some name under a wildcard, is answered by name servers that third parties choose.

    Names under an AWS domain are left out: AWS's own name servers answer them for every customer.
    """
    refusal = find_refusal(raw, Scope.INTERNAL)
    if refusal is None or refusal.cause not in (_RESOLVED_BELOW if "*" in raw else _RESOLVED):
        return False
    return find_suffix(raw.lower().rstrip(".").rpartition("*")[2].lstrip("."), AWS_DOMAINS) is None


AWS_DOMAINS = frozenset({"amazonaws.com", "amazonaws.com.cn", "api.aws"})
"""Domains whose names AWS's own name servers answer for every customer."""

_RESOLVED = frozenset({Cause.DYNAMIC_DNS, Cause.TUNNEL, Cause.ADDRESS_IN_NAME})
_RESOLVED_BELOW = _RESOLVED | {Cause.TOP_LEVEL, Cause.UNANCHORED, Cause.PUBLIC_SUFFIX, Cause.DROP_SITE}
