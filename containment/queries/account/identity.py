"""Read the rights of the hosts' roles: instance profiles, trust policies, inline and attached policies.

Calls: IAM API reference. The stack's managed policies are read in their default version; of other managed policies only the ARN is read.
"""

from __future__ import annotations

import json
from typing import Any

from containment.queries.account.reading import Reading, read_pages
from policypack.graph import known_types as kt
from policypack.graph.resources import Graph


def read_identity(reading: Reading, iam: Any, graph: Graph) -> None:
    """Add the instance profiles of the hosts in `reading`, their roles, and the stack's managed policies."""
    names = {one.get("iamInstanceProfile") for one in reading.resources if one.type == kt.INSTANCE}
    for name in sorted(str(name) for name in names if name):
        reading.attempt(f"instance profile {name}", lambda name=name: _read_profile(reading, iam, name))  # type: ignore[misc]
    for policy in graph.find_by_type(kt.POLICY):
        arn = policy.get_output("arn")
        if isinstance(arn, str):
            reading.attempt(f"policy {arn}", lambda arn=arn: _read_policy(reading, iam, arn))  # type: ignore[misc]


def _read_profile(reading: Reading, iam: Any, name: str) -> None:
    profile = iam.get_instance_profile(InstanceProfileName=name)["InstanceProfile"]
    for role in profile["Roles"]:
        reading.add(kt.PROFILE, name, {"name": name, "role": role["RoleName"], "arn": profile["Arn"]})
        _read_role(reading, iam, role["RoleName"])


def _read_role(reading: Reading, iam: Any, name: str) -> None:
    role = iam.get_role(RoleName=name)["Role"]
    inline = [
        {"name": each, "policy": json.dumps(iam.get_role_policy(RoleName=name, PolicyName=each)["PolicyDocument"])}
        for each in read_pages(iam, "list_role_policies", "PolicyNames", RoleName=name)
    ]
    attached = [each["PolicyArn"] for each in read_pages(iam, "list_attached_role_policies", "AttachedPolicies", RoleName=name)]
    props = {
        "name": name,
        "arn": role["Arn"],
        "assumeRolePolicy": json.dumps(role["AssumeRolePolicyDocument"]),
        "inlinePolicies": inline,
        "managedPolicyArns": attached,
    }
    reading.add(kt.ROLE, name, props)
    for each in inline:
        reading.add(kt.ROLE_POLICY, f"{name}:{each['name']}", {"role": name, "name": each["name"], "policy": each["policy"]})


def _read_policy(reading: Reading, iam: Any, arn: str) -> None:
    version = iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
    document = iam.get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"]["Document"]
    reading.add(kt.POLICY, arn, {"arn": arn, "policy": document if isinstance(document, str) else json.dumps(document)})
