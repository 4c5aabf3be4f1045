"""Holes at the host itself: its metadata service, addresses, logins, volumes, user data, security groups and role."""

from __future__ import annotations

import json
from typing import Any, Final

from policypack.graph.plain_data import UNKNOWN
from tests.policypack.mutants.mutant import HOST, ROLE, SUBNET, VPC, Add, Drop, Mutant, Set, Unset
from tests.policypack.mutants.program import Ref

_IMDS, _IP, _LOGIN = "agent-host-requires-imdsv2", "agent-host-has-no-public-ip", "agent-host-has-no-login"
_VOLUMES, _SECRET, _INGRESS, _ROLE = (
    "agent-volumes-are-encrypted",
    "user-data-holds-no-secret",
    "agent-host-takes-no-ingress",
    "agent-role-is-minimal",
)
_AS_ENFORCE = (
    "default-deny-is-last",
    "denies-are-applied",
    "permits-are-narrow",
    "shadow-model-deny-comes-first",
    "dns-firewall-is-closed",
)
"""A host that does not say PolicyMode=monitor makes a stack one that enforces."""
_NIC = "aws:ec2/networkInterface:NetworkInterface"
_EIP, _BINDING = "aws:ec2/eip:Eip", "aws:ec2/eipAssociation:EipAssociation"
_INGRESS_RULE, _GROUP_RULE = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule", "aws:ec2/securityGroupRule:SecurityGroupRule"
_GROUP, _ATTACHED = "aws:ec2/securityGroup:SecurityGroup", "aws:iam/rolePolicyAttachment:RolePolicyAttachment"
_ROLE_POLICY, _POLICY = "aws:iam/rolePolicy:RolePolicy", "aws:iam/policy:Policy"
_OPEN = {"protocol": "tcp", "fromPort": 22, "toPort": 22, "cidrBlocks": ["0.0.0.0/0"]}
_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIEXAMPLEEXAMPLEEXAMPLEEXAMPLEEXAMPLEEXAMPLE nobody"


def _document(*actions: str, resource: str = "*", effect: str = "Allow", **more: Any) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": effect, "Action": list(actions), "Resource": resource, **more}]})


def _trusting(principal: Any) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": principal}]})


def _second_host(**inputs: Any) -> Add:
    """Return one more host of the stack, sound but for what is said."""
    sound = {
        "ami": "ami-0123456789abcdef0",
        "instanceType": "t3.small",
        "subnetId": Ref(SUBNET),
        "associatePublicIpAddress": False,
        "vpcSecurityGroupIds": [Ref("agent-sg")],
        "metadataOptions": {"httpTokens": "required", "httpPutResponseHopLimit": 1, "httpEndpoint": "enabled"},
        "rootBlockDevice": {"encrypted": True},
        "tags": {"Role": "openclaw-agent-harness", "PolicyMode": "monitor"},
    }
    return Add("aws:ec2/instance:Instance", {key: value for key, value in {**sound, **inputs}.items() if value is not None})


METADATA: Final = (
    Mutant("imds-tokens-optional", _IMDS, (Set(HOST, "metadataOptions/httpTokens", "optional"),)),
    Mutant("imds-tokens-unknown", _IMDS, (Set(HOST, "metadataOptions/httpTokens", UNKNOWN),)),
    Mutant("imds-tokens-silent", _IMDS, (Unset(HOST, "metadataOptions/httpTokens"),)),
    Mutant("imds-options-gone", _IMDS, (Unset(HOST, "metadataOptions"),)),
    Mutant("imds-options-unknown", _IMDS, (Set(HOST, "metadataOptions", UNKNOWN),)),
    Mutant("imds-two-hops", _IMDS, (Set(HOST, "metadataOptions/httpPutResponseHopLimit", 2),)),
    Mutant("imds-hops-unknown", _IMDS, (Set(HOST, "metadataOptions/httpPutResponseHopLimit", UNKNOWN),)),
    Mutant(
        "imds-account-default-loosened",
        _IMDS,
        (Add("aws:ec2/instanceMetadataDefaults:InstanceMetadataDefaults", {"httpTokens": "optional"}),),
    ),
    Mutant("imds-second-host-silent", _IMDS, (_second_host(metadataOptions=None),)),
)

ADDRESSES: Final = (
    Mutant("ip-associate-true", _IP, (Set(HOST, "associatePublicIpAddress", True),)),
    Mutant("ip-associate-text", _IP, (Set(HOST, "associatePublicIpAddress", "true"),)),
    Mutant("ip-associate-unknown", _IP, (Set(HOST, "associatePublicIpAddress", UNKNOWN),)),
    Mutant("ip-v6-count", _IP, (Set(HOST, "ipv6AddressCount", 1),)),
    Mutant("ip-v6-addresses", _IP, (Set(HOST, "ipv6Addresses", ["2600:1f18::10"]),)),
    Mutant("ip-v6-primary", _IP, (Set(HOST, "enablePrimaryIpv6", True),)),
    Mutant("ip-subnet-assigns-v6", _IP, (Set(SUBNET, "assignIpv6AddressOnCreation", True),)),
    Mutant("ip-subnet-v6-native", _IP, (Set(SUBNET, "ipv6Native", True),)),
    Mutant("ip-elastic", _IP, (Add(_EIP, {"domain": "vpc", "instance": Ref(HOST)}),)),
    Mutant("ip-elastic-association", _IP, (Add(_BINDING, {"instanceId": Ref(HOST), "allocationId": "eipalloc-0123456789abcdef0"}),)),
    Mutant(
        "ip-elastic-on-the-interface",
        _IP,
        (Add(_BINDING, {"networkInterfaceId": Ref(HOST, "primaryNetworkInterfaceId"), "allocationId": "eipalloc-0123456789abcdef0"}),),
    ),
    Mutant("ip-elastic-by-private-address", _IP, (Add(_BINDING, {"privateIpAddress": "10.64.10.25", "allocationId": "eipalloc-0a"}),)),
    Mutant("ip-elastic-by-address-unknown", _IP, (Add(_BINDING, {"privateIpAddress": UNKNOWN, "allocationId": "eipalloc-0a"}),)),
    Mutant("ip-elastic-of-somebody", _IP, (Add(_EIP, {"domain": "vpc", "instance": "i-0123456789abcdef0"}),)),
    Mutant(
        "ip-second-host-in-an-open-subnet",
        _IP,
        (Set(SUBNET, "mapPublicIpOnLaunch", True), _second_host(associatePublicIpAddress=None)),
        where=SUBNET,
    ),
    Mutant(
        "ip-second-interface-v6",
        _IP,
        (Add(_NIC, {"subnetId": Ref(SUBNET), "ipv6AddressCount": 1, "attachments": [{"instance": Ref(HOST), "deviceIndex": 1}]}),),
    ),
    Mutant(
        "ip-no-subnet",
        _IP,
        (_second_host(subnetId=None, associatePublicIpAddress=None),),
        also=("agents-are-a-source-by-address", "dns-firewall-is-closed", "east-west-is-denied", *_AS_ENFORCE),
    ),
)

LOGINS: Final = (
    Mutant("login-key-pair", _LOGIN, (Set(HOST, "keyName", "operators"),)),
    Mutant("login-key-unknown", _LOGIN, (Set(HOST, "keyName", UNKNOWN),)),
    Mutant("login-authorized-keys", _LOGIN, (Set(HOST, "userData", f"#cloud-config\nssh_authorized_keys:\n  - {_KEY}\n"),)),
    Mutant("login-key-by-script", _LOGIN, (Set(HOST, "userData", f"#!/bin/sh\necho '{_KEY}' >> /home/ubuntu/.ssh/authorized_keys\n"),)),
    Mutant(
        "login-serial-console",
        _LOGIN,
        (Add("aws:ec2/serialConsoleAccess:SerialConsoleAccess", {"enabled": True}),),
    ),
    Mutant("login-second-host", _LOGIN, (_second_host(keyName="operators"),)),
)

VOLUMES: Final = (
    Mutant("volume-root-clear", _VOLUMES, (Set(HOST, "rootBlockDevice/encrypted", False),)),
    Mutant("volume-root-silent", _VOLUMES, (Unset(HOST, "rootBlockDevice/encrypted"),)),
    Mutant("volume-root-unknown", _VOLUMES, (Set(HOST, "rootBlockDevice/encrypted", UNKNOWN),)),
    Mutant("volume-root-gone", _VOLUMES, (Unset(HOST, "rootBlockDevice"),)),
    Mutant("volume-second-clear", _VOLUMES, (Set(HOST, "ebsBlockDevices", [{"deviceName": "/dev/sdf", "encrypted": False}]),)),
    Mutant("volume-second-silent", _VOLUMES, (Set(HOST, "ebsBlockDevices", [{"deviceName": "/dev/sdf"}]),)),
    Mutant(
        "volume-attached-clear",
        _VOLUMES,
        (
            Add("aws:ebs/volume:Volume", {"availabilityZone": "us-east-1a", "size": 10, "encrypted": False}, "disk"),
            Add("aws:ec2/volumeAttachment:VolumeAttachment", {"instanceId": Ref(HOST), "volumeId": Ref("disk"), "deviceName": "/dev/sdg"}),
        ),
        where="disk",
    ),
    Mutant(
        "volume-of-another-program",
        _VOLUMES,
        (
            Add(
                "aws:ec2/volumeAttachment:VolumeAttachment",
                {"instanceId": Ref(HOST), "volumeId": "vol-0123456789abcdef0", "deviceName": "/dev/sdg"},
            ),
        ),
    ),
    Mutant(
        "volume-at-another-machine",
        "agent-host-has-no-way-in",
        (
            Add("aws:ebs/volume:Volume", {"availabilityZone": "us-east-1a", "size": 10, "encrypted": True}, "disk"),
            Add(
                "aws:ec2/volumeAttachment:VolumeAttachment",
                {"instanceId": "i-0123456789abcdef0", "volumeId": Ref("disk"), "deviceName": "/dev/sdg"},
            ),
        ),
        where="extra",
    ),
)

SECRETS: Final = (
    Mutant("secret-access-key", _SECRET, (Set(HOST, "userData", "export AWS_ACCESS_KEY_ID=AKIAIOSFODNN7EXAMPLE\n"),)),
    Mutant("secret-in-a-tag", _SECRET, (Set(HOST, "tags/Contact", "AKIAIOSFODNN7EXAMPLE"),)),
    Mutant("secret-password", _SECRET, (Set(HOST, "userData", "#!/bin/sh\nmysql --password=Tr0ub4dor-and-3\n"),)),
    Mutant("secret-token-in-base64", _SECRET, (Set(HOST, "userDataBase64", "ZXhwb3J0IEdJVEhVQl9UT0tFTj1hYmNkZWYwMTIzNDU2Nzg5YWJjZGVm"),)),
    Mutant("secret-private-key", _SECRET, (Set(HOST, "userData", "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXk\n"),)),
    Mutant("secret-second-host", _SECRET, (_second_host(userData="api_key: 0123456789abcdef0123456789abcdef\n"),)),
)

INGRESS: Final = (
    Mutant("ingress-ssh", _INGRESS, (Set("agent-sg", "ingress", [_OPEN]),)),
    Mutant("ingress-from-itself", _INGRESS, (Set("agent-sg", "ingress", [{"protocol": "-1", "fromPort": 0, "toPort": 0, "self": True}]),)),
    Mutant("ingress-unknown", _INGRESS, (Set("agent-sg", "ingress", UNKNOWN),)),
    Mutant(
        "ingress-rule-apart",
        _INGRESS,
        (
            Add(
                _INGRESS_RULE,
                {"securityGroupId": Ref("agent-sg"), "ipProtocol": "tcp", "fromPort": 22, "toPort": 22, "cidrIpv4": "10.0.0.0/8"},
            ),
        ),
    ),
    Mutant(
        "ingress-older-rule-apart",
        _INGRESS,
        (
            Add(
                _GROUP_RULE,
                {"type": "ingress", "securityGroupId": Ref("agent-sg"), "protocol": "tcp", "fromPort": 0, "toPort": 65535, "self": True},
            ),
        ),
    ),
    Mutant("ingress-group-of-somebody", _INGRESS, (Set(HOST, "vpcSecurityGroupIds", ["sg-0123456789abcdef0"]),)),
    Mutant("ingress-default-group", _INGRESS, (Unset(HOST, "vpcSecurityGroupIds"), Drop("network-default-sg"))),
    Mutant(
        "ingress-second-group",
        _INGRESS,
        (
            Add(_GROUP, {"vpcId": Ref(VPC), "ingress": [_OPEN]}, "wide"),
            Set(HOST, "vpcSecurityGroupIds", [Ref("agent-sg"), Ref("wide")]),
        ),
    ),
)

IDENTITY: Final = (
    Mutant(
        "role-core-policy",
        _ROLE,
        (Add(_ATTACHED, {"role": Ref(ROLE, "name"), "policyArn": "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore"}),),
    ),
    Mutant(
        "role-administrator",
        _ROLE,
        (Set(ROLE, "managedPolicyArns", ["arn:aws:iam::aws:policy/AdministratorAccess"]),),
    ),
    Mutant("role-wildcard", _ROLE, (Set("agent-identity-operate", "policy", _document("*")),)),
    Mutant("role-reads-parameters", _ROLE, (Set("agent-identity-operate", "policy", _document("ssm:GetParameter")),)),
    Mutant("role-passes-roles", _ROLE, (Add(_ROLE_POLICY, {"role": Ref(ROLE, "name"), "policy": _document("iam:PassRole")}),)),
    Mutant("role-assumes", _ROLE, (Add(_ROLE_POLICY, {"role": Ref(ROLE, "name"), "policy": _document("sts:AssumeRole")}),)),
    Mutant(
        "role-all-but", _ROLE, (Set("agent-identity-operate", "policy", _document().replace('"Action": []', '"NotAction": ["iam:*"]')),)
    ),
    Mutant("role-inline", _ROLE, (Set(ROLE, "inlinePolicies", [{"name": "more", "policy": _document("ec2:CreateRoute")}]),)),
    Mutant("role-no-json", _ROLE, (Set("agent-identity-operate", "policy", "{"),)),
    Mutant("role-for-everybody", _ROLE, (Set(ROLE, "assumeRolePolicy", _trusting("*")),)),
    Mutant("role-of-somebody", _ROLE, (Set(HOST, "iamInstanceProfile", "somebodys-profile"),)),
    Mutant(
        "role-own-policy",
        _ROLE,
        (
            Add(_POLICY, {"policy": _document("s3:*")}, "wide"),
            Add(_ATTACHED, {"role": Ref(ROLE, "name"), "policyArn": Ref("wide", "arn")}),
        ),
        where="wide",
    ),
)

TABLE: Final = (*METADATA, *ADDRESSES, *LOGINS, *VOLUMES, *SECRETS, *INGRESS, *IDENTITY)
