"""The text of IAM policy documents, and of the trust policy of a role that one service assumes. Pure functions."""

from __future__ import annotations

import json
from typing import Any


def format_document(*statements: dict[str, Any]) -> str:
    """Return a policy document with these statements as JSON."""
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def format_trust(service: str, **conditions: dict[str, str]) -> str:
    """Return the trust policy of a role that a service of AWS assumes, as JSON.

    Args:
        service: the service, such as `ec2.amazonaws.com`.
        conditions: what the request must fulfill, by operator.
    """
    trust: dict[str, Any] = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    return format_document({**trust, "Condition": conditions} if conditions else trust)
