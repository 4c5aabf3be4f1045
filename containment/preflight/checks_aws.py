"""Checks of the AWS account: caller, rights, quotas, networks, and what it exposes.

Checks of what the account exposes to other accounts, and of its defaults: images, snapshots, serial console, disks, metadata.

Checks of the AWS account: caller, rights, quotas and networks.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from containment.names import PolicyMode
from containment.preflight.access import count_quotas
from containment.preflight.check import Check, make_failure, make_pass, make_warning
from containment.preflight.facts import AwsFacts, Facts, Network, Quota, UnreadFact, require_fact
from containment.preflight.finding import Finding


def check_image(facts: Facts, aws: AwsFacts) -> Finding:
    config = facts.spec.config
    if not facts.image_is_named:
        said = f"none is pinned: the newest of {config.agent_image_owner} named {config.agent_image_name} is used when the host is created"
        return make_failure(said) if facts.spec.mode is PolicyMode.ENFORCE else make_warning(said)
    found, wrong = require_fact(aws.image), []
    if found is None:
        return make_failure(f"{config.agent_image_id} does not exist in {config.aws_region}, or is not shared with this account")
    if found.owner not in (config.agent_image_owner, aws.account):
        wrong.append(f"it is owned by {found.owner}, and agentImageOwner is {config.agent_image_owner}")
    if found.disk_gb > config.agent_root_volume_size_gb:
        wrong.append(f"its disk has {found.disk_gb} GB, and agentRootVolumeSizeGb is {config.agent_root_volume_size_gb}")
    if wrong:
        return make_failure(f"{found.id}: {'; '.join(wrong)}")
    if found.deprecated and found.deprecated <= facts.now.date():
        return make_warning(f"{found.id} is deprecated since {found.deprecated}", "build or pin a newer one")
    return make_pass(f"{found.id} of {found.owner}, {found.disk_gb} GB")


def check_image_sharing(_: Facts, aws: AwsFacts) -> Finding:
    image = require_fact(aws.image)
    if image is None or image.owner != aws.account:
        return make_pass("no image of this account is used")
    if image.public:
        return make_failure(f"{image.id} is public: any AWS account may start it and read its disk")
    if image.shared_with:
        return make_warning(f"{image.id} is shared with {', '.join(image.shared_with)}", "share it with accounts that run agents only")
    return make_pass(f"{image.id} is private to this account")


def check_snapshots(_: Facts, aws: AwsFacts) -> Finding:
    public, pinned = (
        set(require_fact(aws.public_snapshots)),
        aws.image.snapshots if aws.image and not isinstance(aws.image, UnreadFact) else (),
    )
    if not public:
        return make_pass("no snapshot of this account is public")
    first = sorted(public, key=lambda each: (each not in pinned, each))[:5]
    return make_failure(f"any AWS account may copy {len(public)} snapshots of this account: {', '.join(first)}")


def check_snapshot_sharing(_: Facts, aws: AwsFacts) -> Finding:
    state = require_fact(aws.snapshot_sharing)
    return make_pass(state) if state in ("block-all-sharing", "block-new-sharing") else make_warning(state)


def check_new_image_sharing(_: Facts, aws: AwsFacts) -> Finding:
    state = require_fact(aws.image_sharing)
    return make_pass(state) if state == "block-new-sharing" else make_warning(state)


def check_serial_console(_: Facts, aws: AwsFacts) -> Finding:
    is_on = require_fact(aws.serial_console)
    return make_failure("EC2's serial console is on for this account") if is_on else make_pass("off")


def check_encryption_default(_: Facts, aws: AwsFacts) -> Finding:
    is_on = require_fact(aws.encryption_default)
    return make_pass("on") if is_on else make_warning("off: a volume is encrypted only if its creator sets it")


def check_metadata_default(_: Facts, aws: AwsFacts) -> Finding:
    tokens = require_fact(aws.metadata_defaults).get("HttpTokens", "no preference")
    return make_pass("IMDSv2 is required by default") if tokens == "required" else make_warning(f"HttpTokens: {tokens}")


EXPOSURE_CHECKS = (
    Check(
        id="image",
        holds="the host's image is pinned, exists, has the configured owner, fits the disk and is not deprecated",
        why="the host runs whatever the image contains",
        reads="ec2:DescribeImages",
        fix="`pulumi config set agentImageId ami-...` (docs/image.md)",
        aws=check_image,
    ),
    Check(
        id="image-sharing",
        holds="an image of this account is neither public nor shared",
        why="an account that may start an image can read its disk",
        reads="ec2:DescribeImageAttribute",
        fix="`aws ec2 modify-image-attribute --image-id ami-... --launch-permission 'Remove=[{Group=all}]'`",
        aws=check_image_sharing,
    ),
    Check(
        id="snapshots-public",
        holds="no snapshot of this account is public",
        why="a snapshot is the whole disk",
        reads="ec2:DescribeSnapshots",
        fix="`aws ec2 modify-snapshot-attribute --snapshot-id snap-... --create-volume-permission 'Remove=[{Group=all}]'`",
        aws=check_snapshots,
    ),
    Check(
        id="snapshot-sharing-blocked",
        holds="snapshots cannot be made public",
        why="otherwise a single call publishes a disk",
        reads="ec2:GetSnapshotBlockPublicAccessState",
        fix="`aws ec2 enable-snapshot-block-public-access --state block-all-sharing`",
        aws=check_snapshot_sharing,
    ),
    Check(
        id="image-sharing-blocked",
        holds="images cannot be made public",
        why="otherwise a single call publishes an image",
        reads="ec2:GetImageBlockPublicAccessState",
        fix="`aws ec2 enable-image-block-public-access --image-block-public-access-state block-new-sharing`",
        aws=check_new_image_sharing,
    ),
    Check(
        id="serial-console",
        holds="EC2's serial console is off",
        why="it gives access to a host past every network control",
        reads="ec2:GetSerialConsoleAccessStatus",
        fix="`aws ec2 disable-serial-console-access`",
        aws=check_serial_console,
    ),
    Check(
        id="encryption-default",
        holds="new volumes are encrypted by default",
        why="this stack encrypts its volumes; one that is restored by hand may be unencrypted",
        reads="ec2:GetEbsEncryptionByDefault",
        fix="`aws ec2 enable-ebs-encryption-by-default`",
        aws=check_encryption_default,
    ),
    Check(
        id="metadata-default",
        holds="instances require IMDSv2 by default",
        why="this stack's hosts require it; an instance started by hand in an agent subnet may not",
        reads="ec2:GetInstanceMetadataDefaults",
        fix="`aws ec2 modify-instance-metadata-defaults --http-tokens required --http-put-response-hop-limit 1`",
        aws=check_metadata_default,
    ),
)


def check_identity(_: Facts, aws: AwsFacts) -> Finding:
    said = f"{aws.arn} in account {aws.account}"
    return (
        make_warning(f"{said}: the root user, which no policy limits", "deploy as a role") if aws.arn.endswith(":root") else make_pass(said)
    )


def check_rights(_: Facts, aws: AwsFacts) -> Finding:
    rights = require_fact(aws.rights)
    missing = sorted(action for action, allowed in rights.items() if not allowed)
    if missing:
        return make_failure(f"{len(missing)} of {len(rights)} needed rights are missing ({aws.rights_from}): {', '.join(missing)}")
    if aws.rights_from.startswith("dry runs"):
        return make_warning(
            f"no right is missing, but only some were tested: {aws.rights_from}", "allow the caller iam:SimulatePrincipalPolicy"
        )
    return make_pass(f"{len(rights)} needed rights ({aws.rights_from})")


def check_quota(which: Quota, facts: Facts, aws: AwsFacts) -> Finding:
    usage = require_fact(aws.quotas[which])
    more = max(0, count_quotas(facts.spec)[which] - usage.ours)
    said = f"{usage.used} of {usage.limit} used, {more} more needed"
    return make_pass(said) if usage.used + more <= usage.limit else make_failure(said)


def check_network(facts: Facts, aws: AwsFacts) -> Finding:
    return _check_overlaps(facts, require_fact(aws.vpcs), "VPC")


def check_peerings(facts: Facts, aws: AwsFacts) -> Finding:
    return _check_overlaps(facts, require_fact(aws.peerings), "peered network")


def _check_overlaps(facts: Facts, networks: tuple[Network, ...], kind: str) -> Finding:
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


ACCOUNT_CHECKS = (
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
