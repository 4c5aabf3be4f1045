"""What the account shows to strangers, and what its defaults are: images, snapshots, serial console, disks, metadata."""

from __future__ import annotations

from containment.model.names import PolicyMode
from containment.verify.preflight.check import Check, Verdict, failed, passed, unread, warned
from containment.verify.preflight.facts import AwsFacts, Facts, Unread


def image(facts: Facts, aws: AwsFacts) -> Verdict:
    config = facts.spec.config
    if not facts.image_is_named:
        said = f"none is pinned: the newest of {config.agent_image_owner} named {config.agent_image_name} is taken when the host is made"
        return failed(said) if facts.spec.mode is PolicyMode.ENFORCE else warned(said)
    if isinstance(aws.image, Unread):
        return unread(aws.image)
    if aws.image is None:
        return failed(f"{config.agent_image_id} does not exist in {config.aws_region}, or is not shared with this account")
    found, wrong = aws.image, []
    if found.owner not in (config.agent_image_owner, aws.account):
        wrong.append(f"it is owned by {found.owner}, and agentImageOwner is {config.agent_image_owner}")
    if found.disk_gb > config.agent_root_volume_size_gb:
        wrong.append(f"its disk has {found.disk_gb} GB, and agentRootVolumeSizeGb is {config.agent_root_volume_size_gb}")
    if wrong:
        return failed(f"{found.id}: {'; '.join(wrong)}")
    if found.deprecated and found.deprecated <= facts.now.date():
        return warned(f"{found.id} is deprecated since {found.deprecated}", "build or pin a newer one")
    return passed(f"{found.id} of {found.owner}, {found.disk_gb} GB")


def image_sharing(_: Facts, aws: AwsFacts) -> Verdict:
    if isinstance(aws.image, Unread):
        return unread(aws.image)
    if aws.image is None or aws.image.owner != aws.account:
        return passed("no image of this account is used")
    if aws.image.public:
        return failed(f"{aws.image.id} is public: everybody may start it and read its disk")
    if aws.image.shared_with:
        return warned(f"{aws.image.id} is shared with {', '.join(aws.image.shared_with)}", "share it with accounts that run agents only")
    return passed(f"{aws.image.id} is this account's alone")


def snapshots(_: Facts, aws: AwsFacts) -> Verdict:
    if isinstance(aws.public_snapshots, Unread):
        return unread(aws.public_snapshots)
    public, pinned = set(aws.public_snapshots), aws.image.snapshots if aws.image and not isinstance(aws.image, Unread) else ()
    if not public:
        return passed("no snapshot of this account can be copied by everybody")
    first = sorted(public, key=lambda each: (each not in pinned, each))[:5]
    return failed(f"everybody may copy {len(public)} snapshots of this account: {', '.join(first)}")


def snapshot_sharing(_: Facts, aws: AwsFacts) -> Verdict:
    return _blocked(aws.snapshot_sharing, ("block-all-sharing", "block-new-sharing"))


def new_image_sharing(_: Facts, aws: AwsFacts) -> Verdict:
    return _blocked(aws.image_sharing, ("block-new-sharing",))


def _blocked(state: str | Unread, good: tuple[str, ...]) -> Verdict:
    if isinstance(state, Unread):
        return unread(state)
    return passed(state) if state in good else warned(state)


def serial_console(_: Facts, aws: AwsFacts) -> Verdict:
    if isinstance(aws.serial_console, Unread):
        return unread(aws.serial_console)
    return failed("EC2's serial console is on for this account") if aws.serial_console else passed("off")


def encryption(_: Facts, aws: AwsFacts) -> Verdict:
    if isinstance(aws.encryption_default, Unread):
        return unread(aws.encryption_default)
    return passed("on") if aws.encryption_default else warned("off: a volume that does not ask for it is not encrypted")


def metadata(_: Facts, aws: AwsFacts) -> Verdict:
    if isinstance(aws.metadata_defaults, Unread):
        return unread(aws.metadata_defaults)
    tokens = aws.metadata_defaults.get("HttpTokens", "no preference")
    return passed("IMDSv2 is required by default") if tokens == "required" else warned(f"HttpTokens: {tokens}")


CHECKS = (
    Check(
        "image",
        "the host's image is pinned, exists, has the owner that was named, fits the disk and is not deprecated",
        "the image is what runs",
        "ec2:DescribeImages",
        "`pulumi config set agentImageId ami-...` (docs/image.md)",
        aws=image,
    ),
    Check(
        "image-sharing",
        "an image of this account is neither public nor shared",
        "who may start it may read what is on it",
        "ec2:DescribeImageAttribute",
        "`aws ec2 modify-image-attribute --image-id ami-... --launch-permission 'Remove=[{Group=all}]'`",
        aws=image_sharing,
    ),
    Check(
        "snapshots-public",
        "no snapshot of this account is public",
        "a snapshot is the whole disk",
        "ec2:DescribeSnapshots",
        "`aws ec2 modify-snapshot-attribute --snapshot-id snap-... --create-volume-permission 'Remove=[{Group=all}]'`",
        aws=snapshots,
    ),
    Check(
        "snapshot-sharing-blocked",
        "snapshots cannot be made public",
        "one call by anybody with the right would publish a disk",
        "ec2:GetSnapshotBlockPublicAccessState",
        "`aws ec2 enable-snapshot-block-public-access --state block-all-sharing`",
        aws=snapshot_sharing,
    ),
    Check(
        "image-sharing-blocked",
        "images cannot be made public",
        "one call by anybody with the right would publish an image",
        "ec2:GetImageBlockPublicAccessState",
        "`aws ec2 enable-image-block-public-access --image-block-public-access-state block-new-sharing`",
        aws=new_image_sharing,
    ),
    Check(
        "serial-console",
        "EC2's serial console is off",
        "it is a way into a host that passes no network control",
        "ec2:GetSerialConsoleAccessStatus",
        "`aws ec2 disable-serial-console-access`",
        aws=serial_console,
    ),
    Check(
        "encryption-default",
        "new volumes are encrypted by default",
        "ours ask for it; what somebody restores by hand may not",
        "ec2:GetEbsEncryptionByDefault",
        "`aws ec2 enable-ebs-encryption-by-default`",
        aws=encryption,
    ),
    Check(
        "metadata-default",
        "instances require IMDSv2 by default",
        "ours ask for it; an instance started by hand in an agent subnet may not",
        "ec2:GetInstanceMetadataDefaults",
        "`aws ec2 modify-instance-metadata-defaults --http-tokens required --http-put-response-hop-limit 1`",
        aws=metadata,
    ),
)
