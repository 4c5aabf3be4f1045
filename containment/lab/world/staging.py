"""What the agent host has on its disk that differs from this machine: what first boot wrote, whom it asks for names, whom it trusts.

The files lie in a folder of the lab home and are put in place by mounts that only the command and its children see. First boot's files come
from the user data that the *deployed* instance was started with.
"""

from __future__ import annotations

from pathlib import Path

from containment.host.cloud_config import Written, written_files
from containment.lab.home import write_whole
from containment.lab.world.deployed import Vpc
from containment.lab.world.fabric import Machine

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
"""The shell text that puts the files in place and becomes the command."""


def stage(folder: Path, vpc: Vpc, agent: Machine, authority: Path) -> None:
    """Write what the agent's command finds on its disk."""
    place = folder / "host"
    _write(place / "resolv.conf", "".join(f"nameserver {each}\n" for each in vpc.name_servers) + "options timeout:2 attempts:1\n")
    _write(place / "hosts", "127.0.0.1 localhost\n")
    _write(place / "nsswitch.conf", "passwd: files\ngroup: files\nshadow: files\nhosts: files dns\n")
    _write(place / "ca.pem", authority.read_text())
    for each in _first_boot(agent.instance.user_data):
        if each.path.startswith(f"{FOLDER}/"):
            target = place / each.path.lstrip("/")
            if not target.exists() or target.read_bytes() != each.content:
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(each.content)
            target.chmod(int(each.mode, 8))


def _first_boot(user_data: str) -> tuple[Written, ...]:
    return written_files(user_data) if user_data.startswith("#cloud-config\n") else ()


def _write(path: Path, text: str) -> None:
    if not path.exists() or path.read_text() != text:
        write_whole(path, text)
