"""CloudWatch log groups, and flow logs of VPCs, subnets and interfaces."""

# ruff: noqa: S105  (type tokens are not passwords)
from __future__ import annotations

from containment_lab.providers.aws.named_resource import NamedResource
from containment_lab.providers.aws.resource import ACCOUNT, Resource, dig, map_names
from containment_lab.providers.handler import Call, Props, RefusedError


class LogGroup(NamedResource):
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
    send = show = map_names("trafficType logDestinationType logFormat maxAggregationInterval", iamRoleArn="DeliverLogsPermissionArn")
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
        return str(answer["FlowLogIds"][0])

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


TYPES = (LogGroup, FlowLog)
