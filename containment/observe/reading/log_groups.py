"""CloudWatch log groups as sources: every event of a group in the window, stored as lines for reading.

The endpoint and the credentials are those of the AWS SDK's environment.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Final

from containment.errors import InputError, Problem

PREFIX: Final = "logs:"
_WHY: Final = "observations that leave logs out would be mistaken for all traffic"
_FIX: Final = "check the group's name and the stack's region (AWS_REGION without --stack), and the right logs:FilterLogEvents"


def download_log_group(source: str, target: Path, region: str | None, since: datetime | None, until: datetime | None) -> None:
    """Store the events of a log group as lines.

    Args:
        source: `logs:GROUP`.
        target: The file to write.
        region: The group's region; None for the AWS SDK's own.
        since: First time; None for the whole group.
        until: Time after the last.

    Raises:
        InputError: The group cannot be read.
    """
    import boto3
    from botocore.exceptions import BotoCoreError, ClientError

    group = source.removeprefix(PREFIX)
    if not group:
        raise InputError("logs cannot be read", [Problem(source, "names no log group", _WHY, "write logs:GROUP")])
    span = {key: int(moment.timestamp() * 1000) for key, moment in (("startTime", since), ("endTime", until)) if moment is not None}
    try:
        pages = boto3.client("logs", region_name=region).get_paginator("filter_log_events").paginate(logGroupName=group, **span)
        with target.open("w", encoding="utf-8", errors="backslashreplace") as out:
            for page in pages:
                out.writelines(f"{' '.join(event['message'].splitlines())}\n" for event in page.get("events", ()))
    except (BotoCoreError, ClientError, ValueError) as error:
        raise InputError("logs cannot be read", [Problem(source, str(error), _WHY, _FIX)]) from None


def list_stack_groups(stack: str, *, flows: bool, queries: bool) -> list[str]:
    """Return the log groups that a stack deploys, as sources.

    Args:
        stack: The stack's name.
        flows: Whether it has a flow log.
        queries: Whether it has a query log.
    """
    kinds = [kind for kind, is_on in (("flow-logs", flows), ("dns-queries", queries)) if is_on]
    return [f"{PREFIX}/containment/{stack}/{kind}" for kind in kinds]
