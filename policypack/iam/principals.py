"""Whether a resource's policy lets somebody outside of its account in.

Pure, for every resource that has a policy: buckets, keys, topics, queues, secrets, file systems, log destinations.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from policypack.iam.conditions import account_in, binds
from policypack.iam.documents import Statement, read
from policypack.plain import UNKNOWN


def grants_beyond(document: Any, account: str = "") -> list[str]:
    """Return in words whom a resource policy lets in from outside of an account.

    Conditions count when they bind (`conditions.binds`). With an `account` a principal or a condition that names another account
    is beyond it; without one, as in a first preview, named accounts are not compared. What is not known yet is not judged.

    Raises:
        UnreadableError: the document is no policy.
    """
    found = (what for statement in read(document) if statement.allows for what in _beyond(statement, account))
    return list(dict.fromkeys(found))


def _beyond(statement: Statement, account: str) -> Iterator[str]:
    foreign = [value for one in statement.conditions if binds(one) for value in one.values if _is_foreign(value, account)]
    yield from (f"whoever comes from account {account_in(value)}" for value in foreign)
    if foreign or any(binds(one) for one in statement.conditions):
        return
    if statement.not_principals:
        yield "everybody but the principals in NotPrincipal"
    for kind, value in statement.principals:
        if value is UNKNOWN or (kind == "service" and "*" not in str(value)):
            continue
        if kind == "aws" and account_in(value):
            if _is_foreign(value, account):
                yield f"principals of account {account_in(value)}"
        elif kind == "aws" and str(value).strip("*") == "":
            yield "everybody"
        else:
            yield f"{kind} {value}"


def _is_foreign(value: Any, account: str) -> bool:
    return bool(account) and account_in(value) not in ("", account)
