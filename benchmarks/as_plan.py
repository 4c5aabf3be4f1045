"""A stack's AWS resources as the Terraform plan of the same resources, for tools that read no Pulumi.

Types and properties are renamed as the Terraform bridge names them the other way round: a token's last part and camelCase become
snake_case, blocks become lists of blocks. What is of no bridged AWS type is left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Final

from policypack.graph import Resource

_PROVIDER: Final = "registry.terraform.io/hashicorp/aws"
_PREFIXED: Final = ("iam", "cloudwatch", "route53", "kms")
"""Modules whose name stays in the Terraform type; EC2's does not."""
_BLOCKS: Final = frozenset({"metadataOptions", "rootBlockDevice"})
"""Single blocks that Pulumi flattens to an object."""
_TEXT: Final = frozenset({"tags"})
"""Maps whose keys are data."""


def plan_of(resources: Iterable[Resource]) -> dict[str, Any]:
    """Return the plan that would create these resources."""
    planned, changes, configured = [], [], []
    for one in resources:
        if not one.type.startswith("aws:"):
            continue
        kind, name = terraform_type(one.type), re.sub(r"\W", "_", one.name)
        values = {_snake(key): [_value(key, item)] if key in _BLOCKS else _value(key, item) for key, item in one.props.items()}
        where = {"address": f"{kind}.{name}", "mode": "managed", "type": kind, "name": name}
        planned.append({**where, "provider_name": _PROVIDER, "schema_version": 1, "values": values, "sensitive_values": {}})
        change = {"actions": ["create"], "before": None, "after": values, "after_unknown": {"id": True}}
        changes.append({**where, "provider_name": _PROVIDER, "change": change})
        configured.append({**where, "provider_config_key": "aws", "expressions": {}, "schema_version": 1})
    return {
        "format_version": "1.2",
        "terraform_version": "1.9.8",
        "planned_values": {"root_module": {"resources": planned}},
        "resource_changes": changes,
        "configuration": {"provider_config": {"aws": {"name": "aws", "full_name": _PROVIDER}}, "root_module": {"resources": configured}},
    }


def terraform_type(token: str) -> str:
    """Return a Terraform type for a Pulumi token, `aws_instance` for `aws:ec2/instance:Instance`."""
    module, kind = token.split(":")[1].split("/")
    return f"aws_{_snake(kind)}" if module not in _PREFIXED else f"aws_{module}_{_snake(kind)}"


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


def _value(key: str, value: Any) -> Any:
    if isinstance(value, dict):
        return value if key in _TEXT else {_snake(name): _value(name, item) for name, item in value.items()}
    return [_value(key, item) for item in value] if isinstance(value, list) else value
