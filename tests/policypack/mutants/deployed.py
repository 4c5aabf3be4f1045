"""Holes that are deployed though the program does not set them, that are read, or that an older template version keeps.

Each table is a product: properties by values, ways to start a host by versions, routes by targets.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final

from policypack.graph.known_types import (
    FLEET,
    LAUNCH_TEMPLATE,
    NODE_GROUP,
    ROUTE_TABLE,
    SCALING_GROUP,
    SECURITY_GROUP,
    SPOT_FLEET,
    SUBNET,
    TABLE_ASSOCIATION,
)
from policypack.graph.plain_data import UNKNOWN
from tests.policypack.mutants.mutant import GATEWAY, HOST, ROLE, VPC, Add, Change, Deployed, Mutant, Read, Set
from tests.policypack.mutants.mutant import SUBNET as AGENTS
from tests.policypack.mutants.mutant import TABLE as ROUTES
from tests.policypack.mutants.program import Ref

_IMDS, _IP, _LOGIN = "agent-host-requires-imdsv2", "agent-host-has-no-public-ip", "agent-host-has-no-login"
_INGRESS, _ROLE, _DISK = "agent-host-takes-no-ingress", "agent-role-is-minimal", "agent-volumes-are-encrypted"
_SECRET, _NAT, _JOIN = "user-data-holds-no-secret", "agent-subnet-has-no-nat-route", "agent-subnet-joins-no-other-network"
_READERS: Final = (_LOGIN, _IP, _IMDS, _INGRESS, _ROLE, _DISK, _SECRET)
"""Every rule that reads launch templates."""
_TOKENS: Final = {"httpTokens": "required", "httpPutResponseHopLimit": 1, "httpEndpoint": "enabled"}
_KEY: Final = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIEXAMPLEEXAMPLEEXAMPLEEXAMPLEEXAMPLEEXAMPLE nobody"
_TARGETS: Final = {
    "natGatewayId": "nat-0a",
    "gatewayId": "igw-0a",
    "egressOnlyGatewayId": "eigw-0a",
    "carrierGatewayId": "cagw-0a",
    "transitGatewayId": "tgw-0a",
    "vpcPeeringConnectionId": "pcx-0a",
    "vpcEndpointId": "vpce-0a",
    "localGatewayId": "lgw-0a",
    "coreNetworkArn": "arn:aws:networkmanager::123456789012:core-network/core-network-0a",
}
_DESTINATIONS: Final = ("0.0.0.0/0", "0.0.0.0/1", "52.95.0.0/16", "8.8.8.8/32")
_INGRESSES: Final[dict[str, dict[str, Any]]] = {
    "ssh": {"protocol": "tcp", "fromPort": 22, "toPort": 22, "cidrBlocks": ["0.0.0.0/0"]},
    "all": {"protocol": "-1", "fromPort": 0, "toPort": 0, "cidrBlocks": ["10.0.0.0/8"]},
    "udp": {"protocol": "udp", "fromPort": 4789, "toPort": 4789, "cidrBlocks": ["192.0.2.1/32"]},
    "icmp": {"protocol": "icmp", "fromPort": -1, "toPort": -1, "cidrBlocks": ["0.0.0.0/0"]},
    "ipv6": {"protocol": "tcp", "fromPort": 443, "toPort": 443, "ipv6CidrBlocks": ["::/0"]},
    "group": {"protocol": "tcp", "fromPort": 9229, "toPort": 9229, "securityGroups": ["sg-0a"]},
    "self": {"protocol": "-1", "fromPort": 0, "toPort": 0, "self": True},
    "list": {"protocol": "tcp", "fromPort": 22, "toPort": 22, "prefixListIds": ["pl-0a"]},
}
_ACTIONS: Final = ("*", "iam:PassRole", "sts:AssumeRole", "ec2:CreateRoute", "ssm:SendCommand", "s3:*")


def _policy(action: str) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": action, "Resource": "*"}]})


_ON_HOST: Final[tuple[tuple[str, str, Any, str], ...]] = (
    ("tokens-optional", "metadataOptions", {**_TOKENS, "httpTokens": "optional"}, _IMDS),
    ("two-hops", "metadataOptions", {**_TOKENS, "httpPutResponseHopLimit": 2}, _IMDS),
    ("tokens-in-a-list", "metadataOptions", [{**_TOKENS, "httpTokens": "optional"}], _IMDS),
    ("public-address", "associatePublicIpAddress", True, _IP),
    ("public-address-as-text", "associatePublicIpAddress", "true", _IP),
    ("ipv6-addresses", "ipv6Addresses", ["2001:db8::5"], _IP),
    ("ipv6-count", "ipv6AddressCount", 1, _IP),
    ("ipv6-primary", "enablePrimaryIpv6", True, _IP),
    ("key-pair", "keyName", "operators", _LOGIN),
    ("authorized-keys", "userData", f"#cloud-config\nssh_authorized_keys:\n  - {_KEY}\n", _LOGIN),
    ("secret", "userData", "export AWS_ACCESS_KEY_ID=AKIAIOSFODNN7EXAMPLE\n", _SECRET),
    ("secret-in-base64", "userDataBase64", "ZXhwb3J0IEdJVEhVQl9UT0tFTj1hYmNkZWYwMTIzNDU2Nzg5YWJjZGVm", _SECRET),
    ("root-in-the-clear", "rootBlockDevice", {"encrypted": False}, _DISK),
    ("disk-in-the-clear", "ebsBlockDevices", [{"deviceName": "/dev/sdf", "encrypted": False}], _DISK),
    ("group-of-somebody", "vpcSecurityGroupIds", ["sg-0123456789abcdef0"], _INGRESS),
    ("profile-of-somebody", "iamInstanceProfile", "somebodys-profile", _ROLE),
)


def _deployed() -> Iterator[Mutant]:
    for what, key, value, rule in _ON_HOST:
        yield _later(f"host/{what}", rule, Deployed(HOST, key, value))
    for what, value in _INGRESSES.items():
        yield _later(f"group/{what}", _INGRESS, Deployed("agent-sg", "ingress", [value]))
    for target, value in _TARGETS.items():
        for destination in _DESTINATIONS:
            route = {"cidrBlock": destination, target: value}
            yield _later(f"route/{target}/{destination}", _NAT, Deployed(ROUTES, "routes", [route]))
    for destination in ("52.95.0.0/16", "0.0.0.0/1"):
        route = {"cidrBlock": destination, "networkInterfaceId": "eni-0a"}
        yield _later(f"route/networkInterfaceId/{destination}", _NAT, Deployed(ROUTES, "routes", [route]))
    for target in ("transitGatewayId", "vpcPeeringConnectionId"):
        route = {"cidrBlock": "10.200.0.0/16", target: _TARGETS[target]}
        yield _later(f"route/{target}/private", _JOIN, Deployed(ROUTES, "routes", [route]))
    yield _later("route/propagated", _NAT, Deployed(ROUTES, "propagatingVgws", ["vgw-0a"]))
    for key in ("assignIpv6AddressOnCreation", "ipv6Native"):
        yield _later(f"subnet/{key}", _IP, Deployed(AGENTS, key, True))
    for action in _ACTIONS:
        inline = [{"name": "more", "policy": _policy(action)}]
        yield _later(f"role/inline/{action}", _ROLE, Deployed(ROLE, "inlinePolicies", inline))
        yield _later(f"role/policy/{action}", _ROLE, Deployed("agent-identity-operate", "policy", _policy(action)))
    for name in ("AdministratorAccess", "AmazonSSMManagedInstanceCore", "PowerUserAccess"):
        arns = [f"arn:aws:iam::aws:policy/{name}"]
        yield _later(f"role/attached/{name}", _ROLE, Deployed(ROLE, "managedPolicyArns", arns))
    yield _later("gateway/no-translation", "gateway-translates-addresses", Deployed(GATEWAY, "singleIpSnat", False))
    yield _later("gateway/ipv6", "gateway-has-no-ipv6", Deployed(GATEWAY, "enableIpv6", True))
    yield _later("gateway/volume", "gateway-volume-is-encrypted", Deployed(GATEWAY, "enableEncryptVolume", False))


def _later(what: str, rule: str, change: Change) -> Mutant:
    return Mutant(f"deployed/{what}", rule, (change,), in_preview=())


def _template(**settings: Any) -> Add:
    sound = {
        "name": "agents",
        "metadataOptions": _TOKENS,
        "networkInterfaces": [{"associatePublicIpAddress": "false", "securityGroups": [Ref("agent-sg")]}],
        "blockDeviceMappings": [{"deviceName": "/dev/sda1", "ebs": {"encrypted": "true"}}],
    }
    return Add(LAUNCH_TEMPLATE, {**sound, **settings}, "template")


def _versions() -> Iterator[Mutant]:
    """Yield hosts that start from a version that is not the one described, or that cannot be known."""
    for version in ("2", 7, "$First", UNKNOWN, "latest"):
        named = {"id": Ref("template"), "version": version}
        changes: tuple[Change, ...] = (_template(), Set(HOST, "launchTemplate", named))
        in_preview = tuple(one for one in _READERS if one != _IMDS) if version is not UNKNOWN else ()
        yield Mutant(f"version/instance/{version}", _LOGIN, changes, where=HOST, also=_READERS, in_preview=in_preview)
    for name in ("id", "name"):
        value = "lt-0123456789abcdef0" if name == "id" else "somebodys"
        yield Mutant(f"version/instance/of-somebody-by-{name}", _LOGIN, (Set(HOST, "launchTemplate", {name: value}),), also=_READERS)
    for pinned in (2, UNKNOWN):
        changes = (_template(defaultVersion=pinned), Set(HOST, "launchTemplate", {"id": Ref("template")}))
        yield Mutant(f"version/default-pinned-{pinned}", _LOGIN, changes, where=HOST, also=_READERS)
    for label, kept in _KEPT.items():
        for version in (None, "$Default"):
            block = {"id": Ref("template"), **({} if version is None else {"version": version})}
            changes = (_template(**kept), Set(HOST, "launchTemplate", block))
            yield Mutant(f"version/default-kept/{label}/{version}", _LOGIN, changes, where=HOST, also=_READERS)
    tags = {"Role": "openclaw-agent-harness", "PolicyMode": "monitor"}
    listed = [{"key": key, "value": value, "propagateAtLaunch": True} for key, value in tags.items()]
    for version, template in (*((one, Ref("template")) for one in ("2", "7", "$First")), ("$Latest", "lt-0123456789abcdef0")):
        by_id = {"id": template, "version": version}
        by_long = {"launchTemplateId": template, "version": version}
        latest = {"launchTemplateId": Ref("template"), "version": "$Latest"}
        config = {"overrides": [{"subnetId": Ref(AGENTS)}]}
        starting: dict[str, tuple[str, dict[str, Any]]] = {
            "group": (SCALING_GROUP, {"launchTemplate": by_id, "vpcZoneIdentifiers": [Ref(AGENTS)], "tags": listed}),
            "mixed": (
                SCALING_GROUP,
                {
                    "mixedInstancesPolicy": {"launchTemplate": {"launchTemplateSpecification": by_long}},
                    "vpcZoneIdentifiers": [Ref(AGENTS)],
                    "tags": listed,
                },
            ),
            "override": (
                SCALING_GROUP,
                {
                    "mixedInstancesPolicy": {
                        "launchTemplate": {
                            "launchTemplateSpecification": latest,
                            "overrides": [{"launchTemplateSpecification": by_long}],
                        }
                    },
                    "vpcZoneIdentifiers": [Ref(AGENTS)],
                    "tags": listed,
                },
            ),
            "nodes": (NODE_GROUP, {"launchTemplate": by_id, "subnetIds": [Ref(AGENTS)], "tags": tags}),
            "fleet": (FLEET, {"launchTemplateConfigs": [{"launchTemplateSpecification": by_long, **config}], "tags": tags}),
            "spot-fleet": (SPOT_FLEET, {"launchTemplateConfigs": [{"launchTemplateSpecification": by_id, **config}], "tags": tags}),
        }
        for what, (kind, inputs) in starting.items():
            own = what == "override" or isinstance(template, Ref)
            changes = (*((_template(),) if own else ()), Add(kind, inputs, "more"))
            yield Mutant(f"version/{what}/{version}", _IMDS, changes, where="more", also=(*_READERS, *_MORE_HOSTS))


_KEPT: Final[dict[str, dict[str, Any]]] = {
    "pinned to the first": {"defaultVersion": 1},
    "pinned, and said to follow": {"defaultVersion": 1, "updateDefaultVersion": True},
    "not following": {"updateDefaultVersion": False},
    "following when known": {"updateDefaultVersion": UNKNOWN},
}
"""Settings that keep a template's default version from following its latest one, or may."""
_MORE_HOSTS: Final = ("compute-and-routing-are-known", "agents-are-a-source-by-address", "permits-are-for-agents")
"""Rules that may have something of their own to say about more hosts."""


def _reads() -> Iterator[Mutant]:
    """Yield holes in what is read: the same programs with a subnet, group or table of somebody else."""
    open_subnet = Read(SUBNET, {"vpcId": Ref(VPC), "cidrBlock": "10.0.99.0/24", "ipv6Native": True}, "read-subnet")
    yield Mutant("read/subnet", _IP, (open_subnet, Set(HOST, "subnetId", "read-subnet-id")), where="read-subnet", also=_ELSEWHERE)
    for what, rule in _INGRESSES.items():
        group = Read(SECURITY_GROUP, {"vpcId": Ref(VPC), "ingress": [rule]}, "read-group")
        yield Mutant(f"read/group/{what}", _INGRESS, (group, Set(HOST, "vpcSecurityGroupIds", ["read-group-id"])), where="read-group")
    for target, value in _TARGETS.items():
        table = Read(ROUTE_TABLE, {"vpcId": Ref(VPC), "routes": [{"cidrBlock": "0.0.0.0/0", target: value}]}, "read-table")
        used = Add(TABLE_ASSOCIATION, {"subnetId": Ref(AGENTS), "routeTableId": "read-table-id"}, "used")
        yield Mutant(f"read/route/{target}", _NAT, (table, used), where="read-table")


_ELSEWHERE: Final = (
    "agents-are-a-source-by-address",
    "permits-are-for-agents",
    "external-dns-is-denied",
    "default-deny-is-last",
    "denies-are-applied",
    "dns-firewall-is-closed",
    "agent-subnet-has-no-nat-route",
    "permits-are-narrow",
    "east-west-is-denied",
    "shadow-model-deny-comes-first",
)
"""Rules that a host in another subnet concerns as well."""

TABLE: Final = (*_deployed(), *_versions(), *_reads())
