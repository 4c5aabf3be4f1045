"""A vended place with a credential gateway, written unlike the product's program. It breaks no rule.

`vend()` makes it: the pieces of `place`, and those of the gateway, which a keyword changes in the same way.
"""

from __future__ import annotations

from typing import Any

import place
import place_policy
import pulumi_aviatrix as aviatrix
import pulumi_aws as aws
from image import IMAGE

NETWORK = "10.64.30.0/24"
SECRET = "arn:aws:secretsmanager:us-east-1:111122223333:secret:models/nvidia-AbCdEf"
AGENTS = "10.64.10.0/24"
PORT = {"protocol": "tcp", "from_port": 8443, "to_port": 8443}
PIECES = ("models_subnet", "models_table", "models_association", "models_group", "models_role", "models_policy", "models_profile", "models")


def vend(*, for_agents: bool = False, names: tuple[str, ...] = ("integrate.api.nvidia.com",), **changes: Any) -> place.Place:
    """Make a place with a gateway; `names` are the providers, `for_agents` permits them to agents as well."""
    own = {name: changes.pop(name) for name in PIECES if name in changes}
    group = aviatrix.SmartGroup("model-gateway", name="model-gateway", selector=place_policy.cidrs(NETWORK))
    providers = aviatrix.WebGroup("providers", name="providers", selector=place_policy.sni(*names))

    def both(made: place.Place) -> list[Any]:
        return [made["agent-workload"].uuid, group.uuid]

    permitted = both if for_agents else [group.uuid]
    rules: dict[str, Any] = {name: {"src_smart_groups": both} for name in ("shadow-model-deny", "east-west-deny", "default-deny")}
    rules |= {
        "allow-models": {
            "priority": 40,
            "action": "PERMIT",
            "src_smart_groups": permitted,
            "dst_smart_groups": [place_policy.PUBLIC_INTERNET],
            "protocol": "TCP",
            "port_ranges": [{"lo": 443, "hi": 443}],
            "web_groups": [providers.uuid],
            "flow_app_requirement": "TLS_REQUIRED",
            "logging": True,
        }
    }
    made = place.vend(rules=rules, **changes)
    made.changes.update(own)
    _network(made)
    _instance(made)
    if made.changes:
        raise TypeError(f"no such piece: {', '.join(made.changes)}")
    return made


def _network(made: place.Place) -> None:
    vpc = made["vpc"].id
    made.make(aws.ec2.Subnet, "models-subnet", vpc_id=vpc, cidr_block=NETWORK, map_public_ip_on_launch=False)
    made.make(aws.ec2.RouteTable, "models-table", vpc_id=vpc)
    made.make(
        aws.ec2.RouteTableAssociation, "models-association", subnet_id=made["models-subnet"].id, route_table_id=made["models-table"].id
    )
    ingress = [{**PORT, "cidr_blocks": [AGENTS]}]
    egress = [{"protocol": "tcp", "from_port": 443, "to_port": 443, "cidr_blocks": ["0.0.0.0/0"]}]
    made.make(aws.ec2.SecurityGroup, "models-group", vpc_id=vpc, ingress=ingress, egress=egress)


def _instance(made: place.Place) -> None:
    made.make(aws.iam.Role, "models-role", name="sample-models", assume_role_policy=place.trusts("ec2"))
    read = place.allows("secretsmanager:GetSecretValue", on=[SECRET])
    made.make(aws.iam.RolePolicy, "models-policy", role=made["models-role"].id, policy=read)
    made.make(aws.iam.InstanceProfile, "models-profile", name="sample-models", role=made["models-role"].name)
    made.make(
        aws.ec2.Instance,
        "models",
        ami=IMAGE,
        instance_type="t3.small",
        subnet_id=made["models-subnet"].id,
        associate_public_ip_address=False,
        vpc_security_group_ids=[made["models-group"].id],
        iam_instance_profile=made["models-profile"].name,
        metadata_options={"http_tokens": "required", "http_put_response_hop_limit": 1},
        root_block_device={"encrypted": True},
    )
