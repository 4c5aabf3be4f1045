"""IAM: roles, their inline and attached policies, managed policies and instance profiles. Ids are names, as AWS has them."""

# ruff: noqa: S105  (type tokens are not passwords)
from __future__ import annotations

import json
from typing import Any
from urllib.parse import unquote

from botocore.exceptions import ClientError

from containment.lab.providers.aws.resource import Resource, names, tag_list
from containment.lab.providers.handler import Call, Props, RefusedError


def document(value: Any) -> str:
    """Return a policy document that AWS answered as the text it was (boto3 decodes it for roles)."""
    return json.dumps(value) if isinstance(value, dict) else unquote(str(value))


class _Named(Resource):
    """What IAM knows by a name. One that exists already is an error: it is not ours to take over."""

    service = "iam"
    autoname = "name"
    kind = ""
    """IAM's word: Role gives create_role, RoleName, tag_role."""

    def __init__(self, endpoint: str) -> None:
        super().__init__(endpoint)
        words = "_".join(_words(self.kind))
        self.id_arg = self.find_by = f"{self.kind}Name"
        self.create_call, self.find_call, self.delete_call = f"create_{words}", f"get_{words}", f"delete_{words}"
        self.made, self.found = f"{self.kind}.{self.kind}Name", self.kind

    def create_args(self, call: Call, inputs: Props) -> Props:
        """IAM takes tags as a plain list."""
        args = super().create_args(call, inputs)
        return args | ({"Tags": tag_list(inputs["tags"])} if inputs.get("tags") else {})

    def make(self, call: Call, inputs: Props) -> str:
        """Make it."""
        try:
            return super().make(call, inputs)
        except ClientError as error:
            if error.response["Error"]["Code"] == "EntityAlreadyExists":
                name = inputs[self.autoname or "name"]
                raise RefusedError(
                    f"{self.kind} {name} exists already and is not this resource's; delete it or choose another name"
                ) from error
            raise

    def retag(self, call: Call, ident: str, old: dict[str, str], new: dict[str, str], live: Props) -> None:
        """IAM has a call for each kind."""
        words = "_".join(_words(self.kind))
        if dropped := sorted(old.keys() - new.keys()):
            self.ask(call, live, f"untag_{words}", **{self.id_arg: ident}, TagKeys=dropped)
        if new:
            self.ask(call, live, f"tag_{words}", **{self.id_arg: ident}, Tags=tag_list(new))


def _words(name: str) -> list[str]:
    out: list[str] = []
    for letter in name:
        if letter.isupper():
            out.append("")
        out[-1] += letter.lower()
    return out


class Role(_Named):
    """A role; its inline and attached policies go before it does."""

    token = "aws:iam/role:Role"
    kind = "Role"
    defaults = {"forceDetachPolicies": False, "maxSessionDuration": 3600, "path": "/"}
    documents = frozenset({"assumeRolePolicy"})
    sets = frozenset({"managedPolicyArns"})
    send = names("path description maxSessionDuration permissionsBoundary", name="RoleName", assumeRolePolicy="AssumeRolePolicyDocument")
    show = names(
        "path description maxSessionDuration",
        name="RoleName",
        arn="Arn",
        uniqueId="RoleId",
        permissionsBoundary="PermissionsBoundary.PermissionsBoundaryArn",
    )
    also_in_place = frozenset(
        {
            "description",
            "maxSessionDuration",
            "assumeRolePolicy",
            "permissionsBoundary",
            "forceDetachPolicies",
            "inlinePolicies",
            "managedPolicyArns",
        }
    )

    def props(self, call: Call, ident: str, thing: Props, state: Props) -> Props:
        """Add the policies."""
        out = super().props(call, ident, thing, state)
        out["assumeRolePolicy"] = document(thing["AssumeRolePolicyDocument"])
        out["createDate"] = thing["CreateDate"].isoformat()
        attached = self.ask(call, state, "list_attached_role_policies", RoleName=ident)["AttachedPolicies"]
        out["managedPolicyArns"] = sorted(each["PolicyArn"] for each in attached)
        out["inlinePolicies"] = [
            {"name": name, "policy": document(self.ask(call, state, "get_role_policy", RoleName=ident, PolicyName=name)["PolicyDocument"])}
            for name in sorted(self.ask(call, state, "list_role_policies", RoleName=ident)["PolicyNames"])
        ]
        return out

    def same(self, key: str, one: Any, other: Any) -> bool:
        """Compare inline policies by name and meaning."""
        if key == "inlinePolicies" and isinstance(one, list) and isinstance(other, list):
            mine, theirs = ({each.get("name"): each.get("policy") for each in side if each} for side in (one, other))
            return mine.keys() == theirs.keys() and all(super(Role, self).same("assumeRolePolicy", mine[k], theirs[k]) for k in mine)
        return super().same(key, one, other)

    def made_it(self, call: Call, ident: str, inputs: Props) -> None:
        """Add the policies given with it."""
        self._policies(call, ident, {"inlinePolicies": [], "managedPolicyArns": []}, inputs)

    def modify(self, call: Call, ident: str, live: Props, inputs: Props) -> None:
        """Change what changes in place."""
        if not self.same("assumeRolePolicy", live["assumeRolePolicy"], inputs["assumeRolePolicy"]):
            self.ask(call, inputs, "update_assume_role_policy", RoleName=ident, PolicyDocument=inputs["assumeRolePolicy"])
        if any(live.get(key) != inputs.get(key) for key in ("description", "maxSessionDuration")):
            args = {"Description": inputs.get("description") or "", "MaxSessionDuration": int(inputs.get("maxSessionDuration") or 3600)}
            self.ask(call, inputs, "update_role", RoleName=ident, **args)
        if live.get("permissionsBoundary") != inputs.get("permissionsBoundary"):
            if boundary := inputs.get("permissionsBoundary"):
                self.ask(call, inputs, "put_role_permissions_boundary", RoleName=ident, PermissionsBoundary=boundary)
            else:
                self.ask(call, inputs, "delete_role_permissions_boundary", RoleName=ident)
        self._policies(call, ident, live, inputs)

    def _policies(self, call: Call, ident: str, live: Props, inputs: Props) -> None:
        if (wanted := inputs.get("managedPolicyArns")) is not None:
            for arn in sorted(set(live["managedPolicyArns"]) - set(wanted)):
                self.ask(call, inputs, "detach_role_policy", RoleName=ident, PolicyArn=arn)
            for arn in sorted(set(wanted) - set(live["managedPolicyArns"])):
                self.ask(call, inputs, "attach_role_policy", RoleName=ident, PolicyArn=arn)
        if (inline := inputs.get("inlinePolicies")) is not None:
            given = {each["name"]: each["policy"] for each in inline if each.get("name")}
            for name in {each["name"] for each in live["inlinePolicies"]} - given.keys():
                self.ask(call, inputs, "delete_role_policy", RoleName=ident, PolicyName=name)
            for name, policy in given.items():
                self.ask(call, inputs, "put_role_policy", RoleName=ident, PolicyName=name, PolicyDocument=policy)

    def unmake(self, call: Call, ident: str, state: Props) -> None:
        """Policies given with it go with it; those attached elsewhere only when it says so."""
        if thing := self.find(call, ident, state):
            live = self.props(call, ident, thing, state)
            force = state.get("forceDetachPolicies")
            ours = {each.get("name") for each in state.get("inlinePolicies") or ()}
            drop = {"inlinePolicies": [] if force else [each for each in live["inlinePolicies"] if each["name"] not in ours]}
            arns = set(state.get("managedPolicyArns") or ())
            keep = [] if force else [each for each in live["managedPolicyArns"] if each not in arns]
            self._policies(call, ident, live, {**state, **drop, "managedPolicyArns": keep})
            super().unmake(call, ident, state)


class Policy(_Named):
    """A managed policy; its id is its ARN."""

    token = "aws:iam/policy:Policy"
    kind = "Policy"
    defaults = {"path": "/"}
    documents = frozenset({"policy"})
    send = names("path description", name="PolicyName", policy="PolicyDocument")
    show = names("path description attachmentCount policyId", name="PolicyName", arn="Arn")
    also_in_place = frozenset({"policy"})

    def __init__(self, endpoint: str) -> None:
        super().__init__(endpoint)
        self.made, self.id_arg, self.find_by = "Policy.Arn", "PolicyArn", "PolicyArn"

    def props(self, call: Call, ident: str, thing: Props, state: Props) -> Props:
        """Add the document of its default version."""
        version = self.ask(call, state, "get_policy_version", PolicyArn=ident, VersionId=thing["DefaultVersionId"])["PolicyVersion"]
        return super().props(call, ident, thing, state) | {"policy": document(version["Document"])}

    def modify(self, call: Call, ident: str, live: Props, inputs: Props) -> None:
        """A changed document is a new default version; older ones go."""
        if not self.same("policy", live["policy"], inputs["policy"]):
            self._prune(call, ident, inputs)
            self.ask(call, inputs, "create_policy_version", PolicyArn=ident, PolicyDocument=inputs["policy"], SetAsDefault=True)
        self._prune(call, ident, inputs)

    def _prune(self, call: Call, ident: str, inputs: Props) -> None:
        for each in self.ask(call, inputs, "list_policy_versions", PolicyArn=ident)["Versions"]:
            if not each["IsDefaultVersion"]:
                self.ask(call, inputs, "delete_policy_version", PolicyArn=ident, VersionId=each["VersionId"])

    def unmake(self, call: Call, ident: str, state: Props) -> None:
        """Older versions go first."""
        if self.find(call, ident, state):
            self._prune(call, ident, state)
            super().unmake(call, ident, state)


class InstanceProfile(_Named):
    """An instance profile with its one role."""

    token = "aws:iam/instanceProfile:InstanceProfile"
    kind = "InstanceProfile"
    defaults = {"path": "/"}
    send = names("path", name="InstanceProfileName")
    show = names("path", name="InstanceProfileName", arn="Arn", uniqueId="InstanceProfileId", role="Roles.0.RoleName")
    also_in_place = frozenset({"role"})

    def props(self, call: Call, ident: str, thing: Props, state: Props) -> Props:
        """Add when it was made."""
        return super().props(call, ident, thing, state) | {"createDate": thing["CreateDate"].isoformat()}

    def made_it(self, call: Call, ident: str, inputs: Props) -> None:
        """Add the role."""
        self.modify(call, ident, {}, inputs)

    def modify(self, call: Call, ident: str, live: Props, inputs: Props) -> None:
        """Swap the role."""
        old, new = live.get("role"), inputs.get("role")
        if old and old != new:
            self.ask(call, inputs, "remove_role_from_instance_profile", InstanceProfileName=ident, RoleName=old)
        if new and old != new:
            self.ask(call, inputs, "add_role_to_instance_profile", InstanceProfileName=ident, RoleName=new)

    def unmake(self, call: Call, ident: str, state: Props) -> None:
        """The role comes out first."""
        if thing := self.find(call, ident, state):
            for role in thing.get("Roles", ()):
                self.ask(call, state, "remove_role_from_instance_profile", InstanceProfileName=ident, RoleName=role["RoleName"])
            super().unmake(call, ident, state)


class RolePolicy(Resource):
    """An inline policy of a role; its id is `<role>:<name>`."""

    service = "iam"
    token = "aws:iam/rolePolicy:RolePolicy"
    autoname = "name"
    documents = frozenset({"policy"})
    also = frozenset({"name", "role"})
    also_in_place = frozenset({"policy"})

    def make(self, call: Call, inputs: Props) -> str:
        """Put it."""
        self._put(call, inputs)
        ident = f"{inputs['role']}:{inputs['name']}"
        call.claim(ident)
        return ident

    def _put(self, call: Call, inputs: Props) -> None:
        args = {"RoleName": inputs["role"], "PolicyName": inputs["name"], "PolicyDocument": inputs["policy"]}
        self.ask(call, inputs, "put_role_policy", **args)

    def find(self, call: Call, ident: str, state: Props) -> Props | None:
        """Get it."""
        role, name = ident.split(":", 1)
        found: Props | None = self.quietly(lambda: self.ask(call, state, "get_role_policy", RoleName=role, PolicyName=name))
        return found and {"role": role, "name": name, "policy": document(found["PolicyDocument"])}

    show = {"role": "role", "name": "name", "policy": "policy"}

    def modify(self, call: Call, ident: str, live: Props, inputs: Props) -> None:  # noqa: ARG002
        """Put it again."""
        if not self.same("policy", live["policy"], inputs["policy"]):
            self._put(call, inputs)

    def unmake(self, call: Call, ident: str, state: Props) -> None:
        """Delete it."""
        role, name = ident.split(":", 1)
        self.ask(call, state, "delete_role_policy", RoleName=role, PolicyName=name)


class RolePolicyAttachment(Resource):
    """A managed policy on a role; its id is `<role>/<policy arn>`."""

    service = "iam"
    token = "aws:iam/rolePolicyAttachment:RolePolicyAttachment"
    also = frozenset({"role", "policyArn"})

    def make(self, call: Call, inputs: Props) -> str:
        """Attach it."""
        self.ask(call, inputs, "attach_role_policy", RoleName=inputs["role"], PolicyArn=inputs["policyArn"])
        ident = f"{inputs['role']}/{inputs['policyArn']}"
        call.claim(ident)
        return ident

    def find(self, call: Call, ident: str, state: Props) -> Props | None:
        """Look at the role."""
        role, arn = ident.split("/", 1)
        answer = self.quietly(lambda: self.ask(call, state, "list_attached_role_policies", RoleName=role))
        there = answer and any(each["PolicyArn"] == arn for each in answer["AttachedPolicies"])
        return {"role": role, "policyArn": arn} if there else None

    show = {"role": "role", "policyArn": "policyArn"}

    def unmake(self, call: Call, ident: str, state: Props) -> None:
        """Detach it."""
        if thing := self.find(call, ident, state):
            self.ask(call, state, "detach_role_policy", RoleName=thing["role"], PolicyArn=thing["policyArn"])


TYPES = (Role, Policy, InstanceProfile, RolePolicy, RolePolicyAttachment)
