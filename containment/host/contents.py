"""The files of a stack's agent host, and its first boot.

Pure: the same spec gives the same bytes on every machine, in both policy modes. First boot installs only what the stack enables, and no
file contains a secret.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from containment.catalog.preset import Harness
from containment.config.spec import ContainmentSpec
from containment.host.facts import build_facts, format_lines
from containment.host.harness import PINS, SETTINGS
from containment.host.host_file import FOLDER, HostFile, read_script
from containment.names import WebGroupId
from containment.sessions.documents import OPERATOR

INSTALL_LOG = "/var/log/openclaw-vca-install.log"
BOOTSTRAP_PACKAGES = ("ca-certificates", "curl", "git", "jq", "python3-venv", "unzip")
DOCKER_PACKAGE = "docker.io"
HTTPS_SOURCES = "sed -i 's|http://|https://|' /etc/apt/sources.list /etc/apt/sources.list.d/*.sources 2>/dev/null || :"
"""Command that switches package sources to HTTPS: rule 31 permits TLS only, and an HTTP mirror can be replaced on the path."""

_ADD_OPERATOR = f"id -u {OPERATOR} || useradd --create-home --user-group --shell /bin/bash {OPERATOR}"
"""Command that adds the user of operators' sessions: in no group of administrators, with a locked password."""

_QUIET_UBUNTU = (
    HostFile(
        "/etc/apt/apt.conf.d/90-openclaw-vca",
        'APT::Periodic::Enable "0";\n',
        "no automatic updates where the policy permits no mirror; replace the image instead",
    ),
    HostFile("/etc/default/motd-news", "ENABLED=0\n", "no news fetched at every login"),
)


_DIRECT_CALL = 'web_probe 1 model-call "$MODEL_HOST" permitted - verify\n'


@dataclass(frozen=True)
class FirstBoot:
    """The steps of first boot in addition to writing files; empty, the default, means none."""

    packages: tuple[str, ...] = ()
    commands: tuple[str, ...] = ()


def build_host_files(spec: ContainmentSpec) -> tuple[HostFile, ...]:
    """Return every file of the stack's host, in the order in which they are written."""
    quiet = () if WebGroupId.OS_UPDATES in spec.destinations or build_first_boot(spec).packages else _QUIET_UBUNTU
    return (
        HostFile(f"{FOLDER}/containment.env", format_lines(build_facts(spec)), "the host's identity, and the targets of verify-egress.sh"),
        _build_verification(spec),
        *_build_installer(spec),
        *SETTINGS[spec.harness],
        *quiet,
    )


def build_first_boot(spec: ContainmentSpec) -> FirstBoot:
    """Return the packages and commands of first boot that the stack's configuration enables."""
    config = spec.config
    packages = (*(BOOTSTRAP_PACKAGES if config.install_bootstrap_packages else ()), *((DOCKER_PACKAGE,) if config.install_docker else ()))
    commands = [_ADD_OPERATOR] if config.operator_sessions else []
    if config.auto_run_installer and spec.harness is not Harness.NONE:
        # OpenClaw's package has no third-party terms: enabling its installer is acceptance enough.
        accepted = config.auto_accept_third_party_software or spec.harness is Harness.OPENCLAW
        say = "yes" if accepted else "no"
        commands.append(f"ACCEPT_THIRD_PARTY_SOFTWARE={say} {FOLDER}/install-{spec.harness.value}.sh --run >{INSTALL_LOG} 2>&1")
    return FirstBoot(packages, tuple(commands))


def _build_verification(spec: ContainmentSpec) -> HostFile:
    """Return the six validation tests; with a credential gateway, the model call of test 1 goes through it."""
    script = read_script("verify-egress.sh", "the six validation tests, one output line per probe; run by hand")
    if spec.credential_gateway is None:
        return script
    assert script.content.count(_DIRECT_CALL) == 1, "verify-egress.sh has one model call"
    return replace(script, content=script.content.replace(_DIRECT_CALL, read_script("verify-gateway-call.sh", "").content))


def _build_installer(spec: ContainmentSpec) -> tuple[HostFile, ...]:
    if spec.harness is Harness.NONE:
        return ()
    pin, config = PINS[spec.harness], spec.config
    pins = {
        "PACKAGE": pin.package,
        "VERSION": config.installer_version or pin.version,
        "DIGEST": config.installer_digest or ("" if config.installer_version else pin.digest),
        "URL": pin.url,
    }
    return (
        HostFile(f"{FOLDER}/installer.env", format_lines(pins), "version and digest of what the staged installer may fetch"),
        read_script("installer-common.sh", "shared code of the staged installers", sourced=True),
        read_script(
            f"install-{spec.harness.value}.sh", f"staged installer of {spec.harness.value}: without arguments it only prints its plan"
        ),
    )
