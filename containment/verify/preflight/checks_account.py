"""The caller, the rights, the quotas and the networks of the AWS account."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from containment.verify.preflight.check import Check, Verdict, failed, passed, unread, warned
from containment.verify.preflight.facts import AwsFacts, Facts, Network, Quota, Unread
from containment.verify.preflight.needs import quotas


def identity(_: Facts, aws: AwsFacts) -> Verdict:
    said = f"{aws.arn} in account {aws.account}"
    return warned(f"{said}: the root user, whom nothing limits", "deploy as a role") if aws.arn.endswith(":root") else passed(said)


def rights(_: Facts, aws: AwsFacts) -> Verdict:
    if isinstance(aws.rights, Unread):
        return unread(aws.rights)
    missing = sorted(action for action, allowed in aws.rights.items() if not allowed)
    if missing:
        return failed(f"{len(missing)} of {len(aws.rights)} needed rights are missing ({aws.rights_from}): {', '.join(missing)}")
    if aws.rights_from.startswith("dry runs"):
        return warned(f"nothing is missing as far as could be asked: {aws.rights_from}", "allow iam:SimulatePrincipalPolicy to the caller")
    return passed(f"{len(aws.rights)} needed rights ({aws.rights_from})")


def quota(which: Quota, facts: Facts, aws: AwsFacts) -> Verdict:
    usage = aws.quotas[which]
    if isinstance(usage, Unread):
        return unread(usage)
    more = max(0, quotas(facts.spec)[which] - usage.ours)
    said = f"{usage.used} of {usage.limit} used, {more} more needed"
    return passed(said) if usage.used + more <= usage.limit else failed(said)


def network_is_free(facts: Facts, aws: AwsFacts) -> Verdict:
    return _overlaps(facts, aws.vpcs, "VPC")


def peerings_are_apart(facts: Facts, aws: AwsFacts) -> Verdict:
    return _overlaps(facts, aws.peerings, "peered network")


def _overlaps(facts: Facts, networks: tuple[Network, ...] | Unread, kind: str) -> Verdict:
    if isinstance(networks, Unread):
        return unread(networks)
    own = facts.spec.config.vpc_cidr
    hits = [
        f"{each.id} ({each.name or 'no name'}, {cidr})" for each in networks if not each.ours for cidr in each.cidrs if cidr.overlaps(own)
    ]
    return failed(f"{own} overlaps with {kind} {', '.join(hits)}") if hits else passed(f"{own} overlaps with no {kind} of {len(networks)}")


def _quota(which: Quota, what: str, why: str) -> Check:
    service, code = which.value.split("/")
    judge: Callable[[Facts, AwsFacts], Verdict] = partial(quota, which)
    fix = f"release some, or `aws service-quotas request-service-quota-increase --service-code {service} --quota-code {code}`"
    name = which.name.lower().replace("_", "-")
    return Check(f"quota-{name}", f"there is room for {what}", why, "servicequotas:GetServiceQuota, describe calls", fix, aws=judge)


CHECKS = (
    Check(
        "aws-identity",
        "AWS accepts the credentials, and they are not the root user's",
        "everything else is asked and made with them",
        "sts:GetCallerIdentity",
        "log in to the account this stack is for (`aws sts get-caller-identity`)",
        aws=identity,
    ),
    Check(
        "aws-rights",
        "the caller may do what a deployment does",
        "a right that is missing stops a deployment half-way",
        "iam:SimulatePrincipalPolicy, else dry runs of EC2",
        "give the deploying role these rights (a policy limited to other resources may allow what the simulator denies)",
        aws=rights,
    ),
    _quota(Quota.VPCS, "one more VPC", "each stack has its own"),
    _quota(Quota.INTERNET_GATEWAYS, "one more internet gateway", "the spoke gateway's subnet has one"),
    _quota(Quota.INTERFACE_ENDPOINTS, "the stack's interface endpoints", "without them AWS is reached over the internet"),
    _quota(Quota.GATEWAY_ENDPOINTS, "the S3 gateway endpoint", "without it S3 is reached over the internet"),
    _quota(Quota.SECURITY_GROUPS, "the stack's security groups", "a gateway whose group cannot be made is half made"),
    _quota(Quota.ADDRESSES, "the gateway's Elastic IP", "the Controller allocates it while the gateway is made"),
    Check(
        "network-free",
        "no other VPC of the region has the stack's network",
        "the source group holds the agent subnets by address: another VPC's machines would be in it",
        "ec2:DescribeVpcs",
        "set another vpcCidr",
        aws=network_is_free,
    ),
    Check(
        "peerings-apart",
        "no peered network overlaps with the stack's",
        "routes to it would lead elsewhere, and it would be judged as the agent",
        "ec2:DescribeVpcPeeringConnections",
        "set another vpcCidr",
        aws=peerings_are_apart,
    ),
)
