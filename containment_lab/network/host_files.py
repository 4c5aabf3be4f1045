"""Files of the agent host that differ from this machine's: first boot's files, name servers and trusted certificates.

They are in a folder of the lab home and are bind-mounted in a mount namespace that only the command and its children use. First boot's
files come from the user data of the *deployed* instance.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from containment.host.cloud_config import WrittenFile, parse_written_files
from containment_lab.home import write_whole
from containment_lab.vpc.deployed_vpc import Vpc
from containment_lab.vpc.fabric import Machine

FOLDER = "/opt/openclaw-vca"
ENTER = """
set -e
stage=$1; shift
over() { if [ -e "$2" ]; then mount --bind "$1" "$2"; fi; }
over "$stage/resolv.conf" /etc/resolv.conf
over "$stage/hosts" /etc/hosts
over "$stage/nsswitch.conf" /etc/nsswitch.conf
over "$stage/ca.pem" /etc/ssl/certs/ca-certificates.crt
if [ -d "$stage/opt/openclaw-vca" ]; then
    if [ ! -d /opt/openclaw-vca ]; then
        mkdir -p "$stage/opt-was"
        mount --bind /opt "$stage/opt-was"
        mount -t tmpfs none /opt
        for each in "$stage"/opt-was/*; do
            if [ -d "$each" ]; then mkdir "/opt/${each##*/}"; mount --bind "$each" "/opt/${each##*/}"; fi
        done
        mkdir /opt/openclaw-vca
    fi
    mount --bind "$stage/opt/openclaw-vca" /opt/openclaw-vca
fi
export SSL_CERT_FILE="$stage/ca.pem" CURL_CA_BUNDLE="$stage/ca.pem" REQUESTS_CA_BUNDLE="$stage/ca.pem" NODE_EXTRA_CA_CERTS="$stage/ca.pem"
unset http_proxy https_proxy all_proxy HTTP_PROXY HTTPS_PROXY ALL_PROXY
exec "$@"
"""
"""The shell script that mounts the files and then runs the command (`exec`)."""


def stage_host_files(folder: Path, vpc: Vpc, agent: Machine, authorities: Sequence[Path]) -> None:
    """Write the files that a command on the agent host finds.

    Args:
        folder: The network's folder.
        vpc: The VPC, for its name servers.
        agent: The agent host, for its user data.
        authorities: The certificate authorities that the host trusts.
    """
    place = folder / "host"
    _write(place / "resolv.conf", "".join(f"nameserver {each}\n" for each in vpc.name_servers) + "options timeout:2 attempts:1\n")
    _write(place / "hosts", "127.0.0.1 localhost\n")
    _write(place / "nsswitch.conf", "passwd: files\ngroup: files\nshadow: files\nhosts: files dns\n")
    _write(place / "ca.pem", "".join(each.read_text() for each in authorities))
    for each in _extract_first_boot_files(agent.instance.user_data):
        if each.path.startswith(f"{FOLDER}/"):
            target = place / each.path.lstrip("/")
            if not target.exists() or target.read_bytes() != each.content:
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(each.content)
            target.chmod(int(each.mode, 8))


def _extract_first_boot_files(user_data: str) -> tuple[WrittenFile, ...]:
    return parse_written_files(user_data) if user_data.startswith("#cloud-config\n") else ()


def _write(path: Path, text: str) -> None:
    if not path.exists() or path.read_text() != text:
        write_whole(path, text)
