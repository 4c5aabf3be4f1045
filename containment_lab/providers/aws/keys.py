"""KMS keys and aliases."""

# ruff: noqa: S105  (type tokens are not passwords)
from __future__ import annotations

from typing import Any

from containment_lab.providers.aws.named_resource import NamedResource
from containment_lab.providers.aws.resource import ACCOUNT, ServiceTaggedResource, map_names, split_words
from containment_lab.providers.handler import Call, Props


class KmsKey(ServiceTaggedResource):
    """A KMS key; deletion schedules its deletion."""

    service = "kms"
    token = "aws:kms/key:Key"
    defaults = {
        "bypassPolicyLockoutSafetyCheck": False,
        "customerMasterKeySpec": "SYMMETRIC_DEFAULT",
        "enableKeyRotation": False,
        "isEnabled": True,
        "keyUsage": "ENCRYPT_DECRYPT",
    }
    documents = frozenset({"policy"})
    create_call, made = "create_key", "KeyMetadata.KeyId"
    find_call, find_by, found = "describe_key", "KeyId", "KeyMetadata"
    delete_call, id_arg = "schedule_key_deletion", "KeyId"
    tags_at_create = True
    send = map_names("description policy keyUsage multiRegion", customerMasterKeySpec="KeySpec")
    show = map_names("description keyId keyUsage multiRegion arn", customerMasterKeySpec="KeySpec", isEnabled="Enabled")
    also_in_place = split_words(
        "description policy enableKeyRotation isEnabled deletionWindowInDays bypassPolicyLockoutSafetyCheck rotationPeriodInDays"
    )

    def encode_tags(self, tags: dict[str, str]) -> list[dict[str, str]]:
        """Return tags with KMS's names for key and value."""
        return [{"TagKey": key, "TagValue": value} for key, value in sorted(tags.items())]

    def finish_create(self, call: Call, ident: str, inputs: Props) -> None:
        """Set rotation and state."""
        self.modify(call, ident, {**inputs, "enableKeyRotation": False, "isEnabled": True}, inputs)

    def find(self, call: Call, ident: str, state: Props) -> Props | None:
        """Return the key, None for one scheduled for deletion."""
        thing = super().find(call, ident, state)
        return None if thing is None or thing.get("KeyState") == "PendingDeletion" else thing

    def build_outputs(self, call: Call, ident: str, thing: Props, state: Props) -> Props:
        """Add policy and rotation."""
        out = super().build_outputs(call, ident, thing, state)
        out["arn"] = thing["Arn"]
        out["policy"] = self.call_aws(call, state, "get_key_policy", KeyId=ident, PolicyName="default")["Policy"]
        rotation = self.call_aws(call, state, "get_key_rotation_status", KeyId=ident)
        out["enableKeyRotation"] = rotation["KeyRotationEnabled"]
        out["rotationPeriodInDays"] = rotation.get("RotationPeriodInDays")
        return out

    def read_tags(self, call: Call, ident: str, thing: Props) -> dict[str, str]:
        """Return the tags by key, as KMS requires."""
        answer = self.call_aws(call, {"region": thing["Arn"].split(":")[3]}, "list_resource_tags", KeyId=ident)
        return {each["TagKey"]: each["TagValue"] for each in answer["Tags"]}

    def modify(self, call: Call, ident: str, live: Props, inputs: Props) -> None:
        """Change properties that can change in place."""
        if (text := inputs.get("description")) is not None and text != live.get("description"):
            self.call_aws(call, inputs, "update_key_description", KeyId=ident, Description=text)
        if inputs.get("policy") and not self.is_same("policy", inputs["policy"], live.get("policy")):
            self.call_aws(call, inputs, "put_key_policy", KeyId=ident, PolicyName="default", Policy=inputs["policy"])
        if bool(inputs.get("enableKeyRotation")) != live["enableKeyRotation"]:
            rotate = bool(inputs.get("enableKeyRotation"))
            period = {"RotationPeriodInDays": int(inputs["rotationPeriodInDays"])} if rotate and inputs.get("rotationPeriodInDays") else {}
            self.call_aws(call, inputs, "enable_key_rotation" if rotate else "disable_key_rotation", KeyId=ident, **period)
        if inputs.get("isEnabled", True) != live["isEnabled"]:
            self.call_aws(call, inputs, "enable_key" if inputs.get("isEnabled", True) else "disable_key", KeyId=ident)

    def unmake(self, call: Call, ident: str, thing: Props, state: Props) -> None:  # noqa: ARG002
        """Schedule the deletion once."""
        days = int(state.get("deletionWindowInDays") or 30)
        self.call_aws(call, state, "schedule_key_deletion", KeyId=ident, PendingWindowInDays=days)


class KmsAlias(NamedResource):
    """A KMS alias; its name starts with `alias/`."""

    service = "kms"
    token = "aws:kms/alias:Alias"
    create_call, delete_call, id_arg = "create_alias", "delete_alias", "AliasName"
    send = map_names("targetKeyId", name="AliasName")
    also_in_place = frozenset({"targetKeyId"})
    arn = "arn:aws:kms:{region}:{account}:{id}"

    def check(self, call: Call, inputs: Props) -> Any:
        """Add AWS's prefix to a generated name."""
        if isinstance(inputs.get("name"), str) and not inputs["name"].startswith("alias/") and inputs["name"].startswith(f"{call.name}-"):
            inputs["name"] = f"alias/{inputs['name']}"
        return super().check(call, inputs)

    def create_args(self, call: Call, inputs: Props) -> Props:
        """Send the key's id, also for a key given by ARN."""
        return {**super().create_args(call, inputs), "TargetKeyId": inputs["targetKeyId"].rsplit("/", 1)[-1]}

    def find(self, call: Call, ident: str, state: Props) -> Props | None:
        """Return the alias of exactly this name."""
        return next((each for each in self.call_aws(call, state, "list_aliases")["Aliases"] if each["AliasName"] == ident), None)

    def build_outputs(self, call: Call, ident: str, thing: Props, state: Props) -> Props:
        """Add the key in the form of the inputs."""
        key = thing["TargetKeyId"]
        arn = f"arn:aws:kms:{self.get_region(call, state)}:{ACCOUNT}:key/{key}"
        given = state.get("targetKeyId")
        out = super().build_outputs(call, ident, thing, state)
        return out | {"name": ident, "targetKeyId": given if given in (key, arn) else key, "targetKeyArn": arn}

    def modify(self, call: Call, ident: str, live: Props, inputs: Props) -> None:
        """Set another key."""
        key = inputs["targetKeyId"].rsplit("/", 1)[-1]
        if live["targetKeyId"].rsplit("/", 1)[-1] != key:
            self.call_aws(call, inputs, "update_alias", AliasName=ident, TargetKeyId=key)


TYPES = (KmsKey, KmsAlias)
