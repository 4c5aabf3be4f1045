"""The lives of machines and what they are started with."""

from __future__ import annotations

import base64
from typing import Any

from tests.containment_lab.providers.life import Life, one

AMI = "ami-00000000000022041"


def instance(w: Any, ident: str) -> Any:
    return w.ec2.describe_instances(InstanceIds=[ident])["Reservations"][0]["Instances"][0]


HOST = [
    Life(
        "aws:ec2/networkInterface:NetworkInterface",
        lambda w: {"subnetId": w.subnet, "securityGroups": [w.group], "privateIps": ["10.50.1.77"], "description": "x"},
        lambda w: {"securityGroups": [w.group2], "sourceDestCheck": False, "description": "y"},
        lambda w: {"subnetId": w.subnet2},
        lambda w, i, late: (
            one(w.ec2.describe_network_interfaces(NetworkInterfaceIds=[i]), "NetworkInterfaces")["SourceDestCheck"] is not late
            and one(w.ec2.describe_network_interfaces(NetworkInterfaceIds=[i]), "NetworkInterfaces")["PrivateIpAddress"] == "10.50.1.77"
        ),
        unknown=("macAddress", "privateDnsName"),
    ),
    Life(
        "aws:ec2/networkInterfaceAttachment:NetworkInterfaceAttachment",
        lambda w: {"instanceId": w.instance, "networkInterfaceId": w.eni, "deviceIndex": 1},
        replace={"deviceIndex": 2},
    ),
    Life(
        "aws:ec2/instance:Instance",
        lambda w: {
            "ami": AMI,
            "instanceType": "t3.large",
            "subnetId": w.subnet,
            "vpcSecurityGroupIds": [w.group],
            "privateIp": "10.50.1.50",
            "associatePublicIpAddress": False,
            "iamInstanceProfile": w.profile,
            "metadataOptions": {"httpTokens": "required", "httpPutResponseHopLimit": 1},
            "rootBlockDevice": {"encrypted": True, "volumeType": "gp3", "volumeSize": 80, "deleteOnTermination": True},
            "userData": "#!/bin/sh\ntrue\n",
            "tags": {"Role": "openclaw-agent-harness"},
        },
        lambda w: {
            "metadataOptions": {"httpTokens": "optional", "httpPutResponseHopLimit": 2},
            "vpcSecurityGroupIds": [w.group2],
            "tags": {"Role": "other"},
            "sourceDestCheck": False,
            "userData": "#!/bin/sh\nfalse\n",
            "instanceType": "t3.small",
            "monitoring": True,
        },
        {"subnetId": "subnet-other", "associatePublicIpAddress": True},
        lambda w, i, late: (
            instance(w, i)["MetadataOptions"]["HttpTokens"] == ("optional" if late else "required")
            and instance(w, i)["NetworkInterfaces"][0]["Groups"][0]["GroupId"] == (w.group2 if late else w.group)
            and instance(w, i)["InstanceType"] == ("t3.small" if late else "t3.large")
            and instance(w, i)["PrivateIpAddress"] == "10.50.1.50"
            and "PublicIpAddress" not in instance(w, i)
            and instance(w, i)["IamInstanceProfile"]["Arn"].endswith(w.profile)
            and base64.b64decode(w.ec2.describe_instance_attribute(InstanceId=i, Attribute="userData")["UserData"]["Value"])
            == (b"#!/bin/sh\nfalse\n" if late else b"#!/bin/sh\ntrue\n")
            and one(w.ec2.describe_volumes(Filters=[{"Name": "attachment.instance-id", "Values": [i]}]), "Volumes")["Encrypted"]
        ),
        unknown=("arn", "publicIp", "ipv6Addresses", "primaryNetworkInterfaceId", "instanceState", "ebsOptimized"),
    ),
    Life(
        "aws:ec2/launchTemplate:LaunchTemplate",
        lambda w: {
            "imageId": AMI,
            "instanceType": "t3.micro",
            "metadataOptions": {"httpTokens": "optional"},
            "networkInterfaces": [{"associatePublicIpAddress": "true", "subnetId": w.subnet, "securityGroups": [w.group]}],
            "blockDeviceMappings": [{"deviceName": "/dev/sda1", "ebs": {"encrypted": "true", "volumeSize": 20}}],
            "tagSpecifications": [{"resourceType": "instance", "tags": {"Role": "x"}}],
        },
        {"instanceType": "t3.large", "metadataOptions": {"httpTokens": "required", "httpPutResponseHopLimit": 1}},
        {"name": "another"},
        lambda w, i, late: (
            one(w.ec2.describe_launch_template_versions(LaunchTemplateId=i, Versions=["$Latest"]), "LaunchTemplateVersions")[
                "LaunchTemplateData"
            ]["MetadataOptions"]["HttpTokens"]
            == ("required" if late else "optional")
        ),
        unknown=("arn", "latestVersion", "defaultVersion"),
    ),
    Life(
        "aws:ec2/instanceMetadataDefaults:InstanceMetadataDefaults",
        lambda w: {"httpTokens": "required"},
        {"httpTokens": "optional", "httpPutResponseHopLimit": 2},
        seen=lambda w, i, late: (
            w.ec2.get_instance_metadata_defaults()["AccountLevel"]["HttpTokens"] == ("optional" if late else "required")
        ),
        stays=True,
    ),
]
