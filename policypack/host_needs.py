"""What an agent host may do in AWS, as data: which actions are beyond its need, whichever resource they are on.

A host is operated by Session Manager, ships logs, pulls images, and may use what its task names exactly. What changes the
account, starts something elsewhere, or takes another identity undoes containment from within, however narrow the resource is.
Sources: AWS service authorization reference; the list of the design ("the host's own hands").
"""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import Any, Final

from policypack.documents import Statement, is_wild, meet
from policypack.plain import UNKNOWN

LOOK_ONLY: Final = frozenset(
    {
        *("access-analyzer", "account", "autoscaling", "cloudformation", "cloudtrail", "config", "controltower", "directconnect", "ec2"),
        *("ec2-instance-connect", "elasticloadbalancing", "globalaccelerator", "guardduty", "iam", "identitystore", "imagebuilder"),
        *("network-firewall", "networkmanager", "organizations", "ram", "resource-groups", "route53", "route53profiles"),
        *("route53resolver", "securityhub", "servicecatalog", "sso", "tag", "vpc-lattice"),
    }
)
"""Services that containment is made of: a host may look at them, and change nothing."""

_LOOKS: Final = ("batchget", "describe", "get", "list", "lookup", "search")

NEVER: Final = {
    "ssm": (
        *(
            "SendCommand",
            "StartSession",
            "ResumeSession",
            "StartAccessRequest",
            "Start*Execution",
            "CreateActivation",
            "CreateAssociation*",
        ),
        *("UpdateAssociation", "CreateDocument", "UpdateDocument*", "ModifyDocumentPermission", "RegisterTask*", "GetParameter*"),
        *("PutParameter", "DeleteParameter*", "UpdateManagedInstanceRole", "AddTagsToResource", "RemoveTagsFromResource"),
        *("PutResourcePolicy", "UpdateServiceSetting"),
    ),
    "sts": ("AssumeRo*", "GetFederationToken"),
    "logs": (
        *("Delete*", "PutRetentionPolicy", "PutSubscriptionFilter", "PutDestination*", "PutResourcePolicy", "PutAccountPolicy"),
        *("AssociateKmsKey", "DisassociateKmsKey", "CreateExportTask"),
    ),
    "kms": ("PutKeyPolicy", "CreateGrant", "ScheduleKeyDeletion", "DisableKey"),
    "s3": (
        *("PutBucketPolicy", "DeleteBucketPolicy", "PutBucketAcl", "PutObjectAcl", "Put*PublicAccessBlock", "PutAccessPoint*"),
        *("PutReplicationConfiguration", "PutBucketNotification"),
    ),
    "lambda": ("Create*", "Update*", "AddPermission", "AddLayerVersionPermission", "PublishLayerVersion"),
    "ecs": ("RunTask", "StartTask", "CreateService", "UpdateService", "RegisterTaskDefinition", "ExecuteCommand"),
    "codebuild": ("StartBuild*", "Create*", "Update*"),
    "batch": ("SubmitJob",),
    "states": ("CreateStateMachine", "StartExecution"),
    "elasticmapreduce": ("RunJobFlow",),
    "glue": ("Create*", "Start*"),
    "sagemaker": ("Create*",),
    "lightsail": ("Create*",),
    "events": ("Put*",),
    "scheduler": ("CreateSchedule",),
    "secretsmanager": ("PutResourcePolicy",),
}
"""Actions that give the host another identity, a command elsewhere, somebody's parameters, or a change to what watches it."""

ON_ANYTHING: Final = {
    "*": ("Describe*", "List*"),
    "ssmmessages": ("*",),
    "ec2messages": ("*",),
    "ec2": ("Get*",),
    "ecr": ("GetAuthorizationToken",),
    "cloudwatch": ("PutMetricData",),
    "sts": ("GetCallerIdentity",),
    "s3": ("GetEncryptionConfiguration",),
    "kms": ("GenerateRandom",),
    "xray": ("Put*", "Get*"),
    "ssm": (
        *("UpdateInstanceInformation", "UpdateAssociationStatus", "UpdateInstanceAssociationStatus", "PutInventory", "PutComplianceItems"),
        *("PutConfigurePackageResult", "GetDeployablePatchSnapshotForInstance", "GetManifest", "GetDocument"),
    ),
}
"""Actions that name no resource, or only the host itself: for these `Resource: "*"` says nothing more than the action."""

_WHOLE_SERVICE: Final = frozenset({"ssmmessages:*", "ec2messages:*"})
"""Services with nothing in them but what an agent of Systems Manager needs."""

_ANY_OF_A_TYPE: Final = ("s3", "secretsmanager", "ssm", "kms", "dynamodb", "sqs", "sns", "lambda", "iam", "bedrock", "rds-db", "logs")
"""Services where every resource of a type is other people's data or work too."""


def beyond_need(statement: Statement) -> Iterator[str]:
    """Yield what one statement allows beyond a host's need, in words; nothing for a denial."""
    if not statement.allows:
        return
    if statement.not_actions:
        yield f"allows everything but {_shown(statement.not_actions)} (NotAction)"
    if statement.not_resources:
        yield f"allows {_shown(statement.actions)} on everything but {_shown(statement.not_resources)} (NotResource)"
    for action in statement.actions:
        what = "" if action is UNKNOWN else _never(str(action).strip())
        if what:
            yield f"allows {action}: {what}"
        elif action is not UNKNOWN and not _names_no_resource(str(action)):
            for resource in statement.resources:
                if _is_anything(resource):
                    yield f"allows {action} on {resource}: no resource is named"


def _never(action: str) -> str:
    service, _, name = action.lower().partition(":")
    if action.lower() in _WHOLE_SERVICE:
        return ""
    if not name or is_wild(service) or not name.strip("*?"):
        return "every action" if service.strip("*?") == "" else f"every action of {service}"
    if service in LOOK_ONLY and not name.startswith(_LOOKS):
        return f"a host may look at {service}, and change nothing"
    hit = next((one for one in NEVER.get(service, ()) if meet(name, one.lower())), None)
    return "" if hit is None else "more than a host needs" if hit.lower() == name else f"that is, {service}:{hit} too"


def _is_anything(resource: Any) -> bool:
    """Tell whether a resource is no resource in particular: `*`, any bucket, every secret of an account."""
    if not is_wild(resource):
        return False
    parts = str(resource).split(":", 5)
    if len(parts) < 6:
        return not str(resource).strip("*?:/")
    service, last = parts[2].lower(), parts[5]
    if not last.strip("*?:/"):
        return True
    if service == "s3":
        return not last.split("/", 1)[0].strip("*?")
    kind, _, rest = last.replace(":", "/").partition("/")
    return service in _ANY_OF_A_TYPE and bool(rest) and not rest.strip("*?/") and not is_wild(kind)


def _names_no_resource(action: str) -> bool:
    service, _, name = action.lower().partition(":")
    return any(fnmatchcase(name, pattern.lower()) for key in ("*", service) for pattern in ON_ANYTHING.get(key, ()))


def _shown(values: tuple[Any, ...]) -> str:
    return ", ".join("what is not known yet" if value is UNKNOWN else str(value) for value in values) or "nothing"
