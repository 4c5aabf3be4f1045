"""A bare `pulumi up` runs no pack, and still refuses the holes: with the pack's words, before the resource exists."""

from __future__ import annotations

import textwrap

import pytest

from tests.support.deploy import deploy, stack_config

GUARDED = """
import pulumi, pulumi_aws as aws
from components.guard import refuse_holes
from components.stack_config import policy_of, read_spec
spec = read_spec()
refuse_holes(spec, policy_of(spec))
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
}


@pytest.mark.parametrize("hole", HOLES)
def test_the_program_refuses_its_own_hole_before_it_is_made(hole: str) -> None:
    source, rule = HOLES[hole]
    done = deploy("coding-enforce", stack_config("coding-enforce"), textwrap.dedent(GUARDED) + source)
    assert done.error is not None, "the hole was registered"
    assert rule in done.error
    assert done.of_type("aws:ec2/instance:Instance") == []


def test_the_repaired_twin_is_registered() -> None:
    done = deploy("coding-enforce", stack_config("coding-enforce"), textwrap.dedent(GUARDED) + 'aws.ec2.Instance("good", **GOOD)')
    assert done.error is None
    assert len(done.of_type("aws:ec2/instance:Instance")) == 1


ORDERED = """
from dataclasses import replace
from components.guard import refuse_holes
from components.stack_config import policy_of, read_spec
spec = read_spec()
rules = policy_of(spec)
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
from containment.model.names import Action
core = rules.by_name['vca-openclaw-allow-core']
moved = (replace(core, name='x', priority=5, web_groups=(), action=Action.INSPECT_PERMIT), *rules.rules)""",
        ),
        ("watched in enforce", "moved = (replace(rules.rules[0], watch=True), *rules.rules[1:])"),
        ("removed", "moved = rules.rules[1:]"),
        (
            "without a log",
            "from containment.model.ruleset import Logging; moved = (replace(rules.rules[0], logging=Logging.NONE), *rules.rules[1:])",
        ),
        (
            "disabled",
            """
from containment.model.ruleset import PortRange
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
