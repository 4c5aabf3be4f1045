"""Logs, keys and storage: log groups, flow logs, KMS keys and aliases, SSM parameters, S3 buckets."""

# ruff: noqa: S105  (type tokens are not passwords)
from __future__ import annotations

from typing import Any

from botocore.exceptions import ClientError

from containment_lab.cloud.clients import REGION
from containment_lab.providers.aws.resource import ACCOUNT, Resource, decode_tags, dig, encode_tags, map_names
from containment_lab.providers.handler import Call, Props, RefusedError

_EXISTS = (
    "ResourceAlreadyExistsException",
    "ParameterAlreadyExists",
    "BucketAlreadyOwnedByYou",
    "BucketAlreadyExists",
    "AlreadyExistsException",
)


class _NamedResource(Resource):
    """A type identified by a name of the program. An existing name is an error: its object belongs to another owner."""

    autoname = "name"

    def make(self, call: Call, inputs: Props) -> str:
        """Create the object; refuse an existing name."""
        ident = str(inputs[self.autoname or "name"])
        try:
            self.call_aws(call, inputs, self.create_call, **self.create_args(call, inputs))
        except ClientError as error:
            if error.response["Error"]["Code"] in _EXISTS:
                raise RefusedError(
                    f"{self.token} {ident} exists already and is not this resource's; delete it or choose another name"
                ) from error
            raise
        call.claim(ident)
        return ident


class LogGroup(_NamedResource):
    """A CloudWatch log group."""

    service = "logs"
    token = "aws:cloudwatch/logGroup:LogGroup"
    defaults = {"retentionInDays": 0, "skipDestroy": False}
    create_call, delete_call, id_arg = "create_log_group", "delete_log_group", "logGroupName"
    send = {"name": "logGroupName", "kmsKeyId": "kmsKeyId", "tags": "tags", "logGroupClass": "logGroupClass"}
    show = {"name": "logGroupName", "kmsKeyId": "kmsKeyId", "logGroupClass": "logGroupClass"}
    also_in_place = frozenset({"retentionInDays", "kmsKeyId", "skipDestroy"})
    arn = "arn:aws:logs:{region}:{account}:log-group:{id}"

    def finish_create(self, call: Call, ident: str, inputs: Props) -> None:
        """Set the retention."""
        self._retain(call, ident, inputs)

    def _retain(self, call: Call, ident: str, inputs: Props) -> None:
        if days := int(inputs.get("retentionInDays") or 0):
            self.call_aws(call, inputs, "put_retention_policy", logGroupName=ident, retentionInDays=days)
        else:
            self.call_aws(call, inputs, "delete_retention_policy", logGroupName=ident)

    def find(self, call: Call, ident: str, state: Props) -> Props | None:
        """Return the group of exactly this name."""
        groups = self.call_aws(call, state, "describe_log_groups", logGroupNamePrefix=ident)["logGroups"]
        return next((each for each in groups if each["logGroupName"] == ident), None)

    def build_outputs(self, call: Call, ident: str, thing: Props, state: Props) -> Props:
        """Add the retention; 0 means for ever."""
        return super().build_outputs(call, ident, thing, state) | {"retentionInDays": thing.get("retentionInDays", 0)}

    def read_tags(self, call: Call, ident: str, thing: Props) -> dict[str, str]:  # noqa: ARG002
        """Return the tags by ARN, as CloudWatch Logs requires."""
        arn = thing["arn"].removesuffix(":*")
        tags: dict[str, str] = self.call_aws(call, {"region": arn.split(":")[3]}, "list_tags_for_resource", resourceArn=arn)["tags"]
        return tags

    def modify(self, call: Call, ident: str, live: Props, inputs: Props) -> None:
        """Change retention and key."""
        if live["retentionInDays"] != int(inputs.get("retentionInDays") or 0):
            self._retain(call, ident, inputs)
        if live.get("kmsKeyId") != inputs.get("kmsKeyId"):
            if key := inputs.get("kmsKeyId"):
                self.call_aws(call, inputs, "associate_kms_key", logGroupName=ident, kmsKeyId=key)
            else:
                self.call_aws(call, inputs, "disassociate_kms_key", logGroupName=ident)

    def retag(self, call: Call, ident: str, old: dict[str, str], new: dict[str, str], live: Props) -> None:  # noqa: ARG002
        """Change the tags by ARN, as CloudWatch Logs requires."""
        if dropped := sorted(old.keys() - new.keys()):
            self.call_aws(call, live, "untag_resource", resourceArn=live["arn"], tagKeys=dropped)
        if new:
            self.call_aws(call, live, "tag_resource", resourceArn=live["arn"], tags=new)


class FlowLog(Resource):
    """A flow log of a VPC, subnet or interface."""

    token = "aws:ec2/flowLog:FlowLog"
    defaults = {"logDestinationType": "cloud-watch-logs", "maxAggregationInterval": 600}
    create_call, made = "create_flow_logs", "FlowLogIds.0"
    find_call, find_by, found = "describe_flow_logs", "FlowLogIds", "FlowLogs.0"
    delete_call, id_arg = "delete_flow_logs", "FlowLogIds"
    send = map_names("trafficType logDestinationType logFormat maxAggregationInterval", iamRoleArn="DeliverLogsPermissionArn")
    show = map_names("trafficType logDestinationType logFormat maxAggregationInterval", iamRoleArn="DeliverLogsPermissionArn")
    also = frozenset({"vpcId", "subnetId", "eniId", "logDestination"})
    tagged, arn = "vpc-flow-log", "arn:aws:ec2:{region}:{account}:vpc-flow-log/{id}"

    def create_args(self, call: Call, inputs: Props) -> Props:
        """Send the name of the log group, not its ARN: moto reports a failed delivery for an ARN."""
        args = super().create_args(call, inputs)
        kinds = {"vpcId": "VPC", "subnetId": "Subnet", "eniId": "NetworkInterface"}
        given = [(kind, inputs[key]) for key, kind in kinds.items() if inputs.get(key)]
        if len(given) != 1:
            raise RefusedError(f"{call.name}: a flow log needs exactly one of vpcId, subnetId, eniId")
        args |= {"ResourceType": given[0][0], "ResourceIds": [given[0][1]]}
        destination = inputs.get("logDestination")
        if destination and inputs.get("logDestinationType") == "cloud-watch-logs":
            args["LogGroupName"] = destination.split(":log-group:")[-1].removesuffix(":*")
        elif destination:
            args["LogDestination"] = destination
        return args

    def make(self, call: Call, inputs: Props) -> str:
        """Create the flow log; AWS returns success with a list of failures."""
        answer = self.call_aws(call, inputs, "create_flow_logs", **self.create_args(call, inputs))
        if failed := answer.get("Unsuccessful"):
            raise RefusedError(f"CreateFlowLogs: {dig(failed, '0.Error.Code')}: {dig(failed, '0.Error.Message')}")
        ident = str(answer["FlowLogIds"][0])
        call.claim(ident)
        return ident

    def find(self, call: Call, ident: str, state: Props) -> Props | None:
        """Return the flow log; AWS returns an empty list for an unknown id."""
        found = self.try_call(lambda: self.call_aws(call, state, "describe_flow_logs", FlowLogIds=[ident]))
        return dig(found or {}, "FlowLogs.0")  # type: ignore[no-any-return]

    def build_outputs(self, call: Call, ident: str, thing: Props, state: Props) -> Props:
        """Add source and destination in the form of the inputs."""
        out = super().build_outputs(call, ident, thing, state)
        kind = {"vpc-": "vpcId", "subnet-": "subnetId", "eni-": "eniId"}
        out |= {key: thing["ResourceId"] for prefix, key in kind.items() if thing["ResourceId"].startswith(prefix)}
        group = thing.get("LogGroupName")
        out["logDestination"] = thing.get("LogDestination") or (
            f"arn:aws:logs:{self.get_region(call, state)}:{ACCOUNT}:log-group:{group}" if group else None
        )
        if (state.get("logDestination") or "").removesuffix(":*") == out["logDestination"]:
            out["logDestination"] = state["logDestination"]
        return out


class KmsKey(Resource):
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
    send = map_names("description policy keyUsage multiRegion", customerMasterKeySpec="KeySpec")
    show = map_names("description keyId keyUsage multiRegion arn", customerMasterKeySpec="KeySpec", isEnabled="Enabled")
    also_in_place = frozenset(
        {
            "description",
            "policy",
            "enableKeyRotation",
            "isEnabled",
            "deletionWindowInDays",
            "bypassPolicyLockoutSafetyCheck",
            "rotationPeriodInDays",
        }
    )

    def create_args(self, call: Call, inputs: Props) -> Props:
        """Send tags with KMS's names for key and value."""
        args = super().create_args(call, inputs)
        return args | ({"Tags": _encode_kms_tags(inputs["tags"])} if inputs.get("tags") else {})

    def finish_create(self, call: Call, ident: str, inputs: Props) -> None:
        """Set rotation and state."""
        self.modify(call, ident, {"enableKeyRotation": False, "isEnabled": True, **_select_texts(inputs)}, inputs)

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

    def retag(self, call: Call, ident: str, old: dict[str, str], new: dict[str, str], live: Props) -> None:
        """Change the tags by KMS's own calls."""
        if dropped := sorted(old.keys() - new.keys()):
            self.call_aws(call, live, "untag_resource", KeyId=ident, TagKeys=dropped)
        if new:
            self.call_aws(call, live, "tag_resource", KeyId=ident, Tags=_encode_kms_tags(new))

    def unmake(self, call: Call, ident: str, state: Props) -> None:
        """Schedule the deletion once."""
        if self.find(call, ident, state):
            days = int(state.get("deletionWindowInDays") or 30)
            self.call_aws(call, state, "schedule_key_deletion", KeyId=ident, PendingWindowInDays=days)


def _select_texts(inputs: Props) -> Props:
    return {key: inputs.get(key) for key in ("description", "policy")}


def _encode_kms_tags(tags: dict[str, str]) -> list[dict[str, str]]:
    return [{"TagKey": key, "TagValue": value} for key, value in sorted(tags.items())]


class KmsAlias(_NamedResource):
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


class Parameter(_NamedResource):
    """An SSM parameter; its value is a secret."""

    service = "ssm"
    token = "aws:ssm/parameter:Parameter"
    secrets = frozenset({"value"})
    create_call, delete_call, id_arg = "put_parameter", "delete_parameter", "Name"
    find_call, find_by, found = "get_parameter", "Name", "Parameter"
    send = map_names("name type value description allowedPattern tier dataType keyId")
    show = map_names("name type value version dataType", arn="ARN")
    also_in_place = frozenset({"value", "description", "allowedPattern", "tier", "insecureValue", "overwrite"})

    def create_args(self, call: Call, inputs: Props) -> Props:
        """Send the value from `value` or `insecureValue`."""
        args = {**super().create_args(call, inputs), "Overwrite": bool(inputs.get("overwrite"))}
        if inputs.get("insecureValue") is not None:
            args["Value"] = inputs["insecureValue"]
        return args | ({"Tags": encode_tags(inputs["tags"])} if inputs.get("tags") and not args["Overwrite"] else {})

    def find(self, call: Call, ident: str, state: Props) -> Props | None:
        """Return the parameter, decrypted."""
        found = self.try_call(lambda: self.call_aws(call, state, "get_parameter", Name=ident, WithDecryption=True))
        return found and found["Parameter"]  # type: ignore[no-any-return]

    def build_outputs(self, call: Call, ident: str, thing: Props, state: Props) -> Props:
        """Add the properties that another call returns."""
        out = super().build_outputs(call, ident, thing, state)
        filters = [{"Key": "Name", "Option": "Equals", "Values": [ident]}]
        meta = dig(self.call_aws(call, state, "describe_parameters", ParameterFilters=filters), "Parameters.0") or {}
        out |= {"description": meta.get("Description") or None, "tier": meta.get("Tier", "Standard"), "keyId": meta.get("KeyId")}
        return out | ({"insecureValue": thing["Value"]} if state.get("insecureValue") is not None else {})

    def read_tags(self, call: Call, ident: str, thing: Props) -> dict[str, str]:
        """Return the tags by name, as SSM requires."""
        region = {"region": thing["ARN"].split(":")[3]}
        return decode_tags(self.call_aws(call, region, "list_tags_for_resource", ResourceType="Parameter", ResourceId=ident)["TagList"])

    def modify(self, call: Call, ident: str, live: Props, inputs: Props) -> None:  # noqa: ARG002
        """Put the parameter again."""
        if any(live.get(key) != inputs.get(key) for key in ("value", "insecureValue", "description") if key in inputs):
            self.call_aws(call, inputs, "put_parameter", **{**self.create_args(call, {**inputs, "tags": None}), "Overwrite": True})

    def retag(self, call: Call, ident: str, old: dict[str, str], new: dict[str, str], live: Props) -> None:
        """Change the tags by SSM's own calls."""
        if dropped := sorted(old.keys() - new.keys()):
            self.call_aws(call, live, "remove_tags_from_resource", ResourceType="Parameter", ResourceId=ident, TagKeys=dropped)
        if new:
            self.call_aws(call, live, "add_tags_to_resource", ResourceType="Parameter", ResourceId=ident, Tags=encode_tags(new))


class Bucket(_NamedResource):
    """An S3 bucket: name, tags, and emptied before deletion if `forceDestroy` is set."""

    service = "s3"
    token = "aws:s3/bucket:Bucket"
    autoname = "bucket"
    defaults = {"forceDestroy": False}
    create_call, delete_call, id_arg = "create_bucket", "delete_bucket", "Bucket"
    send = map_names("bucket", objectLockEnabled="ObjectLockEnabledForBucket")
    also_in_place = frozenset({"forceDestroy"})

    def check(self, call: Call, inputs: Props) -> Any:
        """Make the name lower case."""
        if isinstance(inputs.get("bucket"), str):
            inputs["bucket"] = inputs["bucket"].lower()
        return super().check(call, inputs)

    def create_args(self, call: Call, inputs: Props) -> Props:
        """Send the region, which S3 requires outside us-east-1."""
        region = self.get_region(call, inputs)
        return super().create_args(call, inputs) | (
            {} if region == REGION else {"CreateBucketConfiguration": {"LocationConstraint": region}}
        )

    def finish_create(self, call: Call, ident: str, inputs: Props) -> None:
        """Tag the bucket."""
        self.retag(call, ident, {}, inputs.get("tags") or {}, inputs)

    def find(self, call: Call, ident: str, state: Props) -> Props | None:
        """Return the bucket if its head can be read."""
        return self.try_call(lambda: self.call_aws(call, state, "head_bucket", Bucket=ident)) and {"Name": ident}

    def build_outputs(self, call: Call, ident: str, thing: Props, state: Props) -> Props:
        """Add the names that follow from its name."""
        out = super().build_outputs(call, ident, thing, state)
        region = self.get_region(call, state)
        domain = {"bucketDomainName": f"{ident}.s3.amazonaws.com", "bucketRegionalDomainName": f"{ident}.s3.{region}.amazonaws.com"}
        return out | {"bucket": ident, "arn": f"arn:aws:s3:::{ident}", "bucketRegion": region, **domain}

    def read_tags(self, call: Call, ident: str, thing: Props) -> dict[str, str]:  # noqa: ARG002
        """Return the tags; S3 answers with an error when there are none."""
        try:
            return decode_tags(self.call_aws(call, {}, "get_bucket_tagging", Bucket=ident)["TagSet"])
        except ClientError as error:
            if error.response["Error"]["Code"] == "NoSuchTagSet":
                return {}
            raise

    def retag(self, call: Call, ident: str, old: dict[str, str], new: dict[str, str], live: Props) -> None:
        """Write all tags at once, as S3 requires."""
        if new:
            self.call_aws(call, live, "put_bucket_tagging", Bucket=ident, Tagging={"TagSet": encode_tags(new)})
        elif old:
            self.call_aws(call, live, "delete_bucket_tagging", Bucket=ident)

    def unmake(self, call: Call, ident: str, state: Props) -> None:
        """Empty the bucket first if `forceDestroy` is set, then delete it."""
        if state.get("forceDestroy") and self.find(call, ident, state):
            listed = self.call_aws(call, state, "list_object_versions", Bucket=ident)
            for each in (*listed.get("Versions", ()), *listed.get("DeleteMarkers", ())):
                self.call_aws(call, state, "delete_object", Bucket=ident, Key=each["Key"], VersionId=each["VersionId"])
        super().unmake(call, ident, state)


TYPES = (LogGroup, FlowLog, KmsKey, KmsAlias, Parameter, Bucket)
