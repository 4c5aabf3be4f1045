"""Keys of the agent host: size, image, tags and first boot."""

from __future__ import annotations

from typing import Annotated, TypeAlias

from containment.catalog.preset import Harness
from containment.config.keys.key import Keys, declare_key
from containment.config.pulumi_format.unquoted_values import ACCOUNT, WHOLE_RELEASE, Flag
from containment.config.values import OptionalAddress, OrNothing, TagText, make_instance_type_fix, make_text_validator
from containment.config.waivers import HarnessWaivers
from containment.names import DEFAULT_ROLE, HostTag

BUNDLE_SOURCE = r"(s3://[a-z0-9](?:[a-z0-9-]|\.(?![.-])){1,61}[a-z0-9](?:/[A-Za-z0-9_-][A-Za-z0-9._-]*)+)?"
"""The form of `policyBundle`: no wildcard, which would be one in the role's policy, and no empty or relative part."""


ImageId: TypeAlias = Annotated[
    str, make_text_validator(r"(ami-[0-9a-f]{8,17})?", "an image id such as ami-0123456789abcdef0", lambda text: text.strip().lower())
]


class HostKeys(Keys):
    """The agent host."""

    agent_instance_type: Annotated[
        str, make_text_validator(r"[a-z0-9-]+\.[a-z0-9-]+", "an instance type", make_instance_type_fix("t3.large"))
    ] = declare_key("t3.large", "Instance type of the agent host.", "the host cannot start otherwise", "set a type such as t3.large")
    agent_root_volume_size_gb: int = declare_key(
        80, "Size of the encrypted gp3 root volume, in GB.", "a harness fills small disks", "8 to 16384", ge=8, le=16384
    )
    agent_private_ip: OptionalAddress = declare_key(
        None, "Fixed private address; empty: AWS picks one.", "it must lie in the first agent subnet", "leave empty"
    )
    agent_image_id: ImageId = declare_key(
        "",
        "Pinned image; empty: the newest of agentImageOwner at creation, kept from then on.",
        "the image is what runs",
        "set an image id",
    )
    credential_gateway_image_id: ImageId = declare_key(
        "",
        "Image of the credential gateway, with Envoy and this package; needed with credentialRoutes.",
        "the image is what runs, and it handles every key",
        "set the id of the image that your pipeline built (docs/guides/credential-gateway.md)",
    )
    credential_gateway_port: int = declare_key(
        8443,
        "Port of the credential gateway, the only one that agents reach in its subnet.",
        "agents' security groups and network ACLs are opened for it",
        "1024 to 32767",
        ge=1024,
        le=32767,
    )
    agent_image_owner: Annotated[str, ACCOUNT, make_text_validator(r"\d{12}", "a 12-digit AWS account")] = declare_key(
        "099720109477",
        "Account that owns the image (default: Canonical).",
        "anyone can publish an image with that name",
        "set the 12 digits of the account that publishes your image, in quotes",
    )
    agent_image_name: str = declare_key(
        "ubuntu/images/hvm-ssd/ubuntu-jammy-22.04-amd64-server-*",
        "Name pattern of the image.",
        "it picks the image",
        "set a pattern of image names, such as acme-agent-*",
        min_length=1,
    )
    agent_workload_tag_key: TagText = declare_key(
        HostTag.ROLE.value, "Tag key that makes a VM an agent.", "the source group is built on it", "leave Role"
    )
    agent_workload_tag_value: TagText = declare_key(
        DEFAULT_ROLE, "Tag value that makes a VM an agent.", "the source group is built on it", "leave it"
    )
    policy_bundle: Annotated[str, make_text_validator(BUNDLE_SOURCE, "a bucket and a prefix such as s3://bundles-of-example/STACK")] = (
        declare_key(
            "",
            "Source of the host's signed bundle, s3://BUCKET/PREFIX; its role may read that prefix. Empty: none.",
            "the host's updater takes the agent's profile from it, and a bundle that is not signed is refused",
            "write s3://BUCKET/PREFIX of a bucket in this account and region, or leave it empty (docs/guides/bundles.md)",
        )
    )
    install_mode: Annotated[Harness | None, OrNothing] = declare_key(
        None,
        "Harness the host is prepared for; empty: the class's own.",
        "it decides which core services are permitted",
        "none, openclaw, nemoclaw or hermes",
    )
    harness_waivers: HarnessWaivers = declare_key(
        (),
        "Harnesses that are not ready for production, accepted for a class with regulated data: {harness, owner, reason, until}.",
        "a regulator asks who accepted software that its own vendor does not call ready",
        "name the harness, the owner, the reason, and the day the waiver ends (YYYY-MM-DD)",
        items="object",
    )
    auto_run_installer: Flag = declare_key(
        False, "Run the harness's installer at first boot.", "it runs code from the internet", "leave false"
    )
    auto_accept_third_party_software: Flag = declare_key(
        False, "Accept the installers' licenses.", "NemoClaw's installer needs it", "set true, once the licenses are accepted"
    )
    installer_version: Annotated[str, make_text_validator(r"[A-Za-z0-9._-]{0,64}", "one release, such as 2026.9.6"), WHOLE_RELEASE] = (
        declare_key(
            "",
            "Release the installer installs; empty: the pinned one.",
            "a moving release is another program every day",
            "name one release",
        )
    )
    installer_digest: Annotated[
        str, make_text_validator(r"(sha256-[0-9a-f]{64}|sha512-[A-Za-z0-9+/]{86}==)?", "sha256-HEX, or sha512-BASE64 as npm writes it")
    ] = declare_key(
        "",
        "Digest of what the installer fetches; empty: the pinned one (NemoClaw's script has none: review it first).",
        "the code that runs must be the code that was reviewed",
        "give the digest of what was reviewed",
    )
    install_docker: Flag = declare_key(False, "Install Docker at first boot.", "it needs package sources", "use an image that has it")
    install_bootstrap_packages: Flag = declare_key(
        False, "Install packages at first boot.", "in enforce it breaks the boot", "use an image that has them"
    )
    enable_permissions_boundary: Flag = declare_key(
        True,
        "A permissions boundary on the host's role that denies changing its own containment.",
        "a policy attached later could let the agent remove its own limits",
        "leave true",
    )
