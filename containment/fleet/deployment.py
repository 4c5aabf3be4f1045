"""A stack as its deployed state describes it: resources, hosts, interrupted operations, and the digest of its policy."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any, Final

from containment.errors import ContainmentError
from containment.record.digests import digest_ruleset

HOST: Final = "aws:ec2/instance:Instance"
NETWORK: Final = "aws:ec2/vpc:Vpc"
_INTERNAL: Final = "pulumi:"


@dataclass(frozen=True, kw_only=True)
class Deployment:
    """One deployed stack.

    Attributes:
        stack: its name.
        resources: the number of its resources, without the stack itself and providers.
        hosts: the number of its agent hosts.
        networks: the number of its VPCs.
        interrupted: the number of operations that an ended run left unfinished.
        policy_digest: the digest of its policy, None if that is unknown.
        unknown: why the digest is unknown.
        changed: when the state was written, as the state has it.
        lost: why the deployed resources no longer exist, empty when nothing is known of it.
    """

    stack: str
    resources: int
    hosts: int
    networks: int
    interrupted: int
    policy_digest: str | None
    unknown: str = ""
    changed: str = ""
    lost: str = ""


def describe_deployment(stack: str, deployment: dict[str, Any], lost: str = "") -> Deployment | None:
    """Return what a deployed state contains, None if it has no resource and no interrupted operation.

    Args:
        stack: the stack's name.
        deployment: the `deployment` of a checkpoint or an export.
        lost: why the resources no longer exist.
    """
    found = [one for one in deployment.get("resources") or [] if not one.get("delete")]
    types = Counter(str(one.get("type", "")) for one in found if one.get("custom") and not one.get("external"))
    resources = sum(count for kind, count in types.items() if not kind.startswith(_INTERNAL))
    pending = len(deployment.get("pending_operations") or [])
    if not found and not pending:
        return None
    digest, unknown = _digest_policy({"version": 3, "deployment": deployment})
    return Deployment(
        stack=stack,
        resources=resources,
        hosts=types[HOST],
        networks=types[NETWORK],
        interrupted=pending,
        policy_digest=digest,
        unknown=unknown,
        changed=str((deployment.get("manifest") or {}).get("time", "")),
        lost=lost,
    )


def _digest_policy(document: dict[str, Any]) -> tuple[str | None, str]:
    """Return the digest of the policy of a state; None and the reason if the state has no policy that can be read."""
    from policypack.firewall.parsed_policy import parse_policy
    from policypack.graph.resources import Graph
    from policypack.stored_resources import load_resources

    try:
        parsed = parse_policy(Graph(load_resources(document)))
        if parsed is None:
            return None, "the state has no DCF rule"
        return digest_ruleset(parsed.ruleset), ""
    except (ValueError, KeyError, ContainmentError) as error:
        return None, f"the policy of the state cannot be read: {error}"
