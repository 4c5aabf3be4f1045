"""What keeps records and keys: log groups, flow logs, KMS keys and aliases, SSM parameters, S3 buckets."""

# ruff: noqa: S105  (type tokens are not passwords)
from __future__ import annotations

from typing import Any

from botocore.exceptions import ClientError

from containment.lab.cloud.clients import REGION
from containment.lab.providers.aws.resource import ACCOUNT, Resource, dig, names, tag_list, tag_map
from containment.lab.providers.handler import Call, Props, RefusedError

_EXISTS = (
    "ResourceAlreadyExistsException",
    "ParameterAlreadyExists",
    "BucketAlreadyOwnedByYou",
    "BucketAlreadyExists",
    "AlreadyExistsException",
)


class _ByName(Resource):
    """What is known by a name that we chose. One that exists already is an error: it is not ours to take over."""

    autoname = "name"

    def make(self, call: Call, inputs: Props) -> str:
        """Make it."""
        ident = str(inputs[self.autoname or "name"])
        try:
            self.ask(call, inputs, self.create_call, **self.create_args(call, inputs))
        except ClientError as error:
            if error.response["Error"]["Code"] in _EXISTS:
                raise RefusedError(
                    f"{self.token} {ident} exists already and is not this resource's; delete it or choose another name"
                ) from error
            raise
        call.claim(ident)
        return ident


class LogGroup(_ByName):
    """A CloudWatch log group."""

    service = "logs"
    token = "aws:cloudwatch/logGroup:LogGroup"
    defaults = {"retentionInDays": 0, "skipDestroy": False}
    create_call, delete_call, id_arg = "create_log_group", "delete_log_group", "logGroupName"
    send = {"name": "logGroupName", "kmsKeyId": "kmsKeyId", "tags": "tags", "logGroupClass": "logGroupClass"}
    show = {"name": "logGroupName", "kmsKeyId": "kmsKeyId", "logGroupClass": "logGroupClass"}
    also_in_place = frozenset({"retentionInDays", "kmsKeyId", "skipDestroy"})
    arn = "arn:aws:logs:{region}:{account}:log-group:{id}"

    def made_it(self, call: Call, ident: str, inputs: Props) -> None:
        """Set the retention."""
        self._retain(call, ident, inputs)

    def _retain(self, call: Call, ident: str, inputs: Props) -> None:
        if days := int(inputs.get("retentionInDays") or 0):
            self.ask(call, inputs, "put_retention_policy", logGroupName=ident, retentionInDays=days)
        else:
            self.ask(call, inputs, "delete_retention_policy", logGroupName=ident)

    def find(self, call: Call, ident: str, state: Props) -> Props | None:
        """Look for the exact name."""
        groups = self.ask(call, state, "describe_log_groups", logGroupNamePrefix=ident)["logGroups"]
        return next((each for each in groups if each["logGroupName"] == ident), None)

    def props(self, call: Call, ident: str, thing: Props, state: Props) -> Props:
        """Retention for ever is 0."""
        return super().props(call, ident, thing, state) | {"retentionInDays": thing.get("retentionInDays", 0)}

    def tags_of(self, call: Call, ident: str, thing: Props) -> dict[str, str]:  # noqa: ARG002
        """Logs tags by ARN."""
        arn = thing["arn"].removesuffix(":*")
        tags: dict[str, str] = self.ask(call, {"region": arn.split(":")[3]}, "list_tags_for_resource", resourceArn=arn)["tags"]
        return tags

    def modify(self, call: Call, ident: str, live: Props, inputs: Props) -> None:
        """Retention and key."""
        if live["retentionInDays"] != int(inputs.get("retentionInDays") or 0):
            self._retain(call, ident, inputs)
        if live.get("kmsKeyId") != inputs.get("kmsKeyId"):
            if key := inputs.get("kmsKeyId"):
                self.ask(call, inputs, "associate_kms_key", logGroupName=ident, kmsKeyId=key)
            else:
                self.ask(call, inputs, "disassociate_kms_key", logGroupName=ident)

    def retag(self, call: Call, ident: str, old: dict[str, str], new: dict[str, str], live: Props) -> None:  # noqa: ARG002
        """Logs tags by ARN."""
        if dropped := sorted(old.keys() - new.keys()):
            self.ask(call, live, "untag_resource", resourceArn=live["arn"], tagKeys=dropped)
        if new:
            self.ask(call, live, "tag_resource", resourceArn=live["arn"], tags=new)


class FlowLog(Resource):
    """A flow log of a VPC, subnet or interface."""

    token = "aws:ec2/flowLog:FlowLog"
    defaults = {"logDestinationType": "cloud-watch-logs", "maxAggregationInterval": 600}
    create_call, made = "create_flow_logs", "FlowLogIds.0"
    find_call, find_by, found = "describe_flow_logs", "FlowLogIds", "FlowLogs.0"
    delete_call, id_arg = "delete_flow_logs", "FlowLogIds"
    send = names("trafficType logDestinationType logFormat maxAggregationInterval", iamRoleArn="DeliverLogsPermissionArn")
    show = names("trafficType logDestinationType logFormat maxAggregationInterval", iamRoleArn="DeliverLogsPermissionArn")
    also = frozenset({"vpcId", "subnetId", "eniId", "logDestination"})
    tagged, arn = "vpc-flow-log", "arn:aws:ec2:{region}:{account}:vpc-flow-log/{id}"

    def create_args(self, call: Call, inputs: Props) -> Props:
        """Name the log group, not its ARN: moto says that logs delivered to an ARN failed."""
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
        """AWS answers success with a list of what failed."""
        answer = self.ask(call, inputs, "create_flow_logs", **self.create_args(call, inputs))
        if failed := answer.get("Unsuccessful"):
            raise RefusedError(f"CreateFlowLogs: {dig(failed, '0.Error.Code')}: {dig(failed, '0.Error.Message')}")
        ident = str(answer["FlowLogIds"][0])
        call.claim(ident)
        return ident

    def find(self, call: Call, ident: str, state: Props) -> Props | None:
        """An unknown id is an empty list."""
        found = self.quietly(lambda: self.ask(call, state, "describe_flow_logs", FlowLogIds=[ident]))
        return dig(found or {}, "FlowLogs.0")  # type: ignore[no-any-return]

    def props(self, call: Call, ident: str, thing: Props, state: Props) -> Props:
        """Say what it watches and where it writes, as the inputs do."""
        out = super().props(call, ident, thing, state)
        kind = {"vpc-": "vpcId", "subnet-": "subnetId", "eni-": "eniId"}
        out |= {key: thing["ResourceId"] for prefix, key in kind.items() if thing["ResourceId"].startswith(prefix)}
        group = thing.get("LogGroupName")
        out["logDestination"] = thing.get("LogDestination") or (
            f"arn:aws:logs:{self.region(call, state)}:{ACCOUNT}:log-group:{group}" if group else None
        )
        if (state.get("logDestination") or "").removesuffix(":*") == out["logDestination"]:
            out["logDestination"] = state["logDestination"]
        return out


class KmsKey(Resource):
    """A KMS key; deleting it schedules its deletion."""

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
    send = names("description policy keyUsage multiRegion", customerMasterKeySpec="KeySpec")
    show = names("description keyId keyUsage multiRegion arn", customerMasterKeySpec="KeySpec", isEnabled="Enabled")
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
        """KMS names the two halves of a tag its own way."""
        args = super().create_args(call, inputs)
        return args | ({"Tags": _kms_tags(inputs["tags"])} if inputs.get("tags") else {})

    def made_it(self, call: Call, ident: str, inputs: Props) -> None:
        """Rotation and state."""
        self.modify(call, ident, {"enableKeyRotation": False, "isEnabled": True, **_texts(inputs)}, inputs)

    def find(self, call: Call, ident: str, state: Props) -> Props | None:
        """A key that waits for its deletion is gone."""
        thing = super().find(call, ident, state)
        return None if thing is None or thing.get("KeyState") == "PendingDeletion" else thing

    def props(self, call: Call, ident: str, thing: Props, state: Props) -> Props:
        """Add policy and rotation."""
        out = super().props(call, ident, thing, state)
        out["arn"] = thing["Arn"]
        out["policy"] = self.ask(call, state, "get_key_policy", KeyId=ident, PolicyName="default")["Policy"]
        rotation = self.ask(call, state, "get_key_rotation_status", KeyId=ident)
        out["enableKeyRotation"] = rotation["KeyRotationEnabled"]
        out["rotationPeriodInDays"] = rotation.get("RotationPeriodInDays")
        return out

    def tags_of(self, call: Call, ident: str, thing: Props) -> dict[str, str]:
        """KMS lists tags by key."""
        answer = self.ask(call, {"region": thing["Arn"].split(":")[3]}, "list_resource_tags", KeyId=ident)
        return {each["TagKey"]: each["TagValue"] for each in answer["Tags"]}

    def modify(self, call: Call, ident: str, live: Props, inputs: Props) -> None:
        """Change what changes in place."""
        if (text := inputs.get("description")) is not None and text != live.get("description"):
            self.ask(call, inputs, "update_key_description", KeyId=ident, Description=text)
        if inputs.get("policy") and not self.same("policy", inputs["policy"], live.get("policy")):
            self.ask(call, inputs, "put_key_policy", KeyId=ident, PolicyName="default", Policy=inputs["policy"])
        if bool(inputs.get("enableKeyRotation")) != live["enableKeyRotation"]:
            rotate = bool(inputs.get("enableKeyRotation"))
            period = {"RotationPeriodInDays": int(inputs["rotationPeriodInDays"])} if rotate and inputs.get("rotationPeriodInDays") else {}
            self.ask(call, inputs, "enable_key_rotation" if rotate else "disable_key_rotation", KeyId=ident, **period)
        if inputs.get("isEnabled", True) != live["isEnabled"]:
            self.ask(call, inputs, "enable_key" if inputs.get("isEnabled", True) else "disable_key", KeyId=ident)

    def retag(self, call: Call, ident: str, old: dict[str, str], new: dict[str, str], live: Props) -> None:
        """KMS has its own calls."""
        if dropped := sorted(old.keys() - new.keys()):
            self.ask(call, live, "untag_resource", KeyId=ident, TagKeys=dropped)
        if new:
            self.ask(call, live, "tag_resource", KeyId=ident, Tags=_kms_tags(new))

    def unmake(self, call: Call, ident: str, state: Props) -> None:
        """Schedule the deletion once."""
        if self.find(call, ident, state):
            days = int(state.get("deletionWindowInDays") or 30)
            self.ask(call, state, "schedule_key_deletion", KeyId=ident, PendingWindowInDays=days)


def _texts(inputs: Props) -> Props:
    return {key: inputs.get(key) for key in ("description", "policy")}


def _kms_tags(tags: dict[str, str]) -> list[dict[str, str]]:
    return [{"TagKey": key, "TagValue": value} for key, value in sorted(tags.items())]


class KmsAlias(_ByName):
    """A KMS alias; names start with `alias/`."""

    service = "kms"
    token = "aws:kms/alias:Alias"
    create_call, delete_call, id_arg = "create_alias", "delete_alias", "AliasName"
    send = names("targetKeyId", name="AliasName")
    also_in_place = frozenset({"targetKeyId"})
    arn = "arn:aws:kms:{region}:{account}:{id}"

    def check(self, call: Call, inputs: Props) -> Any:
        """A made-up name gets AWS's prefix."""
        if isinstance(inputs.get("name"), str) and not inputs["name"].startswith("alias/") and inputs["name"].startswith(f"{call.name}-"):
            inputs["name"] = f"alias/{inputs['name']}"
        return super().check(call, inputs)

    def create_args(self, call: Call, inputs: Props) -> Props:
        """A key may be given by ARN."""
        return {**super().create_args(call, inputs), "TargetKeyId": inputs["targetKeyId"].rsplit("/", 1)[-1]}

    def find(self, call: Call, ident: str, state: Props) -> Props | None:
        """Look for the exact name."""
        return next((each for each in self.ask(call, state, "list_aliases")["Aliases"] if each["AliasName"] == ident), None)

    def props(self, call: Call, ident: str, thing: Props, state: Props) -> Props:
        """Say the key as the inputs do."""
        key = thing["TargetKeyId"]
        arn = f"arn:aws:kms:{self.region(call, state)}:{ACCOUNT}:key/{key}"
        given = state.get("targetKeyId")
        out = super().props(call, ident, thing, state)
        return out | {"name": ident, "targetKeyId": given if given in (key, arn) else key, "targetKeyArn": arn}

    def modify(self, call: Call, ident: str, live: Props, inputs: Props) -> None:
        """Point it elsewhere."""
        key = inputs["targetKeyId"].rsplit("/", 1)[-1]
        if live["targetKeyId"].rsplit("/", 1)[-1] != key:
            self.ask(call, inputs, "update_alias", AliasName=ident, TargetKeyId=key)


class Parameter(_ByName):
    """An SSM parameter; its value is a secret."""

    service = "ssm"
    token = "aws:ssm/parameter:Parameter"
    secrets = frozenset({"value"})
    create_call, delete_call, id_arg = "put_parameter", "delete_parameter", "Name"
    find_call, find_by, found = "get_parameter", "Name", "Parameter"
    send = names("name type value description allowedPattern tier dataType keyId")
    show = names("name type value version dataType", arn="ARN")
    also_in_place = frozenset({"value", "description", "allowedPattern", "tier", "insecureValue", "overwrite"})

    def create_args(self, call: Call, inputs: Props) -> Props:
        """A value may be given as not secret."""
        args = {**super().create_args(call, inputs), "Overwrite": bool(inputs.get("overwrite"))}
        if inputs.get("insecureValue") is not None:
            args["Value"] = inputs["insecureValue"]
        return args | ({"Tags": tag_list(inputs["tags"])} if inputs.get("tags") and not args["Overwrite"] else {})

    def find(self, call: Call, ident: str, state: Props) -> Props | None:
        """Get it decrypted."""
        found = self.quietly(lambda: self.ask(call, state, "get_parameter", Name=ident, WithDecryption=True))
        return found and found["Parameter"]  # type: ignore[no-any-return]

    def props(self, call: Call, ident: str, thing: Props, state: Props) -> Props:
        """Add what another call shows."""
        out = super().props(call, ident, thing, state)
        filters = [{"Key": "Name", "Option": "Equals", "Values": [ident]}]
        meta = dig(self.ask(call, state, "describe_parameters", ParameterFilters=filters), "Parameters.0") or {}
        out |= {"description": meta.get("Description") or None, "tier": meta.get("Tier", "Standard"), "keyId": meta.get("KeyId")}
        return out | ({"insecureValue": thing["Value"]} if state.get("insecureValue") is not None else {})

    def tags_of(self, call: Call, ident: str, thing: Props) -> dict[str, str]:
        """SSM lists tags by name."""
        region = {"region": thing["ARN"].split(":")[3]}
        return tag_map(self.ask(call, region, "list_tags_for_resource", ResourceType="Parameter", ResourceId=ident)["TagList"])

    def modify(self, call: Call, ident: str, live: Props, inputs: Props) -> None:  # noqa: ARG002
        """Put it again."""
        if any(live.get(key) != inputs.get(key) for key in ("value", "insecureValue", "description") if key in inputs):
            self.ask(call, inputs, "put_parameter", **{**self.create_args(call, {**inputs, "tags": None}), "Overwrite": True})

    def retag(self, call: Call, ident: str, old: dict[str, str], new: dict[str, str], live: Props) -> None:
        """SSM has its own calls."""
        if dropped := sorted(old.keys() - new.keys()):
            self.ask(call, live, "remove_tags_from_resource", ResourceType="Parameter", ResourceId=ident, TagKeys=dropped)
        if new:
            self.ask(call, live, "add_tags_to_resource", ResourceType="Parameter", ResourceId=ident, Tags=tag_list(new))


class Bucket(_ByName):
    """An S3 bucket: name, tags, and emptied first when told so."""

    service = "s3"
    token = "aws:s3/bucket:Bucket"
    autoname = "bucket"
    defaults = {"forceDestroy": False}
    create_call, delete_call, id_arg = "create_bucket", "delete_bucket", "Bucket"
    send = names("bucket", objectLockEnabled="ObjectLockEnabledForBucket")
    also_in_place = frozenset({"forceDestroy"})

    def check(self, call: Call, inputs: Props) -> Any:
        """A made-up name is lower case."""
        if isinstance(inputs.get("bucket"), str):
            inputs["bucket"] = inputs["bucket"].lower()
        return super().check(call, inputs)

    def create_args(self, call: Call, inputs: Props) -> Props:
        """Outside us-east-1 a bucket names its region."""
        region = self.region(call, inputs)
        return super().create_args(call, inputs) | (
            {} if region == REGION else {"CreateBucketConfiguration": {"LocationConstraint": region}}
        )

    def made_it(self, call: Call, ident: str, inputs: Props) -> None:
        """Tag it."""
        self.retag(call, ident, {}, inputs.get("tags") or {}, inputs)

    def find(self, call: Call, ident: str, state: Props) -> Props | None:
        """Ask for its head."""
        return self.quietly(lambda: self.ask(call, state, "head_bucket", Bucket=ident)) and {"Name": ident}

    def props(self, call: Call, ident: str, thing: Props, state: Props) -> Props:
        """Add the names that follow from its name."""
        out = super().props(call, ident, thing, state)
        region = self.region(call, state)
        domain = {"bucketDomainName": f"{ident}.s3.amazonaws.com", "bucketRegionalDomainName": f"{ident}.s3.{region}.amazonaws.com"}
        return out | {"bucket": ident, "arn": f"arn:aws:s3:::{ident}", "bucketRegion": region, **domain}

    def tags_of(self, call: Call, ident: str, thing: Props) -> dict[str, str]:  # noqa: ARG002
        """No tags is an error in S3."""
        try:
            return tag_map(self.ask(call, {}, "get_bucket_tagging", Bucket=ident)["TagSet"])
        except ClientError as error:
            if error.response["Error"]["Code"] == "NoSuchTagSet":
                return {}
            raise

    def retag(self, call: Call, ident: str, old: dict[str, str], new: dict[str, str], live: Props) -> None:
        """S3 writes all tags at once."""
        if new:
            self.ask(call, live, "put_bucket_tagging", Bucket=ident, Tagging={"TagSet": tag_list(new)})
        elif old:
            self.ask(call, live, "delete_bucket_tagging", Bucket=ident)

    def unmake(self, call: Call, ident: str, state: Props) -> None:
        """Empty it first when told so."""
        if state.get("forceDestroy") and self.find(call, ident, state):
            listed = self.ask(call, state, "list_object_versions", Bucket=ident)
            for each in (*listed.get("Versions", ()), *listed.get("DeleteMarkers", ())):
                self.ask(call, state, "delete_object", Bucket=ident, Key=each["Key"], VersionId=each["VersionId"])
        super().unmake(call, ident, state)


TYPES = (LogGroup, FlowLog, KmsKey, KmsAlias, Parameter, Bucket)
