"""Checks of the AWS account: caller, rights, quotas and networks."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from containment.preflight.check import Check, make_failure, make_pass, make_skip, make_warning
from containment.preflight.facts import AwsFacts, Facts, Network, Quota, UnreadFact
from containment.preflight.finding import Finding
from containment.preflight.needs import count_quotas


def check_identity(_: Facts, aws: AwsFacts) -> Finding:
    said = f"{aws.arn} in account {aws.account}"
    return (
        make_warning(f"{said}: the root user, which no policy limits", "deploy as a role") if aws.arn.endswith(":root") else make_pass(said)
    )


def check_rights(_: Facts, aws: AwsFacts) -> Finding:
    if isinstance(aws.rights, UnreadFact):
        return make_skip(aws.rights)
    missing = sorted(action for action, allowed in aws.rights.items() if not allowed)
    if missing:
        return make_failure(f"{len(missing)} of {len(aws.rights)} needed rights are missing ({aws.rights_from}): {', '.join(missing)}")
    if aws.rights_from.startswith("dry runs"):
        return make_warning(
            f"no right is missing, but only some were tested: {aws.rights_from}", "allow the caller iam:SimulatePrincipalPolicy"
        )
    return make_pass(f"{len(aws.rights)} needed rights ({aws.rights_from})")


def check_quota(which: Quota, facts: Facts, aws: AwsFacts) -> Finding:
    usage = aws.quotas[which]
    if isinstance(usage, UnreadFact):
        return make_skip(usage)
    more = max(0, count_quotas(facts.spec)[which] - usage.ours)
    said = f"{usage.used} of {usage.limit} used, {more} more needed"
    return make_pass(said) if usage.used + more <= usage.limit else make_failure(said)


def check_network(facts: Facts, aws: AwsFacts) -> Finding:
    return _check_overlaps(facts, aws.vpcs, "VPC")


def check_peerings(facts: Facts, aws: AwsFacts) -> Finding:
    return _check_overlaps(facts, aws.peerings, "peered network")


def _check_overlaps(facts: Facts, networks: tuple[Network, ...] | UnreadFact, kind: str) -> Finding:
    if isinstance(networks, UnreadFact):
        return make_skip(networks)
    own = facts.spec.config.vpc_cidr
    hits = [
        f"{each.id} ({each.name or 'no name'}, {cidr})" for each in networks if not each.ours for cidr in each.cidrs if cidr.overlaps(own)
    ]
    return (
        make_failure(f"{own} overlaps with {kind} {', '.join(hits)}")
        if hits
        else make_pass(f"{own} overlaps with none of {len(networks)} {kind}s")
    )


def _make_quota_check(which: Quota, what: str, why: str) -> Check:
    service, code = which.value.split("/")
    judge: Callable[[Facts, AwsFacts], Finding] = partial(check_quota, which)
    fix = f"release some, or `aws service-quotas request-service-quota-increase --service-code {service} --quota-code {code}`"
    name = which.name.lower().replace("_", "-")
    return Check(
        id=f"quota-{name}",
        holds=f"there is room for {what}",
        why=why,
        reads="servicequotas:GetServiceQuota, describe calls",
        fix=fix,
        aws=judge,
    )


CHECKS = (
    Check(
        id="aws-identity",
        holds="AWS accepts the credentials, and they are not those of the root user",
        why="every other check and the deployment use them",
        reads="sts:GetCallerIdentity",
        fix="log in to the account this stack is for (`aws sts get-caller-identity`)",
        aws=check_identity,
    ),
    Check(
        id="aws-rights",
        holds="the caller has every right that a deployment uses",
        why="a missing right stops a deployment half-way",
        reads="iam:SimulatePrincipalPolicy, else dry runs of EC2",
        fix="give the deploying role these rights (a policy limited to other resources may allow what the simulator denies)",
        aws=check_rights,
    ),
    _make_quota_check(Quota.VPCS, "one more VPC", "each stack has its own"),
    _make_quota_check(Quota.INTERNET_GATEWAYS, "one more internet gateway", "the spoke gateway's subnet needs one"),
    _make_quota_check(Quota.INTERFACE_ENDPOINTS, "the stack's interface endpoints", "without them AWS is reached over the internet"),
    _make_quota_check(Quota.GATEWAY_ENDPOINTS, "the S3 gateway endpoint", "without it S3 is reached over the internet"),
    _make_quota_check(
        Quota.SECURITY_GROUPS, "the stack's security groups", "without its security group the gateway cannot be created completely"
    ),
    _make_quota_check(Quota.ADDRESSES, "the gateway's Elastic IP", "the Controller allocates it while it creates the gateway"),
    Check(
        id="network-free",
        holds="no other VPC of the region uses the stack's network",
        why="the source SmartGroup matches the agent subnets by address, so machines of another VPC would match as well",
        reads="ec2:DescribeVpcs",
        fix="set another vpcCidr",
        aws=check_network,
    ),
    Check(
        id="peerings-apart",
        holds="no peered network overlaps with the stack's network",
        why="routes to it would lead elsewhere, and its traffic would be judged as the agent's",
        reads="ec2:DescribeVpcPeeringConnections",
        fix="set another vpcCidr",
        aws=check_peerings,
    ),
)
