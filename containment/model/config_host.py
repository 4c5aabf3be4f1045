"""Keys of the agent host: what it is made of and how it starts."""

from __future__ import annotations

from typing import Annotated

from containment.model.keys import Keys, key
from containment.model.names import DEFAULT_ROLE, HostTag
from containment.model.preset import Harness
from containment.model.unquoted import ACCOUNT, WHOLE_RELEASE, Flag
from containment.model.values import OptionalAddress, OrNothing, TagText, matching


class HostKeys(Keys):
    """The agent host."""

    agent_instance_type: Annotated[str, matching(r"[a-z0-9-]+\.[a-z0-9-]+", "an instance type")] = key(
        "t3.large", "Instance type of the agent host.", "the host cannot start otherwise", "set a type such as t3.large"
    )
    agent_root_volume_size_gb: int = key(
        80, "Size of the encrypted gp3 root volume, in GB.", "a harness fills small disks", "8 to 16384", ge=8, le=16384
    )
    agent_private_ip: OptionalAddress = key(
        None, "Fixed private address; empty: AWS picks one.", "it must lie in the first agent subnet", "leave empty"
    )
    agent_image_id: Annotated[str, matching(r"(ami-[0-9a-f]{8,17})?", "an image id such as ami-0123456789abcdef0")] = key(
        "",
        "Pinned image; empty: the newest of agentImageOwner at creation, kept from then on.",
        "the image is what runs",
        "set an image id",
    )
    agent_image_owner: Annotated[str, ACCOUNT, matching(r"\d{12}", "a 12-digit AWS account")] = key(
        "099720109477",
        "Account that owns the image (default: Canonical).",
        "anybody can publish an image with that name",
        "set the account",
    )
    agent_image_name: str = key(
        "ubuntu/images/hvm-ssd/ubuntu-jammy-22.04-amd64-server-*",
        "Name pattern of the image.",
        "it picks the image",
        "set a pattern",
        min_length=1,
    )
    agent_workload_tag_key: TagText = key(
        HostTag.ROLE.value, "Tag key that makes a VM an agent.", "the source group is built on it", "leave Role"
    )
    agent_workload_tag_value: TagText = key(
        DEFAULT_ROLE, "Tag value that makes a VM an agent.", "the source group is built on it", "leave it"
    )
    install_mode: Annotated[Harness | None, OrNothing] = key(
        None,
        "Harness the host is prepared for; empty: the class's own.",
        "it decides which core services are permitted",
        "none, openclaw, nemoclaw or hermes",
    )
    auto_run_installer: Flag = key(False, "Run the harness's installer at first boot.", "it runs code from the internet", "leave false")
    auto_accept_third_party_software: Flag = key(
        False, "Accept the installers' licences.", "NemoClaw's installer needs it", "set it knowingly"
    )
    installer_version: Annotated[str, matching(r"[A-Za-z0-9._-]{0,64}", "one release, such as 2026.9.6"), WHOLE_RELEASE] = key(
        "",
        "Release the installer installs; empty: the pinned one.",
        "a moving release is another program every day",
        "name one release",
    )
    installer_digest: Annotated[
        str, matching(r"(sha256-[0-9a-f]{64}|sha512-[A-Za-z0-9+/]{86}==)?", "sha256-HEX, or sha512-BASE64 as npm writes it")
    ] = key(
        "",
        "Digest of what the installer fetches; empty: the pinned one (NemoClaw's script has none: review it first).",
        "what was reviewed must be what runs",
        "give the digest of what was reviewed",
    )
    install_docker: Flag = key(False, "Install Docker at first boot.", "it needs package sources", "use an image that has it")
    install_bootstrap_packages: Flag = key(
        False, "Install packages at first boot.", "in enforce it breaks the boot", "use an image that has them"
    )
    enable_permissions_boundary: Flag = key(
        True,
        "A permissions boundary on the host's role that denies changing its own containment.",
        "a policy attached later could let the agent open its own cage",
        "leave true",
    )
