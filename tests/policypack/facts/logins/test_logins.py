"""User data that opens a way to log in is refused in every layer; what keeps people out, or only names a tool, passes."""

from __future__ import annotations

import base64
import gzip
import time
from typing import Any, Final

import pytest

from policypack.facts.logins import commands
from policypack.graph.known_types import INSTANCE, TASK
from policypack.graph.resources import Resource
from policypack.rules.agent_host_has_no_login import check_resource
from tests.policypack.facts.logins.examples import CONFIGS, FORMS, MODULES, SCRIPTS, config, script


def found(text: Any, kind: str = INSTANCE, key: str = "userData") -> list[str]:
    return [fault.what for fault in check_resource(Resource("u", kind, "agent", props={key: text}))]


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
    "keys removed by a list": config("runcmd:\n- [rm, -f, /root/.ssh/authorized_keys]\n- [systemctl, mask, ssh]\nssh_authorized_keys: []"),
    "names of services": script("for host in ngrok.io login.tailscale.com trycloudflare.com tmate.io; do", "check $host", "done"),
    "checks": script("command -v ngrok && exit 1", "! which tailscale", "systemctl is-active sshd"),
    "comments": script("# tailscale up", "  # chpasswd is not used", "# PermitRootLogin yes"),
    "out over ssh": script('(exec 3<>"/dev/tcp/$address/22") 2>/dev/null', "ssh -o BatchMode=yes git@github.com"),
    "a user without a password": script("useradd -r -s /usr/sbin/nologin agent", "adduser --disabled-password agent"),
    "consoles closed": script(
        "systemctl mask serial-getty@ttyS0.service getty@tty1.service",
        "systemctl disable --now getty@tty1",
        "ln -sf /dev/null /etc/systemd/system/serial-getty@ttyS0.service",
        "pkill agetty",
        ": > /etc/securetty",
        "rm -rf /etc/systemd/system/getty@tty1.service.d",
    ),
    "consoles written to": script(
        "echo 'ready' > /dev/console",
        "exec > >(tee /var/log/user-data.log | logger -t user-data -s 2>/dev/console) 2>&1",
        "grubby --update-kernel=ALL --args='console=ttyS0,115200n8'",
        "echo console=ttyS0",
        "stty -F /dev/ttyS0 115200",
        "bash /opt/install.sh > /dev/console 2>&1",
        "grubby --update-kernel=ALL --remove-args='systemd.debug-shell'",
        "systemctl mask debug-shell.service rescue.service",
    ),
    "logins elsewhere": script(
        "aws ecr get-login-password | docker login --username AWS --password-stdin 123456789012.dkr.ecr.us-east-1.amazonaws.com",
        "docker login -u AWS",
        "npm login --registry=https://registry.acme.example",
        "useradd --shell /usr/sbin/nologin agent",
    ),
    "installed once": script(
        "curl -fsSL https://openclaw.ai/install.sh | bash",
        "wget -qO- https://openclaw.ai/key | gpg --dearmor -o /etc/apt/keyrings/x.gpg",
        "for one in jq git; do apt-get install -y $one; done",
        "echo '0 3 * * * root apt-get -y upgrade' > /etc/cron.d/upgrade",
    ),
    "keys of other hosts": script("ssh-keygen -R github.com", "ssh-keyscan -H github.com >> /etc/ssh/ssh_known_hosts"),
    "containers": script(
        "dockerd --host unix:///run/docker.sock", "docker run -d agent:1", """echo '{"log-driver": "journald"}' > /a.json"""
    ),
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


@pytest.mark.parametrize("case", MODULES)
def test_a_key_of_cloud_init_that_no_review_covers_is_refused(case: str) -> None:
    assert found(config(MODULES[case]))
    part = "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=B\n\n--B\nContent-Type: text/cloud-config\nMIME-Version: 1.0\n\n"
    assert found(f"{part}{MODULES[case]}\n--B--\n")


def test_reviewed_keys_of_cloud_init_pass() -> None:
    keys = "hostname: agent\ntimezone: UTC\npackages: [jq]\nmounts: [[/dev/sdf, /data]]\nntp: {servers: [169.254.169.123]}\nwireguard: {}"
    assert found(config(f"{keys}\npower_state: {{mode: reboot}}\nssh_deletekeys: true\nfinal_message: ready")) == []


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


def test_the_words_name_what_opens_and_where() -> None:
    assert found(script("tailscale up")) == ["runs tailscale, which permits logins from outside, in userData"]


@pytest.mark.parametrize(
    "piece",
    [
        "1",
        "sed ",
        "s/a",
        "passwd ",
        "ssh -R",
        "authorized_keys ",
        "systemctl start ",
        "#cloud-config\n",
        '"',
        "[[",
        "{",
        "* ",
        "curl ",
        "curl |",
        "sh -",
    ],
)
def test_long_texts_of_any_kind_are_read_in_time(piece: str) -> None:
    started = time.process_time()
    found(piece * (16384 // len(piece)))
    assert time.process_time() - started < 2


@pytest.mark.parametrize("wrap", ["plain", "base64", "compressed"])
@pytest.mark.parametrize("case", FORMS)
def test_a_form_that_no_review_covers_is_refused(case: str, wrap: str) -> None:
    assert found(WRAPS[wrap](FORMS[case]))


READ: Final = {
    "nothing": "",
    "words": "set up by hand",
    "variables": "APP_ENV=prod\nAPP_TEAM=platform-team\n",
    "one setting": "team: platform-team\n",
    "script with braces": "#!/bin/sh\n{ echo ready; }\n",
    "nodes of a cluster": "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=B\n\n"
    "--B\nContent-Type: application/node.eks.aws\n\napiVersion: node.eks.aws/v1alpha1\nkind: NodeConfig\n--B--\n",
    "one node": "apiVersion: node.eks.aws/v1alpha1\nkind: NodeConfig\nspec:\n  kubelet:\n    config: {maxPods: 20}\n",
    "bottlerocket": "[settings.kubernetes]\ncluster-name = 'c'\n[settings.kubernetes.node-labels]\na = 'b'\n[settings.motd]\n",
    "bottlerocket, closed": "[settings.host-containers.admin]\nenabled = false\n[settings.host-containers.control]\nenabled = true\n",
    "windows": "<powershell>\nSet-TimeZone -Id UTC\n</powershell>\n<persist>true</persist>\n",
}


@pytest.mark.parametrize("wrap", ["plain", "base64", "compressed"])
@pytest.mark.parametrize("case", READ)
def test_a_form_that_other_checks_read_passes(case: str, wrap: str) -> None:
    assert found(WRAPS[wrap](READ[case])) == []


def test_containers_and_lightsail_read_no_form() -> None:
    for kind, key in ((TASK, "containerDefinitions"), ("aws:lightsail/instance:Instance", "userData")):
        assert found('[{"name": "a", "image": "x"}]', kind, key) == []


def test_marks_are_found_by_words_as_by_the_expression() -> None:
    texts = [text for table in (SCRIPTS, CONFIGS, HARMLESS) for text in table.values()]
    marked = [
        *commands._WORDS,
        "sh -i",
        "bash','-i",
        "open(STDIN",
        "nc host 1",
        "/bin/nc",
        "dcvserver",
        "\u017f\u017fh",
        "\u212a3s",
        "\xe9 SSH",
    ]
    unmarked = ["once", "sync", "adcv", "standard", "-i", "std", "\u017ftd", "\xe9", ""]
    assert [text for text in marked if not commands.has_mark(text)] == []
    assert [text for text in unmarked if commands.has_mark(text)] == []
    words = {word for text in texts for word in (text, *text.split(), *text.splitlines())}
    every = [*words, *(word[:-1] for word in words), *marked, *map(str.upper, marked), *(f"a{one}b" for one in marked)]
    assert [text for text in every if commands.has_mark(text) != (commands._MARKS.search(text) is not None)] == []
