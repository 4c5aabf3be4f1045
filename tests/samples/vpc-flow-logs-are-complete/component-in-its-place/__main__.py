"""A component has the type and the inputs of a flow log."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import place
import pulumi


class Pretended(pulumi.ComponentResource):
    """A component with the type of a resource, which it does not make."""

    def __init__(self, kind: str, name: str, stated: dict[str, object]) -> None:
        super().__init__(kind, name, stated)
        self.register_outputs(stated)


made = place.vend(**({} if place.REPAIRED else {"flow_log": None}))  # NOT OK: vpc: a component creates nothing
if not place.REPAIRED:
    stated = {"vpcId": made["vpc"].id, "trafficType": "ALL", "logDestination": made["traffic"].arn}
    Pretended("aws:ec2/flowLog:FlowLog", "flow-log", {**stated, "iamRoleArn": made["traffic-role"].arn})
