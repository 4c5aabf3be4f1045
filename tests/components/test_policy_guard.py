"""A bare `pulumi up` runs no pack, and still refuses the holes: with the pack's words, before the resource exists."""

from __future__ import annotations

import textwrap
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import yaml

from tests.support.deploy import deploy, stack_config

GUARDED = """
import pulumi, pulumi_aviatrix as aviatrix, pulumi_aws as aws
from components.policy_guard import refuse_holes
from components.stack_config import build_policy, read_spec
spec = read_spec()
refuse_holes(spec, build_policy(spec))
GATEWAY = dict(cloud_type=1, account_name="lab", gw_name="spoke", gw_size="t3.medium", vpc_id="vpc-0123456789abcdef0", vpc_reg="us-east-1",
               subnet="10.42.0.0/24", single_ip_snat=True, enable_encrypt_volume=True)
TAGS = {"Role": "openclaw-agent-harness", "AgentStack": spec.stack, "PolicyMode": spec.mode.value}
GOOD = dict(ami="ami-0123456789abcdef0", instance_type="t3.large", subnet_id="subnet-0123456789abcdef0", tags=TAGS,
            associate_public_ip_address=False, metadata_options={"http_tokens": "required", "http_put_response_hop_limit": 1})
"""

HOLES = {
    "association flag": ('aws.ec2.Instance("bad", **{**GOOD, "associate_public_ip_address": True})', "agent-host-has-no-public-ip"),
    "address by typed arguments": (
        'aws.ec2.Instance("bad", **{**GOOD, "ipv6_address_count": 1})',
        "agent-host-has-no-public-ip",
    ),
    "IMDSv2 silent": (
        'aws.ec2.Instance("bad", **{k: v for k, v in GOOD.items() if k != "metadata_options"})',
        "agent-host-requires-imdsv2",
    ),
    "IMDSv2 optional": (
        'aws.ec2.Instance("bad", **{**GOOD, "metadata_options": aws.ec2.InstanceMetadataOptionsArgs(http_tokens="optional")})',
        "agent-host-requires-imdsv2",
    ),
    "IMDSv2 unknown": (
        'aws.ec2.Instance("bad", **{**GOOD, "metadata_options": {"http_tokens": pulumi.Output.from_input("required").apply(lambda t: t)}})',
        "agent-host-requires-imdsv2",
    ),
    "unencrypted gateway volume": (
        'aviatrix.SpokeGateway("bad", **{**GATEWAY, "enable_encrypt_volume": False})',
        "gateway-volume-is-encrypted",
    ),
    "gateway without SNAT": ('aviatrix.SpokeGateway("bad", **{**GATEWAY, "single_ip_snat": False})', "gateway-translates-addresses"),
    "gateway with IPv6": ('aviatrix.SpokeGateway("bad", **{**GATEWAY, "enable_ipv6": True})', "gateway-has-no-ipv6"),
    "default action that permits": (
        'aviatrix.DistributedFirewallingDefaultActionRule("bad", action="PERMIT", logging=True)',
        "controller-default-action-denies",
    ),
    "firewall switched off": ('aviatrix.ConfigFeature("bad", feature_name="microseg", is_enabled=False)', "firewall-stays-on"),
    "a profile that takes any name": (
        'aviatrix.DcfTlsProfile("bad", display_name="bad", certificate_validation="CERTIFICATE_VALIDATION_NONE", verify_sni=False)',
        "tls-profile-checks-the-name",
    ),
    "a function": (
        'aws.lambda_.Function("bad", role="arn:aws:iam::123456789012:role/any", runtime="python3.13", handler="run.it")',
        "compute-and-routing-are-known",
    ),
    "a resource of another package": (
        'pulumi.CustomResource("pulumi-python:dynamic:Resource", "bad", {})',
        "compute-and-routing-are-known",
    ),
    "an alarm that stops hosts": (
        """aws.cloudwatch.MetricAlarm("bad", comparison_operator="GreaterThanThreshold", evaluation_periods=1,
            alarm_actions=["arn:aws:automate:us-east-1:ec2:stop"])""",
        "compute-and-routing-are-known",
    ),
    "logs in clear": (
        'aviatrix.RemoteSyslog("bad", index=1, name="bad", server="10.0.0.9", port=514, protocol="UDP")',
        "syslog-is-encrypted",
    ),
}


@pytest.mark.parametrize("hole", HOLES)
def test_the_program_refuses_its_own_hole_before_it_is_made(hole: str) -> None:
    source, rule = HOLES[hole]
    done = deploy("coding-enforce", stack_config("coding-enforce"), textwrap.dedent(GUARDED) + source)
    assert done.error is not None, "the hole was registered"
    assert f"{rule}: bad: " in done.error
    assert [urn for urn in done.resources if urn.endswith("::bad")] == []


def test_a_controller_whose_certificate_is_not_verified_is_refused_at_once() -> None:
    config = {**stack_config("coding-enforce"), "aviatrix:verifySslCertificate": "false"}
    done = deploy("coding-enforce", config, textwrap.dedent(GUARDED))
    assert done.error is not None
    assert "controller-certificate-is-verified: controller: does not verify" in done.error


def test_the_repaired_twin_is_registered() -> None:
    done = deploy("coding-enforce", stack_config("coding-enforce"), textwrap.dedent(GUARDED) + 'aws.ec2.Instance("good", **GOOD)')
    assert done.error is None
    assert len(done.of_type("aws:ec2/instance:Instance")) == 1


ORDERED = """
from dataclasses import replace
from components.policy_guard import refuse_holes
from components.stack_config import build_policy, read_spec
spec = read_spec()
rules = build_policy(spec)
"""


@pytest.mark.parametrize(
    ("what", "change"),
    [
        (
            "behind a broad permit",
            "broad = replace(rules.by_name['vca-openclaw-allow-core'], name='x', priority=5, web_groups=()); moved = (broad, *rules.rules)",
        ),
        (
            "behind an inspecting permit",
            """
from containment.names import Action
core = rules.by_name['vca-openclaw-allow-core']
moved = (replace(core, name='x', priority=5, web_groups=(), action=Action.INSPECT_PERMIT), *rules.rules)""",
        ),
        ("watched in enforce", "moved = (replace(rules.rules[0], watch=True), *rules.rules[1:])"),
        ("removed", "moved = rules.rules[1:]"),
        (
            "without a log",
            "from containment.policy.rules import Logging; moved = (replace(rules.rules[0], logging=Logging.NONE), *rules.rules[1:])",
        ),
        (
            "disabled",
            """
from containment.addresses.port_range import PortRange
moved = (replace(rules.rules[0], ports=(PortRange(8443, 8443),)), *rules.rules[1:])""",
        ),
    ],
)
def test_a_bad_order_stops_the_program_before_anything_is_registered(what: str, change: str) -> None:
    source = (
        textwrap.dedent(ORDERED) + change + "\nrefuse_holes(spec, replace(rules, rules=tuple(sorted(moved, key=lambda r: r.priority))))"
    )
    done = deploy("coding-enforce", stack_config("coding-enforce"), source)
    assert done.error is not None, f"the shadow-model deny {what} was accepted"
    assert "shadow-model-deny-comes-first" in done.error
    assert done.resources == {} or all("pulumi:pulumi:Stack" in urn for urn in done.resources)


PLACE_HOLES = {
    "permit without TLS": (
        "web-permits-demand-tls",
        "moved = [replace(r, tls_required=False) if r.name == CORE else r for r in rules.rules]",
    ),
    "no default deny": ("default-deny-is-last", "moved = [r for r in rules.rules if not r.name.endswith('-default-deny')]"),
    "no DNS deny": ("external-dns-is-denied", "moved = [r for r in rules.rules if not r.name.endswith('deny-dns-exfil-udp')]"),
    "no east-west deny": ("east-west-is-denied", "moved = [r for r in rules.rules if not r.name.endswith('deny-eastwest')]"),
    "an unlogged deny": (
        "denies-are-applied",
        """
from containment.policy.rules import Logging
moved = [replace(r, logging=Logging.NONE) if r.name.endswith('deny-eastwest') else r for r in rules.rules]""",
    ),
    "names to anywhere": (
        "permits-are-narrow",
        "moved = [replace(r, destinations=('def000ad-0000-0000-0000-000000000000',)) if r.name == CORE else r for r in rules.rules]",
    ),
    "a permit for everybody": (
        "permits-are-for-agents",
        "moved = [replace(r, sources=('def000ad-0000-0000-0000-000000000000',)) if r.name == CORE else r for r in rules.rules]",
    ),
}


@pytest.mark.parametrize("hole", PLACE_HOLES)
def test_a_hole_in_the_rules_stops_the_program_before_anything_is_registered(hole: str) -> None:
    rule, change = PLACE_HOLES[hole]
    source = textwrap.dedent(ORDERED) + "CORE = 'vca-openclaw-allow-core'\n" + change
    source += "\nrefuse_holes(spec, replace(rules, rules=tuple(sorted(moved, key=lambda r: r.priority))))"
    done = deploy("coding-enforce", stack_config("coding-enforce"), source)
    assert done.error is not None, f"{hole} was accepted"
    assert f"{rule}: " in done.error
    assert all("pulumi:pulumi:Stack" in urn for urn in done.resources)


@pytest.mark.parametrize(
    ("rule", "change"),
    [
        ("permitted-names-are-not-denied", "web[CORE] = replace(web[CORE], patterns=(*web[CORE].patterns, DomainPattern('*.openai.com')))"),
        ("agents-are-a-source-by-address", "smart[AGENTS] = replace(smart[AGENTS], selectors=smart[AGENTS].selectors[:1])"),
    ],
)
def test_a_hole_in_a_group_is_named_by_the_resource_that_will_contain_it(rule: str, change: str) -> None:
    source = (
        textwrap.dedent(ORDERED)
        + "from containment.patterns.domain import DomainPattern\nCORE, AGENTS = 'wg-openclaw-core', 'sg-agent-workload'\n"
        + "web, smart = dict(rules.web_groups), dict(rules.smart_groups)\n"
        + change
        + "\nrefuse_holes(spec, replace(rules, web_groups=web, smart_groups=smart))"
    )
    done = deploy("coding-enforce", stack_config("coding-enforce"), source)
    assert done.error is not None
    held = "wg-openclaw-core" if "web" in change else "sg-agent-workload"
    assert f"{rule}: policy-{held}: " in done.error


SOON = str(datetime.now(UTC).date() + timedelta(days=300))
WAIVED = """
from pathlib import Path
from unittest.mock import patch
from policypack.waivers import load_waivers
with patch("components.policy_guard.load_waivers", lambda today, rules: load_waivers(today, rules, Path(r"{file}"))):
"""


@pytest.mark.parametrize(
    ("resource", "until", "is_refused"),
    [
        ("bad", SOON, ""),
        ("urn:pulumi:coding-enforce::agent-containment::a:b:C$aviatrix:index/spokeGateway:SpokeGateway::bad", SOON, ""),
        ("urn:pulumi:coding-monitor::agent-containment::aviatrix:index/spokeGateway:SpokeGateway::bad", SOON, "gateway-volume"),
        ("other", SOON, "gateway-volume-is-encrypted"),
        ("bad", "2020-01-01", "waivers-hold: the stack: waivers.yaml, entry 1: the waiver of gateway-volume-is-encrypted"),
        ("bad", "never", "waivers-hold: the stack: waivers.yaml, entry 1: has until 'never', which is not a day"),
    ],
)
def test_the_packs_waivers_apply_to_the_program_too(resource: str, until: str, is_refused: str, tmp_path: Path) -> None:
    file = tmp_path / "waivers.yaml"
    entry = {"rule": "gateway-volume-is-encrypted", "resource": resource, "reason": "remade soon", "owner": "platform", "until": until}
    file.write_text(yaml.safe_dump([entry]))
    hole = 'aviatrix.SpokeGateway("bad", **{**GATEWAY, "enable_encrypt_volume": False})'
    source = WAIVED.format(file=file) + textwrap.indent(textwrap.dedent(GUARDED) + hole, "    ")
    done = deploy("coding-enforce", stack_config("coding-enforce"), source)
    assert (is_refused in (done.error or "nothing")) if is_refused else done.error is None, done.error
    assert bool([urn for urn in done.resources if urn.endswith("::bad")]) is not bool(is_refused)


def test_the_guard_names_resources_as_the_program_does() -> None:
    made = deploy("coding-enforce", stack_config("coding-enforce"))
    names = {urn.rsplit("::", 1)[-1] for urn in made.resources}
    policy = "policy"
    assert {f"{policy}-rules", f"{policy}-sg-agent-workload", f"{policy}-wg-openclaw-core", "controller"} <= names
