"""What lands on a host: for every class, harness and mode it fits, is the same in both modes, and holds no secret."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import date
from ipaddress import ip_address, ip_network
from typing import Any

import pytest
import yaml

from containment.catalog.preset import Harness, Library
from containment.config.spec import ContainmentSpec, resolve
from containment.host.cloud_config import WrittenFile, parse_written_files
from containment.host.contents import build_host_files
from containment.host.first_boot import LIMIT, build_user_data
from containment.names import DENY_GROUPS, WebGroupId
from containment.ternary import Ternary
from tests.support.deploy import deploy, stack_config

from .conftest import SpecOf

STRANGER = ip_address("8.8.8.8")
SECRET = re.compile(rb"AKIA[0-9A-Z]{16}|BEGIN [A-Z ]*PRIVATE KEY|(?i:password|secret|token|api_?key)\s*[=:]\s*\S")


@pytest.fixture
def every(library: Library, spec_of: SpecOf) -> Iterator[ContainmentSpec]:
    return (
        spec_of(f"{name}-{mode}", agentClass=name, policyMode=mode, installMode=harness.value)
        for name in library.presets
        for mode in ("monitor", "enforce")
        for harness in Harness
    )


def files_of(spec: ContainmentSpec) -> dict[str, WrittenFile]:
    return {each.path: each for each in parse_written_files(build_user_data(spec))}


def facts_of(spec: ContainmentSpec) -> dict[str, str]:
    text = files_of(spec)["/opt/openclaw-vca/containment.env"].content.decode()
    return dict(line.split("=", 1) for line in text.splitlines())


def document(spec: ContainmentSpec) -> dict[str, Any]:
    return yaml.safe_load(build_user_data(spec))


def test_every_class_mode_and_harness_fits_and_is_written_as_meant(every: Iterator[ContainmentSpec]) -> None:
    count = 0
    for spec in every:
        assert len(build_user_data(spec).encode()) <= LIMIT
        meant = {each.path: (each.content.encode(), each.permissions) for each in build_host_files(spec)}
        assert {path: (each.content, each.mode) for path, each in files_of(spec).items()} == meant
        assert all(path.startswith(("/opt/openclaw-vca/", "/etc/")) for path in meant)
        count += 1
    assert count >= 16


def test_the_longest_names_still_fit(spec_of: SpecOf) -> None:
    long = [f"{'a' * 60}.{'b' * 60}.{'c' * 60}.{'d' * 55}{number:02}.example" for number in range(12)]
    spec = spec_of("s" * 30, installMode="openclaw", approvedModelGatewayDomains=long, openclawCoreDomains=long, agentClass="coding")
    assert len(build_user_data(spec)) <= LIMIT
    assert facts_of(spec)["CORE_HOSTS"].split() == long[:2]


def test_user_data_is_the_same_in_both_modes_and_contains_no_mode(library: Library, spec_of: SpecOf) -> None:
    """Changed user data replaces the host, and monitor-to-enforce must not."""
    for name in library.presets:
        one, two = (build_user_data(spec_of("same", agentClass=name, policyMode=mode)) for mode in ("monitor", "enforce"))
        assert one == two
        assert not any(b"POLICY_MODE=" in each.content for each in parse_written_files(one) if each.path.endswith(".env"))


def test_nothing_in_it_is_a_secret(every: Iterator[ContainmentSpec]) -> None:
    for spec in every:
        for each in files_of(spec).values():
            assert not SECRET.search(each.content), each.path
        assert not SECRET.search(build_user_data(spec).encode())


def test_nothing_runs_and_nothing_is_installed_unless_configured(every: Iterator[ContainmentSpec]) -> None:
    for spec in every:
        asked = document(spec)
        assert not {"runcmd", "packages"} & set(asked)
        assert asked["package_update"] is asked["package_upgrade"] is False


@pytest.mark.parametrize(
    ("config", "command", "accepted"),
    [
        ({"installMode": "openclaw", "autoRunInstaller": True}, "install-openclaw.sh --run", "yes"),
        ({"installMode": "nemoclaw", "autoRunInstaller": True, "autoAcceptThirdPartySoftware": True}, "install-nemoclaw.sh --run", "yes"),
        ({"installMode": "hermes", "autoRunInstaller": True, "autoAcceptThirdPartySoftware": True}, "install-hermes.sh --run", "yes"),
    ],
)
def test_first_boot_runs_the_installer_only_when_configured(spec_of: SpecOf, config: dict[str, Any], command: str, accepted: str) -> None:
    (line,) = document(spec_of(**config))["runcmd"]
    assert command in line
    assert line.startswith(f"ACCEPT_THIRD_PARTY_SOFTWARE={accepted} ")


def test_no_harness_means_no_installer(spec_of: SpecOf) -> None:
    spec = spec_of(installMode="none", autoRunInstaller=True)
    assert "runcmd" not in document(spec)
    assert not [path for path in files_of(spec) if "install" in path]


def test_packages_are_fetched_only_when_configured_and_over_https(spec_of: SpecOf) -> None:
    asked = document(spec_of(installDocker=True, installBootstrapPackages=True))
    assert asked["package_update"] is True
    assert {"docker.io", "curl"} <= set(asked["packages"])
    assert asked["apt"] == {"preserve_sources_list": True}
    assert "http://" in asked["bootcmd"][0], "the one command at boot rewrites package sources"
    assert "https://" in asked["bootcmd"][0]


def test_a_pinned_release_without_its_digest_is_not_checked_by_another_ones(spec_of: SpecOf) -> None:
    def pins(**config: Any) -> dict[str, str]:
        text = files_of(spec_of(**config))["/opt/openclaw-vca/installer.env"].content.decode()
        return dict(line.split("=", 1) for line in text.splitlines())

    assert pins(installMode="openclaw")["DIGEST"].startswith("sha512-")
    assert pins(installMode="openclaw", installerVersion="2027.1.1")["DIGEST"] == ""
    digest = "sha256-" + "0" * 64
    assert pins(installMode="nemoclaw", installerVersion="v9", installerDigest=digest) == {
        "PACKAGE": "", "VERSION": "v9", "DIGEST": digest, "URL": "https://www.nvidia.com/nemoclaw.sh",
    }  # fmt: skip


def test_what_is_probed_is_what_the_stack_permits_and_denies(every: Iterator[ContainmentSpec]) -> None:
    for spec in every:
        facts = facts_of(spec)
        permitted = [p for group, found in spec.destinations.items() if group not in DENY_GROUPS for p in found.patterns]
        assert any(p.matches(facts["MODEL_HOST"]) is Ternary.YES for p in spec.destinations[WebGroupId.MODEL_GATEWAYS].patterns)
        for host in facts["CORE_HOSTS"].split():
            assert any(p.matches(host) is Ternary.YES for p in spec.destinations[WebGroupId.CORE].patterns)
        assert any(p.matches(facts["SHADOW_HOST"]) is Ternary.YES for p in spec.destinations[WebGroupId.UNAPPROVED_MODELS].patterns)
        for name in ("ATTACKER_HOST", "SHADOW_HOST"):
            assert facts[name]
            assert all(p.matches(facts[name]) is Ternary.NO for p in permitted)
        assert facts["VPC_DNS_RESOLVER"] == str(spec.dns_resolver)


def test_an_attacker_that_the_stack_permits_is_not_chosen(spec_of: SpecOf) -> None:
    assert facts_of(spec_of(approvedSaasApiDomains=["*.example.com", "example.net"]))["ATTACKER_HOST"] == "example.org"
    everything = ["example.com", "example.net", "example.org"]
    assert facts_of(spec_of(approvedSaasApiDomains=everything))["ATTACKER_HOST"] == ""


def test_a_shadow_provider_that_the_stack_sanctions_is_not_chosen(spec_of: SpecOf, library: Library) -> None:
    first = facts_of(spec_of())["SHADOW_HOST"]
    sanction = {"host": first, "owner": "platform", "reason": "The company's contract.", "until": "2027-03-31"}
    config = {"awsAccessAccount": "aws-lab", "approvedModelGatewayDomains": [first], "sanctionedModelProviders": [sanction]}
    spec = resolve(config, library, "made-up", today=date(2026, 11, 28))
    assert facts_of(spec)["SHADOW_HOST"] not in ("", first)
    wild = spec_of(approvedModelGatewayDomains=["*.model.example"])
    assert facts_of(wild)["MODEL_HOST"] == "", "a wildcard names nobody who could be asked"


def test_settings_keep_each_harness_quiet_where_it_reads_them(spec_of: SpecOf) -> None:
    openclaw = files_of(spec_of(installMode="openclaw"))
    settings = json.loads(openclaw["/etc/skel/.openclaw/openclaw.json"].content)
    assert settings["update"]["checkOnStart"] is False
    assert settings["models"]["catalogRefresh"]["enabled"] is False
    assert settings["telemetry"]["enabled"] is False
    assert b"OPENCLAW_NO_AUTO_UPDATE=1" in openclaw["/etc/environment.d/50-openclaw-vca.conf"].content
    assert b"export OPENCLAW_NO_AUTO_UPDATE=1" in openclaw["/etc/profile.d/openclaw-vca.sh"].content
    hermes = yaml.safe_load(files_of(spec_of(installMode="hermes"))["/etc/hermes/config.yaml"].content)
    assert hermes["approvals"]["cron_mode"] == "deny"
    assert hermes["security"]["tirith_fail_open"] is False
    assert hermes["security"]["allow_private_urls"] is False


def test_the_system_fetches_no_updates_where_no_mirror_is_permitted(spec_of: SpecOf) -> None:
    quiet = "/etc/apt/apt.conf.d/90-openclaw-vca"
    assert quiet in files_of(spec_of())
    assert quiet not in files_of(spec_of(osUpdateDomains=["mirror.example.com"]))
    assert quiet not in files_of(spec_of(installBootstrapPackages=True))


@pytest.mark.parametrize("text", ["", "#!/bin/sh\n", "#cloud-config\na: [\n", "\n#cloud-config\n"])
def test_user_data_that_is_no_cloud_config_is_not_guessed_at(text: str) -> None:
    with pytest.raises(ValueError, match="user data"):
        parse_written_files(text)


def test_the_host_has_the_ports_that_its_security_group_permits(spec_of: SpecOf) -> None:
    """In monitor the probes tell a port that is shut at the host from one that the gateway watches."""
    done = deploy("coding-monitor", stack_config("coding-monitor"))
    (group,) = [each for each in done.of_type("aws:ec2/securityGroup:SecurityGroup") if each["name"].endswith("-host")]
    outward = [rule for rule in group["egress"] if any(STRANGER in ip_network(each) for each in rule.get("cidrBlocks", ()))]
    ports = {str(port) for rule in outward for port in range(int(rule["fromPort"]), int(rule["toPort"]) + 1) if rule["protocol"] != "-1"}
    told = set(facts_of(spec_of())["HOST_PORTS"].split())
    assert told == ({"all"} if any(rule["protocol"] == "-1" for rule in outward) else ports)
