"""Holes by a type of resource: every family that no review accepts, other packages, and every bound of the table exceeded once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from policypack.graph.known_types import COMPUTE, TEMPLATES
from policypack.graph.plain_data import UNKNOWN
from policypack.type_table.table import Bound, BoundKind, TypeLine, load_lines
from tests.policypack.mutants.mutant import GATEWAY, SUBNET, VPC, Add, Mutant, Set
from tests.policypack.mutants.program import Ref
from tests.policypack.type_table.names import AVIATRIX, AWS, committed

RULE: Final = "compute-and-routing-are-known"
FOREIGN: Final = "999988887777"
_ANYBODY: Final = '{"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}]}'
_NOT_REVIEWED: Final = {
    BoundKind.UNSET: {"any": "thing"},
    BoundKind.OFF: True,
    BoundKind.ON: False,
    BoundKind.NOT_OFF: False,
    BoundKind.STATED_OFF: True,
    BoundKind.SET: "",
    BoundKind.ONE_OF: "something else",
    BoundKind.REFERS: f"arn:aws:lambda:us-east-1:{FOREIGN}:function:any",
    BoundKind.OWN_RESOURCE: f"arn:aws:logs:us-east-1:{FOREIGN}:log-group:any",
    BoundKind.OWN_ARN: f"arn:aws:logs:us-east-1:{FOREIGN}:log-group:any",
    BoundKind.OWN_ENDPOINT: f"arn:aws:sqs:us-east-1:{FOREIGN}:any",
    BoundKind.SNS_TOPIC: f"arn:aws:lambda:us-east-1:{FOREIGN}:function:any",
    BoundKind.NOTICE: f"arn:aws:lambda:us-east-1:{FOREIGN}:function:any",
    BoundKind.OWN_ACCOUNT: FOREIGN,
    BoundKind.OWN_PRINCIPAL: f"arn:aws:iam::{FOREIGN}:root",
    BoundKind.OWN_POLICY: _ANYBODY,
    BoundKind.EKS_ISSUER: "https://token.actions.githubusercontent.com",
}
"""A value outside each kind of bound."""

_ALSO: Final = {
    "aws:eks/podIdentityAssociation:PodIdentityAssociation": ("agent-role-is-minimal",),
    "aws:iam/policyAttachment:PolicyAttachment": ("agent-role-is-minimal",),
    "aws:ec2/vpcEndpointPolicy:VpcEndpointPolicy": ("endpoints-are-for-this-account",),
    "aviatrix:index/dcfRuleset:DcfRuleset": ("ruleset-is-in-force", "permits-are-for-agents"),
    "aviatrix:index/distributedFirewallingDefaultActionRule:DistributedFirewallingDefaultActionRule": ("controller-default-action-denies",),
    "aviatrix:index/distributedFirewallingPolicyList:DistributedFirewallingPolicyList": ("policy-has-one-owner", "permits-are-for-agents"),
}
"""Rules that judge one more resource of a type whatever its properties."""
_KEY: Final = f"arn:aws:kms:us-east-1:{FOREIGN}:key/0f0e0d0c-1111-2222-3333-444455556666"
_ROLE: Final = f"arn:aws:iam::{FOREIGN}:role/any"
_STREAM: Final = f"arn:aws:kinesis:us-east-1:{FOREIGN}:stream/any"
_OTHER_CONTROLLER: Final = {"controllerIp": "192.0.2.99", "verifySslCertificate": True}

PACKAGES: Final = (
    "aws-native:ec2:Route",
    "aws-native:lambda:Function",
    "aws:index/instance:Instance",
    "awscc:index/ec2Instance:Ec2Instance",
    "azure-native:compute:VirtualMachine",
    "cloudflare:index/record:Record",
    "command:local:Command",
    "command:remote:Command",
    "docker-build:index:Image",
    "docker:index/container:Container",
    "gcp:compute/instance:Instance",
    "github:index/repository:Repository",
    "kubernetes:core/v1:Pod",
    "kubernetes:helm.sh/v3:Release",
    "made-up:index:Thing",
    "null:index/resource:Resource",
    "pulumi-nodejs:dynamic:Resource",
    "pulumi-python:dynamic:Resource",
    "pulumiservice:index:Webhook",
    "tailscale:index/tailnetKey:TailnetKey",
)
"""Types of other packages, one of each kind of thing that they do."""


def families() -> Iterator[Mutant]:
    """Yield a mutant for the first refused type of every module of AWS, every refused type of Aviatrix, and other packages."""
    reviewed = load_lines()
    first: dict[str, str] = {}
    for token in committed(AWS)[1]:
        if token not in reviewed:
            first.setdefault(token.split("/", 1)[0], token)
    aviatrix = dict.fromkeys(token for path in AVIATRIX for token in committed(path)[1] if token not in reviewed)
    for token in (*first.values(), *aviatrix, *PACKAGES):
        yield Mutant(f"type/{token}", RULE, (Add(token),))


def bounds() -> Iterator[Mutant]:
    """Yield a mutant for every bound of the table, exceeded; what else the line demands is kept.

    Compute is left out: one more host without a network is refused by other rules as well. `test_bounds` has its bounds.
    """
    for line in (one for one in load_lines().values() if one.type not in (*COMPUTE, *TEMPLATES)):
        for bound in line.bounds:
            also = _ALSO.get(line.type, ())
            yield Mutant(f"bound/{line.type}/{bound.path}", RULE, (Add(line.type, _exceeding(line, bound)),), also=also)


def _exceeding(line: TypeLine, exceeded: Bound) -> dict[str, Any]:
    kept: dict[str, Any] = {bound.path: True for bound in line.bounds if bound.kind in (BoundKind.ON, BoundKind.SET)}
    for bound in line.bounds:
        kept |= nested(bound.path, False) if bound.kind is BoundKind.STATED_OFF else {}
    return {**kept, **nested(exceeded.path, _NOT_REVIEWED[exceeded.kind])}


def nested(path: str, value: Any) -> dict[str, Any]:
    """Return inputs in which a value is at a path, `[]` for a list of one."""
    first, _, rest = path.partition(".")
    inner = nested(rest, value) if rest else value
    return {first.removesuffix("[]"): [inner] if first.endswith("[]") else inner}


def _provider(name: str, **props: Any) -> Mutant:
    return Mutant(f"provider-{name}", RULE, (Add("pulumi:providers:aws", props),))


TABLE: Final = (
    *families(),
    *bounds(),
    Mutant("a-log-group-under-a-foreign-key", RULE, (Add("aws:cloudwatch/logGroup:LogGroup", {"kmsKeyId": _KEY}),)),
    Mutant("a-disk-under-a-foreign-key", RULE, (Add("aws:ebs/volume:Volume", {"encrypted": True, "kmsKeyId": _KEY}),)),
    Mutant("a-topic-of-a-foreign-role", RULE, (Add("aws:sns/topic:Topic", {"httpFailureFeedbackRoleArn": _ROLE}),)),
    Mutant("a-reader-of-a-foreign-stream", RULE, (Add("aws:kinesis/streamConsumer:StreamConsumer", {"streamArn": _STREAM}),)),
    _provider("of-a-local-cloud", endpoints=[{"s3": "http://localhost:4566"}]),
    _provider("of-somebodys-sts", endpoints='[{"sts": "https://sts.example.com"}]'),
    _provider("without-certificates", insecure="true"),
    _provider("of-another-account", assumeRoles=[{"roleArn": f"arn:aws:iam::{FOREIGN}:role/deploy"}]),
    _provider("allowed-in-another-account", allowedAccountIds=[FOREIGN]),
    Mutant("provider-of-another-package", RULE, (Add("pulumi:providers:kubernetes", name="cluster"),)),
    Mutant(
        "provider-of-another-controller",
        RULE,
        (Add("pulumi:providers:aviatrix", {"controllerIp": "192.0.2.99", "verifySslCertificate": True}),),
    ),
    Mutant(
        "second-spoke",
        RULE,
        (
            Add(
                "aviatrix:index/spokeGateway:SpokeGateway",
                {"gwName": "again", "vpcId": Ref(VPC), "singleIpSnat": True, "enableEncryptVolume": True},
            ),
        ),
    ),
    Mutant("some-tables", RULE, (Set(GATEWAY, "routeTables", ["rtb-0123456789abcdef0"]),)),
    Mutant("some-tables-unknown", RULE, (Set(GATEWAY, "routeTables", UNKNOWN),)),
    Mutant("ha-of-a-gateway-elsewhere", RULE, (Add("aviatrix:index/spokeHaGateway:SpokeHaGateway", {"primaryGwName": "somebody"}),)),
    Mutant("cluster-open-by-default", RULE, (Add("aws:eks/cluster:Cluster", {"vpcConfig": {"subnetIds": [Ref(SUBNET)]}}),)),
    Mutant("mount-target-at-the-host", RULE, (Add("aws:efs/mountTarget:MountTarget", {"subnetId": Ref(SUBNET)}),)),
)
