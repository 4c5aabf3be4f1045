"""What every stack can lose without a hole, and why: the other side of the mutants. What is in no row is refused when it is gone."""

from __future__ import annotations

import re
from typing import Final

HARMLESS: Final = {
    r"aws|controller": "a provider left out is the default one, which an engine shows to the pack as a resource of its own",
    r"policy-sg-east-west-deny|policy-wg-(doh-resolvers|paste-and-webhooks)": "its rule still denies, and the default deny stands behind",
    r"logs-.*|dns-queries(-use)?": "a destination of logs; a program that names one that is not there does not deploy",
    r"network-default-sg": "nothing is in the default group: the host and the endpoints name theirs",
    r"network-igw|network-gateway-.*|gateway-spoke": "the way out itself: without it nothing leaves",
    r"network-endpoint-.*|aws-.*": "a way to AWS less; what is left of it has its policy",
    r"network-agent-rta-0": "the subnet falls back on the VPC's main table, which leads nowhere",
    r"network-dhcp-use": "AWS hands out its own resolver when nothing is said",
    r"dns-closed": "a firewall that says nothing fails closed",
    r"dns-(addresses|addresses-v6|other-types)(-names)?": "an allowed list or a rule less: the last rule blocks",
    r"agent-identity-(boundary|operate|keep-off)": "the role may do what its policy allows, which is judged; a denial is a second lock",
    r"borders-.*": "a second lock: the security groups let nothing in, and the gateway judges what leaves",
}
"""Resource names (regular expressions) and the reason."""


def reason(name: str) -> str:
    """Return why a resource may be left out, "" when no row says."""
    return next((why for form, why in HARMLESS.items() if re.fullmatch(form, name)), "")
