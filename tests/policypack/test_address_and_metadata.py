"""No agent host has a public address or an open metadata service, whichever resource would give it one."""

# mypy: disable-error-code="func-returns-value"

from __future__ import annotations

from collections.abc import Callable

import pytest

from policypack.graph.known_types import (
    DEFAULT_SUBNET,
    ECS_SERVICE,
    EIP,
    EIP_ASSOCIATION,
    FLEET,
    INSTANCE,
    INTERFACE,
    INTERFACE_ATTACHMENT,
    LAUNCH_CONFIGURATION,
    LAUNCH_TEMPLATE,
    LIGHTSAIL,
    METADATA_DEFAULTS,
    NODE_GROUP,
    SCALING_GROUP,
    SPOT_FLEET,
    SPOT_INSTANCE,
    VPC,
)
from policypack.graph.plain_data import UNKNOWN
from tests.policypack.stacks import Ref, Stack, compliant

PUBLIC = "agent-host-has-no-public-ip"
IMDS = "agent-host-requires-imdsv2"
NAT = "agent-subnet-has-no-nat-route"
TOKENS = {"httpTokens": "required", "httpPutResponseHopLimit": 1}

Change = Callable[[Stack], object]


def host(stack: Stack, **props: object) -> None:
    stack.props["agent"].update(props)


def silent(stack: Stack, *keys: str) -> None:
    for key in keys:
        del stack.props["agent"][key]


def with_template(stack: Stack, template: dict[str, object], *, by_name: bool = False, keep: tuple[str, ...] = ()) -> None:
    stack.add(LAUNCH_TEMPLATE, "template", {"name": "agents-template", **template})
    silent(stack, *{"associatePublicIpAddress", "metadataOptions"} - set(keep))
    host(stack, launchTemplate={"name": "agents-template"} if by_name else {"id": Ref("template")})


def scaling_group(stack: Stack, template: dict[str, object], kind: str = "launchTemplate") -> None:
    stack.add(LAUNCH_TEMPLATE, "template", {"name": "agents-template", **template})
    specification: dict[str, object] = {"id": Ref("template")}
    if kind == "mixedInstancesPolicy":
        specification = {"launchTemplate": {"launchTemplateSpecification": {"launchTemplateId": Ref("template")}}}
    stack.add(SCALING_GROUP, "group", {kind: specification, "vpcZoneIdentifiers": [Ref("agents")], "minSize": 1, "maxSize": 1})


def own_interface(stack: Stack, **props: object) -> None:
    stack.add(INTERFACE, "card", {"subnetId": Ref("agents"), **props})


def map_public(stack: Stack) -> None:
    stack.props["agents"]["mapPublicIpOnLaunch"] = True
    silent(stack, "associatePublicIpAddress")


def through_interface(stack: Stack, **props: object) -> None:
    own_interface(stack, **props)
    silent(stack, "associatePublicIpAddress", "subnetId")
    host(stack, networkInterfaces=[{"deviceIndex": 0, "networkInterfaceId": Ref("card")}])


def attached_later(stack: Stack, **props: object) -> None:
    own_interface(stack, **props)
    stack.add(INTERFACE_ATTACHMENT, "plug", {"instanceId": Ref("agent"), "networkInterfaceId": Ref("card"), "deviceIndex": 1})


PUBLIC_CASES: dict[str, tuple[Change, str]] = {
    "association flag": (lambda s: host(s, associatePublicIpAddress=True), "agent"),
    "association flag as text": (lambda s: host(s, associatePublicIpAddress="true"), "agent"),
    "association flag unknown": (lambda s: host(s, associatePublicIpAddress=UNKNOWN), "agent"),
    "ipv6 count": (lambda s: host(s, ipv6AddressCount=1), "agent"),
    "ipv6 addresses": (lambda s: host(s, ipv6Addresses=["2600:1f18::5"]), "agent"),
    "elastic ip on the instance": (lambda s: s.add(EIP, "address", {"instance": Ref("agent"), "domain": "vpc"}), "address"),
    "elastic ip associated": (
        lambda s: (s.add(EIP, "address"), s.add(EIP_ASSOCIATION, "link", {"instanceId": Ref("agent"), "allocationId": Ref("address")})),
        "link",
    ),
    "elastic ip on the primary interface": (
        lambda s: s.add(EIP, "address", {"networkInterface": Ref("agent", "primaryNetworkInterfaceId")}),
        "address",
    ),
    "elastic ip on an attached interface": (
        lambda s: (attached_later(s), s.add(EIP_ASSOCIATION, "link", {"networkInterfaceId": Ref("card")})),
        "link",
    ),
    "elastic ip on an interface that attaches itself": (
        lambda s: (
            own_interface(s, attachments=[{"instance": Ref("agent"), "deviceIndex": 1}]),
            s.add(EIP, "a", {"networkInterface": Ref("card")}),
        ),
        "a",
    ),
    "elastic ip on a target that cannot be traced": (lambda s: s.add(EIP_ASSOCIATION, "link", {"instanceId": UNKNOWN}), "link"),
    "ipv6 on an interface": (lambda s: through_interface(s, ipv6AddressCount=1), "card"),
    "ipv6 on an attached interface": (lambda s: attached_later(s, ipv6Addresses=["2600:1f18::5"]), "card"),
    "subnet hands out addresses": (map_public, "agents"),
    "subnet hands out addresses to an interface's host": (
        lambda s: (through_interface(s), s.props["agents"].update(mapPublicIpOnLaunch=True)),
        "agents",
    ),
    "subnet may hand out addresses": (
        lambda s: (silent(s, "associatePublicIpAddress"), s.props["agents"].update(mapPublicIpOnLaunch=UNKNOWN)),
        "agents",
    ),
    "subnet hands out ipv6": (lambda s: s.props["agents"].update(assignIpv6AddressOnCreation=True), "agents"),
    "no subnet": (lambda s: silent(s, "subnetId", "associatePublicIpAddress"), "agent"),
    "template interface": (
        lambda s: with_template(s, {"metadataOptions": TOKENS, "networkInterfaces": [{"associatePublicIpAddress": "true"}]}),
        "template",
    ),
    "template by name": (
        lambda s: with_template(s, {"metadataOptions": TOKENS, "networkInterfaces": [{"associatePublicIpAddress": "true"}]}, by_name=True),
        "template",
    ),
    "template ipv6": (lambda s: with_template(s, {"metadataOptions": TOKENS, "networkInterfaces": [{"ipv6AddressCount": 1}]}), "template"),
    "template without users": (
        lambda s: s.add(LAUNCH_TEMPLATE, "t", {"metadataOptions": TOKENS, "networkInterfaces": [{"associatePublicIpAddress": "true"}]}),
        "t",
    ),
    "scaling group in a subnet that hands out": (
        lambda s: (scaling_group(s, {"metadataOptions": TOKENS}), s.props["agents"].update(mapPublicIpOnLaunch=True)),
        "agents",
    ),
    "mixed instances": (
        lambda s: scaling_group(
            s, {"metadataOptions": TOKENS, "networkInterfaces": [{"associatePublicIpAddress": "true"}]}, "mixedInstancesPolicy"
        ),
        "template",
    ),
    "launch configuration": (
        lambda s: (
            s.add(LAUNCH_CONFIGURATION, "lc", {"name": "lc", "associatePublicIpAddress": True, "metadataOptions": TOKENS}),
            s.add(SCALING_GROUP, "group", {"launchConfiguration": Ref("lc", "name"), "vpcZoneIdentifiers": [Ref("agents")]}),
        ),
        "lc",
    ),
    "scaling group by zone only": (
        lambda s: (
            scaling_group(s, {"metadataOptions": TOKENS}),
            s.props["group"].pop("vpcZoneIdentifiers"),
            s.props["group"].update(availabilityZones=["us-east-1a"]),
        ),
        "group",
    ),
    "spot instance": (lambda s: s.add(SPOT_INSTANCE, "spot", {**s.props["agent"], "associatePublicIpAddress": True}), "spot"),
    "spot fleet": (
        lambda s: s.add(
            SPOT_FLEET,
            "fleet",
            {
                "launchTemplateConfigs": [{"launchTemplateSpecification": {"id": Ref("t")}, "overrides": [{"subnetId": Ref("gateways")}]}],
                "x": s.add(LAUNCH_TEMPLATE, "t", {"metadataOptions": TOKENS}),
            },
        ),
        "gateways",
    ),
    "lightsail": (lambda s: s.add(LIGHTSAIL, "sail", {"blueprintId": "ubuntu_22_04"}), "sail"),
    "ecs service": (
        lambda s: s.add(ECS_SERVICE, "tasks", {"networkConfiguration": {"subnets": [Ref("agents")], "assignPublicIp": True}}),
        "tasks",
    ),
    "default subnet": (
        lambda s: (
            s.add(DEFAULT_SUBNET, "given", {"availabilityZone": "us-east-1a"}),
            silent(s, "associatePublicIpAddress"),
            host(s, subnetId=Ref("given")),
        ),
        "given",
    ),
}

IMDS_CASES: dict[str, tuple[Change, str]] = {
    "optional": (lambda s: host(s, metadataOptions={"httpTokens": "optional"}), "agent"),
    "silent": (lambda s: silent(s, "metadataOptions"), "agent"),
    "silent about tokens": (lambda s: host(s, metadataOptions={"httpEndpoint": "enabled"}), "agent"),
    "unknown tokens": (lambda s: host(s, metadataOptions={"httpTokens": UNKNOWN}), "agent"),
    "unknown options": (lambda s: host(s, metadataOptions=UNKNOWN), "agent"),
    "two hops": (lambda s: host(s, metadataOptions={"httpTokens": "required", "httpPutResponseHopLimit": 2}), "agent"),
    "unknown hops": (lambda s: host(s, metadataOptions={"httpTokens": "required", "httpPutResponseHopLimit": UNKNOWN}), "agent"),
    "template optional": (
        lambda s: with_template(s, {"metadataOptions": {"httpTokens": "optional"}}, keep=("associatePublicIpAddress",)),
        "template",
    ),
    "template two hops": (
        lambda s: with_template(s, {"metadataOptions": {**TOKENS, "httpPutResponseHopLimit": 3}}, keep=("associatePublicIpAddress",)),
        "template",
    ),
    "template silent, instance silent": (lambda s: with_template(s, {}, keep=("associatePublicIpAddress",)), "agent"),
    "scaling group, template silent": (lambda s: scaling_group(s, {}), "template"),
    "scaling group, template optional": (lambda s: scaling_group(s, {"metadataOptions": {"httpTokens": "optional"}}), "template"),
    "template without users silent": (lambda s: s.add(LAUNCH_TEMPLATE, "template", {}), "template"),
    "launch configuration silent": (
        lambda s: (
            s.add(LAUNCH_CONFIGURATION, "lc", {"name": "lc"}),
            s.add(SCALING_GROUP, "group", {"launchConfiguration": "lc", "vpcZoneIdentifiers": [Ref("agents")]}),
        ),
        "lc",
    ),
    "fleet": (
        lambda s: s.add(
            FLEET,
            "fleet",
            {
                "launchTemplateConfigs": [
                    {"launchTemplateSpecification": {"launchTemplateId": Ref("t")}, "overrides": [{"subnetId": Ref("agents")}]}
                ],
                "x": s.add(LAUNCH_TEMPLATE, "t", {}),
            },
        ),
        "t",
    ),
    "node group without a template": (lambda s: s.add(NODE_GROUP, "nodes", {"subnetIds": [Ref("agents")]}), "nodes"),
    "account defaults optional": (
        lambda s: (silent(s, "metadataOptions"), s.add(METADATA_DEFAULTS, "account", {"httpTokens": "optional"})),
        "account",
    ),
    "account defaults two hops": (
        lambda s: (
            host(s, metadataOptions={"httpTokens": "required"}),
            s.add(METADATA_DEFAULTS, "account", {"httpPutResponseHopLimit": 2}),
        ),
        "account",
    ),
    "account defaults optional beside a host that requires": (
        lambda s: s.add(METADATA_DEFAULTS, "account", {"httpTokens": "optional"}),
        "account",
    ),
    "account defaults unknown": (lambda s: s.add(METADATA_DEFAULTS, "account", {"httpTokens": UNKNOWN}), "account"),
    "account defaults, not waited for": (
        lambda s: (silent(s, "metadataOptions"), s.add(METADATA_DEFAULTS, "account", {"httpTokens": "required"})),
        "agent",
    ),
}

SOUND: dict[str, Change] = {
    "as it is": lambda s: None,
    "metadata off": lambda s: host(s, metadataOptions={"httpEndpoint": "disabled"}),
    "hop limit left to AWS": lambda s: host(s, metadataOptions={"httpTokens": "required"}),
    "template states it all": lambda s: with_template(
        s, {"metadataOptions": TOKENS, "networkInterfaces": [{"associatePublicIpAddress": "false", "deviceIndex": 0}]}
    ),
    "template silent, instance states it": lambda s: with_template(s, {}, keep=("associatePublicIpAddress", "metadataOptions")),
    "association left to a private subnet": lambda s: silent(s, "associatePublicIpAddress"),
    "association refused in a subnet that hands out": lambda s: s.props["agents"].update(mapPublicIpOnLaunch=True),
    "scaling group": lambda s: scaling_group(s, {"metadataOptions": TOKENS}),
    "own interface": through_interface,
    "account defaults, waited for": lambda s: (
        silent(s, "metadataOptions"),
        s.add(METADATA_DEFAULTS, "account", {"httpTokens": "required", "httpPutResponseHopLimit": 1}),
        s.depends["agent"].append("account"),
    ),
    "elastic ip for a nat gateway nobody routes to": lambda s: s.add(
        "aws:ec2/natGateway:NatGateway", "nat", {"allocationId": Ref("gateway-address"), "subnetId": Ref("gateways")}
    ),
    "ecs service without an address": lambda s: s.add(
        ECS_SERVICE, "tasks", {"networkConfiguration": {"subnets": [Ref("agents")], "assignPublicIp": False}}
    ),
    "another vpc": lambda s: s.add(VPC, "other", {"cidrBlock": "10.77.0.0/16"}),
}


@pytest.mark.parametrize("known", [False, True], ids=["preview", "known"])
@pytest.mark.parametrize("case", PUBLIC_CASES)
def test_a_public_address_is_refused_where_it_is_stated(case: str, known: bool) -> None:
    change, where = PUBLIC_CASES[case]
    stack = compliant()
    change(stack)
    refused = stack.refused(known)
    assert (PUBLIC, where) in refused
    if case != "spot fleet":  # its subnet leads to the internet as well
        assert {rule for rule, _ in refused} == {PUBLIC}
        assert refused == {(PUBLIC, where)}


@pytest.mark.parametrize("known", [False, True], ids=["preview", "known"])
@pytest.mark.parametrize("case", IMDS_CASES)
def test_an_open_metadata_service_is_refused_where_it_is_stated(case: str, known: bool) -> None:
    change, where = IMDS_CASES[case]
    stack = compliant()
    change(stack)
    assert stack.refused(known) == {(IMDS, where)}


@pytest.mark.parametrize("known", [False, True], ids=["preview", "known"])
@pytest.mark.parametrize("case", SOUND)
def test_sound_stacks_pass(case: str, known: bool) -> None:
    stack = compliant()
    SOUND[case](stack)
    assert stack.refused(known) == set()


def test_a_public_address_that_came_from_elsewhere_is_refused_once_known() -> None:
    stack = compliant()
    resources = stack.resources(known=True)
    agent = next(one for one in resources if one.name == "agent")
    assert isinstance(agent.outputs, dict)
    agent.outputs["publicIp"] = "203.0.113.9"
    from policypack.standalone_checks import check_stack

    assert {(one.id, one.where) for one in check_stack(resources)} == {(PUBLIC, agent.urn)}


def test_unknown_outputs_of_properties_left_out_are_no_unknowns() -> None:
    stack = compliant()
    agent = next(one for one in stack.resources(known=False) if one.type == INSTANCE)
    assert agent.outputs["ipv6AddressCount"] is UNKNOWN
    assert stack.refused(known=False) == set()
