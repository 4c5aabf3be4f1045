"""The reviewed table of resource types, read from the YAML files of this folder.

A line names a type and its group's reason. A judged line names the rules that read the type's properties, a bounded line the
properties that must be unset or bounded. The files are part of the pack: a mistake in them raises ValueError, which tests find.
A type without a line is refused; its likely effect, by family, is text for the message, without influence on any decision.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any, Final

from containment.loaders import strict_yaml

FOLDER: Final = Path(__file__).parent
FILES: Final = ("judged.yaml", "harmless.yaml", "bounded.yaml")


class BoundKind(StrEnum):
    """Kinds of bounds; an unset property is within every bound except ON, SET and STATED_OFF."""

    UNSET = "unset"
    OFF = "off"
    ON = "on"
    NOT_OFF = "not-off"
    STATED_OFF = "stated-off"
    SET = "set"
    ONE_OF = "one-of"
    REFERS = "refers"
    OWN_RESOURCE = "own-resource"
    OWN_ARN = "own-arn"
    OWN_ENDPOINT = "own-endpoint"
    SNS_TOPIC = "sns-topic"
    NOTICE = "notice"
    OWN_ACCOUNT = "own-account"
    OWN_PRINCIPAL = "own-principal"
    OWN_POLICY = "own-policy"
    EKS_ISSUER = "eks-issuer"


@dataclass(frozen=True, slots=True)
class Bound:
    """The bound of one property.

    `choices` are its values (ONE_OF), the types it may refer to (REFERS, OWN_RESOURCE, ONE_OF) or the services of its ARN (OWN_ARN).
    """

    path: str
    kind: BoundKind
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TypeLine:
    """One reviewed type, with the reason of its group, the rules that judge it and the bounds on its properties."""

    type: str
    reason: str
    rules: tuple[str, ...] = ()
    bounds: tuple[Bound, ...] = ()

    @property
    def is_judged(self) -> bool:
        """Whether rules read the type's properties; it is harmless otherwise."""
        return bool(self.rules)


@cache
def load_lines() -> Mapping[str, TypeLine]:
    """Return the lines of the table by type.

    Raises:
        ValueError: the files contradict themselves.
    """
    found: dict[str, TypeLine] = {}
    for name in FILES:
        for line in _read_lines(name):
            if line.type in found:
                raise ValueError(f"{name}: {line.type} has two lines")
            found[line.type] = line
    return found


def _read_lines(name: str) -> Iterator[TypeLine]:
    for group in strict_yaml.read(FOLDER / name):
        rules = tuple(group.get("rules") or ())
        if (name == "judged.yaml") is not bool(rules):
            raise ValueError(f"{name}: the group {group['reason']!r} must name its rules exactly when its types are judged")
        for entry in group["types"]:
            ((token, bounds),) = entry.items() if isinstance(entry, dict) else ((entry, {}),)
            yield TypeLine(token, group["reason"], rules, tuple(_parse_bound(path, stated) for path, stated in bounds.items()))


def _parse_bound(path: str, stated: Any) -> Bound:
    if isinstance(stated, dict):
        ((kind, choices),) = stated.items()
        return Bound(path, BoundKind(kind), tuple(choices))
    return Bound(path, BoundKind(stated))


OTHER_PACKAGE: Final = "the pack reads no properties of this package"
UNREVIEWED: Final = "no review of it is recorded"

FAMILIES: Final = {
    "it runs code that no rule reads": (
        "apprunner appstream batch bedrock bedrockmodel cloud9 codebuild codecatalyst codepipeline datapipeline ecs eks"
        " elasticbeanstalk emr emrcontainers emrserverless gamelift glue imagebuilder kinesis kinesisanalyticsv2 lambda lambdamicrovms lex"
        " lightsail m2 mskconnect mwaa opensearchingest sagemaker synthetics workspaces"
    ),
    "it acts later, outside the plan": (
        "backup budgets cfg cloudcontrol cloudformation cloudwatch codedeploy controltower devicefarm dlm fis pipes scheduler"
        " serverlessrepository servicecatalog sfn ssm ssmincidents swf"
    ),
    "it carries packets on a path that no rule reads": (
        "apigateway apigatewayv2 appmesh appsync cloudfront datasync directconnect dms ec2 ec2transitgateway efs elasticache fsx"
        " globalaccelerator mq msk networkfirewall networkmanager opensearch rds redshift storagegateway transfer vpc vpclattice"
    ),
    "it grants rights that no rule reads": (
        "cognito iam identitystore kms lakeformation oam organizations ram rolesanywhere s3 secretsmanager ssoadmin verifiedpermissions"
    ),
    "it answers the agents' DNS queries": "route53 route53domains servicediscovery",
}
"""Likely effect to the modules of the AWS package whose types have it."""

AVIATRIX: Final = "it opens or rewires an Aviatrix gateway or its Controller"
INSTANCE: Final = "it is a gateway that no rule reads, and its egress may take another path (privateSubnetEgressTarget)"
_INSTANCES: Final = frozenset({"index/spokeInstance:SpokeInstance", "index/transitInstance:TransitInstance"})
"""Gateways with a separate egress path. Source: Aviatrix Terraform provider 10.1, `private_subnet_egress_target`."""

_BY_MODULE: Final = {module: words for words, modules in FAMILIES.items() for module in modules.split()}


def get_effect(token: str) -> str:
    """Return the likely effect of a type that the table does not contain, as text for a message."""
    package, _, rest = token.partition(":")
    if package == "aviatrix":
        return INSTANCE if rest in _INSTANCES else AVIATRIX
    module, is_nested, _ = rest.partition("/")
    return _BY_MODULE.get(module, UNREVIEWED) if package == "aws" and is_nested else OTHER_PACKAGE
