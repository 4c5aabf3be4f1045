"""Which files land on the host of a stack, and what happens at its first boot.

Pure: the same spec gives the same bytes on every machine, whatever its policy mode. Nothing runs at first boot unless the stack asks
for it; nothing here is secret.
"""

from __future__ import annotations

from dataclasses import dataclass

from containment.host.facts import facts, lines
from containment.host.harness import PINS, SETTINGS
from containment.host.host_file import FOLDER, HostFile, script
from containment.model.names import WebGroupId
from containment.model.preset import Harness
from containment.model.spec import ContainmentSpec

INSTALL_LOG = "/var/log/openclaw-vca-install.log"
BOOTSTRAP_PACKAGES = ("ca-certificates", "curl", "git", "jq", "python3-venv", "unzip")
DOCKER_PACKAGE = "docker.io"
HTTPS_SOURCES = "sed -i 's|http://|https://|' /etc/apt/sources.list /etc/apt/sources.list.d/*.sources 2>/dev/null || :"
"""Package sources over HTTPS: rule 31 is TLS only, and a mirror over HTTP can be anybody's on the way."""

_QUIET_UBUNTU = (
    HostFile(
        "/etc/apt/apt.conf.d/90-openclaw-vca",
        'APT::Periodic::Enable "0";\n',
        "no update runs by itself where the policy permits no mirror; the image is replaced instead",
    ),
    HostFile("/etc/default/motd-news", "ENABLED=0\n", "no news fetched at every login"),
)


@dataclass(frozen=True)
class FirstBoot:
    """What first boot does beside writing files; empty, the normal case, is nothing."""

    packages: tuple[str, ...] = ()
    commands: tuple[str, ...] = ()


def host_files(spec: ContainmentSpec) -> tuple[HostFile, ...]:
    """Return every file of the stack's host, in the order in which they are written."""
    quiet = () if WebGroupId.OS_UPDATES in spec.destinations or first_boot(spec).packages else _QUIET_UBUNTU
    return (
        HostFile(f"{FOLDER}/containment.env", lines(facts(spec)), "who this host is, and whom verify-egress.sh asks"),
        script("verify-egress.sh", "the six validation tests, one line a probe; runs when it is called"),
        *_installer(spec),
        *SETTINGS[spec.harness],
        *quiet,
    )


def first_boot(spec: ContainmentSpec) -> FirstBoot:
    """Return what runs at first boot, as the stack's configuration asks."""
    config = spec.config
    packages = (*(BOOTSTRAP_PACKAGES if config.install_bootstrap_packages else ()), *((DOCKER_PACKAGE,) if config.install_docker else ()))
    commands = []
    if config.auto_run_installer and spec.harness is not Harness.NONE:
        # OpenClaw's package has no terms of others to accept: to ask for its installer is to accept it.
        accepted = config.auto_accept_third_party_software or spec.harness is Harness.OPENCLAW
        say = "yes" if accepted else "no"
        commands.append(f"ACCEPT_THIRD_PARTY_SOFTWARE={say} {FOLDER}/install-{spec.harness.value}.sh --run >{INSTALL_LOG} 2>&1")
    return FirstBoot(packages, tuple(commands))


def _installer(spec: ContainmentSpec) -> tuple[HostFile, ...]:
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
        HostFile(f"{FOLDER}/installer.env", lines(pins), "what the staged installer may fetch: version and digest"),
        script("installer-common.sh", "what the staged installers share", sourced=True),
        script(
            f"install-{spec.harness.value}.sh", f"staged installer of {spec.harness.value}: without arguments it only says what it would do"
        ),
    )
