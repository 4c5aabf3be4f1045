"""IAM: roles, their inline and attached policies, managed policies and instance profiles. Ids are names, as in AWS."""

# ruff: noqa: S105  (type tokens are not passwords)
from __future__ import annotations

import json
from typing import Any
from urllib.parse import unquote

from containment_lab.providers.aws.named_resource import NamedResource
from containment_lab.providers.aws.resource import Resource, ServiceTaggedResource, map_names, split_words
from containment_lab.providers.handler import Call, Props


def decode_document(value: Any) -> str:
    """Return a policy document from AWS as text (boto3 decodes it for roles)."""
    return json.dumps(value) if isinstance(value, dict) else unquote(str(value))


class _NamedEntity(NamedResource, ServiceTaggedResource):
    """A type that IAM identifies by name."""

    service = "iam"
    names = {
        "create_call": "create_{words}",
        "made": "{kind}.{kind}Name",
        "find_call": "get_{words}",
        "find_by": "{kind}Name",
        "found": "{kind}",
        "delete_call": "delete_{words}",
        "id_arg": "{kind}Name",
        "untag_call": "untag_{words}",
        "tag_call": "tag_{words}",
    }
    tags_at_create = True


class Role(_NamedEntity):
    """A role; its inline and attached policies are deleted first."""

    token = "aws:iam/role:Role"
    kind = "Role"
    defaults = {"forceDetachPolicies": False, "maxSessionDuration": 3600, "path": "/"}
    documents = frozenset({"assumeRolePolicy"})
    sets = frozenset({"managedPolicyArns"})
    send = map_names(
        "path description maxSessionDuration permissionsBoundary", name="RoleName", assumeRolePolicy="AssumeRolePolicyDocument"
    )
    show = map_names(
        "path description maxSessionDuration",
        name="RoleName",
        arn="Arn",
        uniqueId="RoleId",
        permissionsBoundary="PermissionsBoundary.PermissionsBoundaryArn",
    )
    also_in_place = split_words(
        "description maxSessionDuration assumeRolePolicy permissionsBoundary forceDetachPolicies inlinePolicies managedPolicyArns"
    )

    def build_outputs(self, call: Call, ident: str, thing: Props, state: Props) -> Props:
        """Add the policies."""
        out = super().build_outputs(call, ident, thing, state)
        out["assumeRolePolicy"] = decode_document(thing["AssumeRolePolicyDocument"])
        out["createDate"] = thing["CreateDate"].isoformat()
        attached = self.call_aws(call, state, "list_attached_role_policies", RoleName=ident)["AttachedPolicies"]
        out["managedPolicyArns"] = sorted(each["PolicyArn"] for each in attached)
        out["inlinePolicies"] = [
            {
                "name": name,
                "policy": decode_document(self.call_aws(call, state, "get_role_policy", RoleName=ident, PolicyName=name)["PolicyDocument"]),
            }
            for name in sorted(self.call_aws(call, state, "list_role_policies", RoleName=ident)["PolicyNames"])
        ]
        return out

    def is_same(self, key: str, one: Any, other: Any) -> bool:
        """Compare inline policies by name and meaning."""
        if key == "inlinePolicies" and isinstance(one, list) and isinstance(other, list):
            mine, theirs = ({each.get("name"): each.get("policy") for each in side if each} for side in (one, other))
            return mine.keys() == theirs.keys() and all(super(Role, self).is_same("assumeRolePolicy", mine[k], theirs[k]) for k in mine)
        return super().is_same(key, one, other)

    def finish_create(self, call: Call, ident: str, inputs: Props) -> None:
        """Add the inline policies."""
        self._apply_policies(call, ident, {"inlinePolicies": [], "managedPolicyArns": []}, inputs)

    def modify(self, call: Call, ident: str, live: Props, inputs: Props) -> None:
        """Change properties that can change in place."""
        if not self.is_same("assumeRolePolicy", live["assumeRolePolicy"], inputs["assumeRolePolicy"]):
            self.call_aws(call, inputs, "update_assume_role_policy", RoleName=ident, PolicyDocument=inputs["assumeRolePolicy"])
        if any(live.get(key) != inputs.get(key) for key in ("description", "maxSessionDuration")):
            args = {"Description": inputs.get("description") or "", "MaxSessionDuration": int(inputs.get("maxSessionDuration") or 3600)}
            self.call_aws(call, inputs, "update_role", RoleName=ident, **args)
        if live.get("permissionsBoundary") != inputs.get("permissionsBoundary"):
            if boundary := inputs.get("permissionsBoundary"):
                self.call_aws(call, inputs, "put_role_permissions_boundary", RoleName=ident, PermissionsBoundary=boundary)
            else:
                self.call_aws(call, inputs, "delete_role_permissions_boundary", RoleName=ident)
        self._apply_policies(call, ident, live, inputs)

    def _apply_policies(self, call: Call, ident: str, live: Props, inputs: Props) -> None:
        if (wanted := inputs.get("managedPolicyArns")) is not None:
            for arn in sorted(set(live["managedPolicyArns"]) - set(wanted)):
                self.call_aws(call, inputs, "detach_role_policy", RoleName=ident, PolicyArn=arn)
            for arn in sorted(set(wanted) - set(live["managedPolicyArns"])):
                self.call_aws(call, inputs, "attach_role_policy", RoleName=ident, PolicyArn=arn)
        if (inline := inputs.get("inlinePolicies")) is not None:
            given = {each["name"]: each["policy"] for each in inline if each.get("name")}
            for name in {each["name"] for each in live["inlinePolicies"]} - given.keys():
                self.call_aws(call, inputs, "delete_role_policy", RoleName=ident, PolicyName=name)
            for name, policy in given.items():
                self.call_aws(call, inputs, "put_role_policy", RoleName=ident, PolicyName=name, PolicyDocument=policy)

    def unmake(self, call: Call, ident: str, thing: Props, state: Props) -> None:
        """Remove the role's own policies first; policies added elsewhere only if `forceDetachPolicies` is set."""
        live = self.build_outputs(call, ident, thing, state)
        force = state.get("forceDetachPolicies")
        ours = {each.get("name") for each in state.get("inlinePolicies") or ()}
        drop = {"inlinePolicies": [] if force else [each for each in live["inlinePolicies"] if each["name"] not in ours]}
        arns = set(state.get("managedPolicyArns") or ())
        keep = [] if force else [each for each in live["managedPolicyArns"] if each not in arns]
        self._apply_policies(call, ident, live, {**state, **drop, "managedPolicyArns": keep})
        super().unmake(call, ident, thing, state)


class Policy(_NamedEntity):
    """A managed policy; its id is its ARN."""

    token = "aws:iam/policy:Policy"
    kind = "Policy"
    made, id_arg, find_by = "Policy.Arn", "PolicyArn", "PolicyArn"
    defaults = {"path": "/"}
    documents = frozenset({"policy"})
    send = map_names("path description", name="PolicyName", policy="PolicyDocument")
    show = map_names("path description attachmentCount policyId", name="PolicyName", arn="Arn")
    also_in_place = frozenset({"policy"})

    def build_outputs(self, call: Call, ident: str, thing: Props, state: Props) -> Props:
        """Add the document of its default version."""
        version = self.call_aws(call, state, "get_policy_version", PolicyArn=ident, VersionId=thing["DefaultVersionId"])["PolicyVersion"]
        return super().build_outputs(call, ident, thing, state) | {"policy": decode_document(version["Document"])}

    def modify(self, call: Call, ident: str, live: Props, inputs: Props) -> None:
        """Make a changed document the new default version; delete older versions."""
        if not self.is_same("policy", live["policy"], inputs["policy"]):
            self._prune(call, ident, inputs)
            self.call_aws(call, inputs, "create_policy_version", PolicyArn=ident, PolicyDocument=inputs["policy"], SetAsDefault=True)
        self._prune(call, ident, inputs)

    def _prune(self, call: Call, ident: str, inputs: Props) -> None:
        for each in self.call_aws(call, inputs, "list_policy_versions", PolicyArn=ident)["Versions"]:
            if not each["IsDefaultVersion"]:
                self.call_aws(call, inputs, "delete_policy_version", PolicyArn=ident, VersionId=each["VersionId"])

    def unmake(self, call: Call, ident: str, thing: Props, state: Props) -> None:
        """Delete older versions first."""
        self._prune(call, ident, state)
        super().unmake(call, ident, thing, state)


class InstanceProfile(_NamedEntity):
    """An instance profile with its one role."""

    unfinished: Props = {}
    token = "aws:iam/instanceProfile:InstanceProfile"
    kind = "InstanceProfile"
    defaults = {"path": "/"}
    send = map_names("path", name="InstanceProfileName")
    show = map_names("path", name="InstanceProfileName", arn="Arn", uniqueId="InstanceProfileId", role="Roles.0.RoleName")
    also_in_place = frozenset({"role"})

    def build_outputs(self, call: Call, ident: str, thing: Props, state: Props) -> Props:
        """Add the creation time."""
        return super().build_outputs(call, ident, thing, state) | {"createDate": thing["CreateDate"].isoformat()}

    def modify(self, call: Call, ident: str, live: Props, inputs: Props) -> None:
        """Replace the role."""
        old, new = live.get("role"), inputs.get("role")
        if old and old != new:
            self.call_aws(call, inputs, "remove_role_from_instance_profile", InstanceProfileName=ident, RoleName=old)
        if new and old != new:
            self.call_aws(call, inputs, "add_role_to_instance_profile", InstanceProfileName=ident, RoleName=new)

    def unmake(self, call: Call, ident: str, thing: Props, state: Props) -> None:
        """Remove the role, then delete the profile."""
        for role in thing.get("Roles", ()):
            self.call_aws(call, state, "remove_role_from_instance_profile", InstanceProfileName=ident, RoleName=role["RoleName"])
        super().unmake(call, ident, thing, state)


class RolePolicy(Resource):
    """An inline policy of a role; its id is `<role>:<name>`."""

    service = "iam"
    token = "aws:iam/rolePolicy:RolePolicy"
    autoname = "name"
    documents = frozenset({"policy"})
    create_call, delete_call, delete_by = "put_role_policy", "delete_role_policy", ("RoleName", "PolicyName")
    ident = "{role}:{name}"
    send = show = map_names(role="RoleName", name="PolicyName", policy="PolicyDocument")
    also_in_place = frozenset({"policy"})

    def find(self, call: Call, ident: str, state: Props) -> Props | None:
        """Return the policy."""
        role, name = ident.split(":", 1)
        found: Props | None = self.try_call(lambda: self.call_aws(call, state, "get_role_policy", RoleName=role, PolicyName=name))
        return found and {"RoleName": role, "PolicyName": name, "PolicyDocument": decode_document(found["PolicyDocument"])}

    def modify(self, call: Call, ident: str, live: Props, inputs: Props) -> None:  # noqa: ARG002
        """Put the policy again."""
        if not self.is_same("policy", live["policy"], inputs["policy"]):
            self.call_aws(call, inputs, self.create_call, **self.create_args(call, inputs))


class RolePolicyAttachment(Resource):
    """A managed policy on a role; its id is `<role>/<policy arn>`."""

    service = "iam"
    token = "aws:iam/rolePolicyAttachment:RolePolicyAttachment"
    create_call, delete_call, delete_by = "attach_role_policy", "detach_role_policy", ("RoleName", "PolicyArn")
    ident = "{role}/{policyArn}"
    send = show = map_names(role="RoleName", policyArn="PolicyArn")

    def find(self, call: Call, ident: str, state: Props) -> Props | None:
        """Return the policy if the role has it."""
        role, arn = ident.split("/", 1)
        answer = self.try_call(lambda: self.call_aws(call, state, "list_attached_role_policies", RoleName=role))
        there = answer and any(each["PolicyArn"] == arn for each in answer["AttachedPolicies"])
        return {"RoleName": role, "PolicyArn": arn} if there else None


TYPES = (Role, Policy, InstanceProfile, RolePolicy, RolePolicyAttachment)
