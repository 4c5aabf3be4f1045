"""Kinds of logs, and those that contain the policy's decisions; imports no table library, so that evidence can be judged without one."""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class Source(StrEnum):
    """Kinds of logs that have decisions; VPC_INBOUND is a flow that did not begin at an agent."""

    GATEWAY_L4 = "gateway-l4"
    GATEWAY_L7 = "gateway-l7"
    FLOWIQ = "flowiq"
    VPC_FLOW = "vpc-flow"
    VPC_INBOUND = "vpc-flow-inbound"
    RESOLVER = "resolver-query"


POLICY_SOURCES: Final = (Source.GATEWAY_L4.value, Source.GATEWAY_L7.value, Source.FLOWIQ.value)
"""Logs of the policy's decisions."""
UNREADABLE_FILE: Final = "file"
"""The kind of a reject that is a whole file, or the rest of one."""
