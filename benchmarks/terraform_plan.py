"""Convert a stack's AWS resources to a Terraform plan, for tools that do not read Pulumi's formats.

Types and properties get the names that the Terraform bridge derives Pulumi's from: a token's last part and camelCase become
snake_case, and blocks become lists of blocks. Resources of other types are left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Final

from policypack.graph.resources import Resource

_PROVIDER: Final = "registry.terraform.io/hashicorp/aws"
_PREFIXED: Final = ("iam", "cloudwatch", "route53", "kms")
"""Modules whose name stays in the Terraform type; EC2's does not."""
_BLOCKS: Final = frozenset({"metadataOptions", "rootBlockDevice"})
"""Single blocks that Pulumi flattens to an object."""
_TEXT: Final = frozenset({"tags"})
"""Maps whose keys are data."""


def build_plan(resources: Iterable[Resource]) -> dict[str, Any]:
    """Return the plan that would create these resources."""
    planned, changes, configured = [], [], []
    for one in resources:
        if not one.type.startswith("aws:"):
            continue
        kind, name = convert_type(one.type), re.sub(r"\W", "_", one.name)
        values = {
            _convert_to_snake_case(key): [_convert_value(key, item)] if key in _BLOCKS else _convert_value(key, item)
            for key, item in one.props.items()
        }
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


def convert_type(token: str) -> str:
    """Return a Terraform type for a Pulumi token, `aws_instance` for `aws:ec2/instance:Instance`."""
    module, kind = token.split(":")[1].split("/")
    return f"aws_{_convert_to_snake_case(kind)}" if module not in _PREFIXED else f"aws_{module}_{_convert_to_snake_case(kind)}"


def _convert_to_snake_case(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


def _convert_value(key: str, value: Any) -> Any:
    if isinstance(value, dict):
        return value if key in _TEXT else {_convert_to_snake_case(name): _convert_value(name, item) for name, item in value.items()}
    return [_convert_value(key, item) for item in value] if isinstance(value, list) else value
