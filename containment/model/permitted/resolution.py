"""Names that a resolver may answer: whether strangers choose the name servers that a question reaches."""

from __future__ import annotations

from containment.model.permitted.name import refusal_of
from containment.model.permitted.refusal import Cause, Scope
from containment.model.permitted.suffixes import suffix_in


def is_resolved_by_strangers(raw: str) -> bool:
    """Return whether a name, or some name under a wildcard, is answered by name servers that strangers choose.

    Names under an AWS domain are left out: AWS's own name servers answer them, whoever has the resource.
    """
    refusal = refusal_of(raw, Scope.INTERNAL)
    if refusal is None or refusal.cause not in (_RESOLVED_BELOW if "*" in raw else _RESOLVED):
        return False
    return suffix_in(raw.lower().rstrip(".").rpartition("*")[2].lstrip("."), _AWS) is None


_AWS = frozenset({"amazonaws.com", "amazonaws.com.cn", "api.aws"})
_RESOLVED = frozenset({Cause.DYNAMIC_DNS, Cause.TUNNEL, Cause.ADDRESS_IN_NAME})
_RESOLVED_BELOW = _RESOLVED | {Cause.TOP_LEVEL, Cause.UNANCHORED, Cause.PUBLIC_SUFFIX, Cause.DROP_SITE}
