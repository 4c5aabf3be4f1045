"""IAM policy evaluation: decide as AWS does whether one document allows a request.

Only what the policies of this product use is implemented. Rules kept here:
- an explicit deny wins, and a request without a matching allow is denied;
- a condition on a key that the request does not have fails, except with a negated operator, IfExists, Null or ForAllValues;
- a condition with a policy variable that the request does not have is MAYBE; as a resource, such a value matches nothing;
- an unknown operator is MAYBE: it never satisfies an allow, and always a deny.

Each context key has one value. Sources: IAM User Guide, "Policy evaluation logic", "IAM JSON policy elements: Condition operators",
"Policy variables".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from containment.iam.documents import Condition, Statement, read
from containment.patterns.wildcards import is_match
from containment.ternary import Ternary, all_of

_VARIABLE: Final = re.compile(r"\$\{([^}]+)\}")
_NEGATED: Final = re.compile(r"(string|arn|numeric|date|ip)?not")


def _ignore_case(actual: str, wanted: str) -> bool:
    return actual.lower() == wanted.lower()


def _is_like(actual: str, wanted: str) -> bool:
    return is_match(wanted, actual)


_OPERATORS: Final[Mapping[str, Callable[[str, str], bool]]] = {
    "stringequals": str.__eq__,
    "stringequalsignorecase": _ignore_case,
    "stringlike": _is_like,
    "arnequals": _is_like,
    "arnlike": _is_like,
    "bool": _ignore_case,
}


@dataclass(frozen=True, slots=True)
class Request:
    """One call: its action, the ARN of its resource (`*` for none), and its condition keys, in any letter case."""

    action: str
    resource: str
    context: Mapping[str, str]

    def get_value(self, key: str) -> str | None:
        """Return the value of a condition key, None when the request has none."""
        return next((value for name, value in self.context.items() if name.lower() == key.lower()), None)


def is_allowed(document: Any, request: Request) -> bool:
    """Return whether a policy document allows a request; raises UnreadableError."""
    statements = read(document)
    if any(_evaluate_statement(one, request) is not Ternary.NO for one in statements if not one.allows):
        return False
    return any(_evaluate_statement(one, request) is Ternary.YES for one in statements if one.allows)


def _evaluate_statement(statement: Statement, request: Request) -> Ternary:
    """Return whether a statement applies to a request."""
    action = request.action.lower()
    parts = (
        not statement.actions or any(is_match(str(one).lower(), action) for one in statement.actions),
        not any(is_match(str(one).lower(), action) for one in statement.not_actions),
        not statement.resources or _is_any(request.resource, statement.resources, request),
        not _is_any(request.resource, statement.not_resources, request),
        not statement.principals or _is_among(statement.principals, request),
        not statement.not_principals or not _is_among(statement.not_principals, request),
    )
    return all_of([Ternary.of(all(parts)), *(_evaluate_condition(one, request) for one in statement.conditions)])


def _is_any(resource: str, patterns: Iterable[Any], request: Request) -> bool:
    return any(is_match(pattern, resource) for pattern in _fill_variables(patterns, request))


def _is_among(principals: Iterable[tuple[str, Any]], request: Request) -> bool:
    """Return whether principals include the caller: by `*`, or by its account."""
    account = request.get_value("aws:PrincipalAccount")
    named = [str(value) for kind, value in principals if kind == "aws"]
    return "*" in named or (account is not None and any(account in one.split(":") for one in named))


def _evaluate_condition(condition: Condition, request: Request) -> Ternary:
    """Return whether a condition is met; MAYBE for an unknown operator, and for a policy variable that the request does not have."""
    actual = request.get_value(condition.key)
    quantifier, _, rest = condition.operator.rpartition(":")
    operator = rest.removesuffix("ifexists")
    if operator == "null":
        return Ternary.of((actual is None) is ([str(one).lower() for one in condition.values] == ["true"]))
    negated = _NEGATED.match(operator)
    if actual is None:
        return Ternary.of(bool(negated) or rest != operator or quantifier == "forallvalues")
    compare = _OPERATORS.get(operator.replace("not", "", 1) if negated else operator)
    values = list(_fill_variables(condition.values, request))
    if compare is None or len(values) < len(condition.values):
        return Ternary.MAYBE
    return Ternary.of(any(compare(actual, value) for value in values) is not bool(negated))


def _fill_variables(values: Iterable[Any], request: Request) -> Iterator[str]:
    """Yield values with their policy variables replaced; one with a variable that the request does not have is left out."""
    for value in map(str, values):
        known = {name: request.get_value(name) for name in _VARIABLE.findall(value)}
        if None not in known.values():
            yield _VARIABLE.sub(lambda found: str(known[found[1]]), value)  # noqa: B023 - called before the next value
