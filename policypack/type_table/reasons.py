"""What a refused type would do, by its family: words that sharpen a refusal and decide nothing.

A type is refused because no line of the table has it, whether or not its family is here.
"""

from __future__ import annotations

from typing import Final

OTHER_PACKAGE: Final = "the pack reads no properties of this package"
UNREVIEWED: Final = "no review of it is recorded"

FAMILIES: Final = {
    "it runs code that no rule reads": (
        "apprunner appstream batch bedrock bedrockmodel cloud9 codebuild codecatalyst codepipeline datapipeline ecs eks"
        " elasticbeanstalk emr emrcontainers emrserverless gamelift glue imagebuilder kinesis kinesisanalyticsv2 lambda lambdamicrovms lex"
        " lightsail m2 mskconnect mwaa opensearchingest sagemaker synthetics workspaces"
    ),
    "it acts later, out of the plan's sight": (
        "backup budgets cfg cloudcontrol cloudformation cloudwatch codedeploy controltower devicefarm dlm fis pipes scheduler"
        " serverlessrepository servicecatalog sfn ssm ssmincidents swf"
    ),
    "it carries packets where no rule looks": (
        "apigateway apigatewayv2 appmesh appsync cloudfront datasync directconnect dms ec2 ec2transitgateway efs elasticache fsx"
        " globalaccelerator mq msk networkfirewall networkmanager opensearch rds redshift storagegateway transfer vpc vpclattice"
    ),
    "it grants rights that no rule reads": (
        "cognito iam identitystore kms lakeformation oam organizations ram rolesanywhere s3 secretsmanager ssoadmin verifiedpermissions"
    ),
    "it answers names that the agents ask for": "route53 route53domains servicediscovery",
}
"""Modules of the AWS package by what their types do."""

AVIATRIX: Final = "it opens or rewires an Aviatrix gateway or its Controller"

_BY_MODULE: Final = {module: words for words, modules in FAMILIES.items() for module in modules.split()}


def effect_of(token: str) -> str:
    """Return what a type of no table would do, in words."""
    package, _, rest = token.partition(":")
    if package == "aviatrix":
        return AVIATRIX
    module, is_nested, _ = rest.partition("/")
    return _BY_MODULE.get(module, UNREVIEWED) if package == "aws" and is_nested else OTHER_PACKAGE
