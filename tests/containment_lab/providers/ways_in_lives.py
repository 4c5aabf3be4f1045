"""The lives of the types that let somebody into a subnet without a public address on the host."""

from __future__ import annotations

from tests.containment_lab.providers.life import Life, one

WAYS_IN = [
    Life(
        "aws:ec2transitgateway/instanceConnectEndpoint:InstanceConnectEndpoint",
        lambda w: {"subnetId": w.subnet, "securityGroupIds": [w.group], "preserveClientIp": True, "tags": {"a": "b"}},
        {"tags": {"a": "c"}},
        lambda w: {"subnetId": w.subnet2},
        lambda w, i, late: one(w.ec2.describe_instance_connect_endpoints(), "InstanceConnectEndpoints")["VpcId"] == w.vpc,
        unknown=("arn", "dnsName", "vpcId"),
    ),
    Life(
        "aws:lb/loadBalancer:LoadBalancer",
        lambda w: {"name": "lb", "subnets": [w.subnet, w.zone_subnet], "securityGroups": [w.group], "tags": {"a": "b"}},
        lambda w: {"securityGroups": [w.group2], "tags": {"a": "c"}},
        {"internal": True},
        lambda w, i, late: (
            one(w.elbv2.describe_load_balancers(LoadBalancerArns=[i]), "LoadBalancers")["Scheme"] == "internet-facing"
            and one(w.elbv2.describe_load_balancers(LoadBalancerArns=[i]), "LoadBalancers")["SecurityGroups"]
            == [w.group2 if late else w.group]
        ),
        unknown=("arn", "dnsName", "vpcId"),
    ),
    Life(
        "aws:lb/targetGroup:TargetGroup",
        lambda w: {"name": "tg", "port": 443, "protocol": "HTTPS", "vpcId": w.vpc, "tags": {"a": "b"}},
        {"tags": {"a": "c"}},
        lambda w: {"vpcId": w.vpc2},
        lambda w, i, late: one(w.elbv2.describe_target_groups(TargetGroupArns=[i]), "TargetGroups")["TargetType"] == "instance",
        unknown=("arn",),
    ),
    Life(
        "aws:lb/targetGroupAttachment:TargetGroupAttachment",
        lambda w: {"targetGroupArn": w.targets, "targetId": w.instance, "port": 443},
        replace={"port": 8443},
        seen=lambda w, i, late: (
            [each["Target"]["Id"] for each in w.elbv2.describe_target_health(TargetGroupArn=w.targets)["TargetHealthDescriptions"]]
            == [w.instance]
        ),
    ),
]
