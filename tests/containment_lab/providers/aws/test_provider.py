"""What goes for every aws type: refusals by name, default tags, regions, look-ups, holes that a launch template makes."""

from __future__ import annotations

import json
from typing import Any

import grpc
import pytest

from containment_lab.cloud.clients import get_client
from containment_lab.cloud.image_list import IMAGES
from containment_lab.home import LabHome
from containment_lab.providers.aws.policy_document import render_policy_document
from containment_lab.wire import UNKNOWN, unwrap_values
from tests.containment_lab.providers.conftest import Asker
from tests.support.cloud_inventory import read_inventory

pytestmark = pytest.mark.slow

AMI = "ami-00000000000022041"


def test_a_type_that_is_not_served_is_previewed_with_its_unknowns_and_refused_on_create(aws: Asker) -> None:
    token = "aws:lambda/function:Function"
    inputs = {"role": "arn:aws:iam::123456789012:role/x", "runtime": "python3.12"}
    planned = aws.preview(token, "f", inputs)
    assert planned["runtime"] == "python3.12"
    assert planned["arn"] == UNKNOWN
    with pytest.raises(grpc.RpcError, match="the lab does not serve aws:lambda/function:Function; it can be previewed and checked"):
        aws.create(token, "f", inputs)


@pytest.mark.parametrize(
    ("token", "given", "problem"),
    [
        ("aws:ec2/instance:Instance", {"ami": AMI, "metadataOption": {}}, "'metadataOption'; did you mean 'metadataOptions'?"),
        ("aws:ec2/vpc:Vpc", {"cidrBlock": "10.1.0.0/16", "colour": "red"}, "'colour'"),
        ("aws:sqs/queue:Queue", {"fifo": True}, "'fifo'"),
    ],
)
def test_an_input_that_the_type_does_not_have_is_refused(aws: Asker, token: str, given: dict[str, Any], problem: str) -> None:
    ((key, said),) = aws.failures(token, "it", given)
    assert key in given
    assert said.startswith(f"Invalid or unknown key {problem}")


def test_a_required_input_that_is_missing_is_named(aws: Asker) -> None:
    assert aws.failures("aws:ec2/subnet:Subnet", "s", {}) == [("vpcId", "missing required property 'vpcId'")]


def test_an_input_that_would_be_dropped_is_refused_by_name(aws: Asker) -> None:
    with pytest.raises(grpc.RpcError, match="does not support placementGroup of aws:ec2/instance:Instance"):
        aws.create("aws:ec2/instance:Instance", "i", {"ami": AMI, "placementGroup": "p"})
    assert aws.preview("aws:ec2/instance:Instance", "i", {"ami": AMI, "placementGroup": "p"})["placementGroup"] == "p"


def test_two_firewall_rules_of_one_list_are_refused_because_the_real_provider_cannot_distinguish_them(aws: Asker, home: LabHome) -> None:
    dns = get_client(home, "route53resolver")
    group = dns.create_firewall_rule_group(CreatorRequestId="g", Name="g")["FirewallRuleGroup"]["Id"]
    names = dns.create_firewall_domain_list(CreatorRequestId="l", Name="l")["FirewallDomainList"]["Id"]
    rule = {"firewallRuleGroupId": group, "firewallDomainListId": names, "action": "ALLOW"}
    first = aws.create("aws:route53/resolverFirewallRule:ResolverFirewallRule", "a", {**rule, "priority": 1, "qType": "A"})
    with pytest.raises(grpc.RpcError, match="give each rule a separate list"):
        aws.create("aws:route53/resolverFirewallRule:ResolverFirewallRule", "b", {**rule, "priority": 2, "qType": "AAAA"})
    aws.delete(first)


@pytest.mark.parametrize("image", ["ami-0123456789abcdef0", "ubuntu"])
def test_an_image_that_the_cloud_lacks_is_refused_with_those_that_it_has(image: str, aws: Asker) -> None:
    with pytest.raises(grpc.RpcError, match=r"InvalidAMIID\..*not in the lab's cloud.*agentImageId=ami-00000000000022041") as caught:
        aws.create("aws:ec2/instance:Instance", "agent", {"ami": image, "instanceType": "t3.large"})
    assert all(each.id in str(caught.value) for each in IMAGES)
    assert aws.preview("aws:ec2/instance:Instance", "agent", {"ami": image, "instanceType": "t3.large"})["ami"] == image


def test_an_image_of_a_launch_template_is_looked_at_when_a_host_starts_from_it(aws: Asker) -> None:
    given = {"imageId": "ami-0123456789abcdef0", "instanceType": "t3.large"}
    template = aws.create("aws:ec2/launchTemplate:LaunchTemplate", "t", given)
    with pytest.raises(grpc.RpcError, match="ami-0123456789abcdef0"):
        aws.create("aws:ec2/instance:Instance", "agent", {"launchTemplate": {"id": template.id}})
    aws.delete(template)


def test_a_look_up_of_an_image_that_the_cloud_lacks_names_those_that_it_has(aws: Asker) -> None:
    filters = [{"name": "name", "values": ["acme-agent-*"]}]
    with pytest.raises(grpc.RpcError, match=r"acme-agent.*ami-00000000000024041"):
        aws.invoke("aws:ec2/getAmi:getAmi", mostRecent=True, owners=["123456789012"], filters=filters)


def test_a_function_that_is_not_served_is_refused_by_name(aws: Asker) -> None:
    with pytest.raises(grpc.RpcError, match="does not serve the function aws:ec2/getInstance:getInstance"):
        aws.invoke("aws:ec2/getInstance:getInstance", instanceId="i-1")


def test_default_tags_are_merged_for_the_connection_that_configured_them(aws: Asker, home: LabHome) -> None:
    tagging = Asker(home.get_ports().aws_provider, defaultTags=json.dumps({"tags": {"owner": "lab", "Name": "default"}}))
    program = {"cidrBlock": "10.1.0.0/16", "tags": {"Name": "mine"}}
    merged = tagging.check("aws:ec2/vpc:Vpc", "v", program)
    assert merged["tags"] == {"owner": "lab", "Name": "mine"}
    assert aws.check("aws:ec2/vpc:Vpc", "v", program)["tags"] == {"Name": "mine"}, "another provider resource is not touched"
    assert tagging.preview("aws:ec2/vpc:Vpc", "v", program)["tagsAll"] == {"owner": "lab", "Name": "mine"}
    tagging.channel.close()


def test_a_resource_goes_to_its_own_region(aws: Asker, home: LabHome) -> None:
    thing = aws.create("aws:ec2/vpc:Vpc", "abroad", {"cidrBlock": "10.2.0.0/16", "region": "eu-west-1"})
    assert thing.outputs["region"] == "eu-west-1"
    assert get_client(home, "ec2", "eu-west-1").describe_vpcs(VpcIds=[thing.id])["Vpcs"]
    aws.delete(thing)


def test_names_are_made_up_once_and_kept(aws: Asker) -> None:
    inputs = aws.check("aws:ec2/securityGroup:SecurityGroup", "web", {})
    assert inputs["name"].startswith("web-")
    assert len(inputs["name"]) == len("web-") + 7
    assert aws.check("aws:ec2/securityGroup:SecurityGroup", "web", {}, inputs)["name"] == inputs["name"]
    assert inputs["description"] == "Managed by Pulumi"


def test_a_launch_template_sets_what_the_instance_does_not(aws: Asker, home: LabHome) -> None:
    ec2 = get_client(home, "ec2")
    subnet = ec2.describe_subnets()["Subnets"][0]["SubnetId"]
    nics = [{"associatePublicIpAddress": "true", "subnetId": subnet, "deviceIndex": 0}]
    options = {"httpTokens": "optional", "httpPutResponseHopLimit": 3}
    template = aws.create(
        "aws:ec2/launchTemplate:LaunchTemplate",
        "t",
        {"imageId": AMI, "instanceType": "t3.micro", "metadataOptions": options, "networkInterfaces": nics},
    )
    by_template = aws.create("aws:ec2/instance:Instance", "i", {"launchTemplate": {"id": template.id, "version": "$Latest"}})
    assert by_template.outputs["associatePublicIpAddress"] is True
    assert by_template.outputs["publicIp"].startswith("198.1")
    assert by_template.outputs["metadataOptions"]["httpTokens"] == "optional"
    assert by_template.outputs["metadataOptions"]["httpPutResponseHopLimit"] == 3
    own = {"launchTemplate": {"id": template.id}, "associatePublicIpAddress": False, "metadataOptions": {"httpTokens": "required"}}
    stricter = aws.create("aws:ec2/instance:Instance", "j", own)
    assert stricter.outputs["associatePublicIpAddress"] is False
    assert "publicIp" not in stricter.outputs
    assert stricter.outputs["metadataOptions"]["httpTokens"] == "required"
    for each in (by_template, stricter, template):
        aws.delete(each)


def test_an_instance_follows_the_accounts_metadata_defaults(aws: Asker) -> None:
    defaults = aws.create("aws:ec2/instanceMetadataDefaults:InstanceMetadataDefaults", "d", {"httpTokens": "required"})
    thing = aws.create("aws:ec2/instance:Instance", "follower", {"ami": AMI, "instanceType": "t3.micro"})
    assert thing.outputs["metadataOptions"]["httpTokens"] == "required"
    aws.delete(thing)
    aws.delete(defaults)
    thing = aws.create("aws:ec2/instance:Instance", "free", {"ami": AMI, "instanceType": "t3.micro"})
    assert thing.outputs["metadataOptions"]["httpTokens"] == "optional", "silent is not required"
    aws.delete(thing)


def test_a_subnet_that_gives_public_addresses_gives_one(aws: Asker, home: LabHome) -> None:
    ec2 = get_client(home, "ec2")
    vpc = ec2.create_vpc(CidrBlock="10.3.0.0/16")["Vpc"]["VpcId"]
    subnet = aws.create("aws:ec2/subnet:Subnet", "open", {"vpcId": vpc, "cidrBlock": "10.3.1.0/24", "mapPublicIpOnLaunch": True})
    thing = aws.create("aws:ec2/instance:Instance", "exposed", {"ami": AMI, "subnetId": subnet.id})
    assert thing.outputs["associatePublicIpAddress"] is True
    for each in (thing, subnet):
        aws.delete(each)
    ec2.delete_vpc(VpcId=vpc)


def test_drift_made_elsewhere_shows_in_a_refresh(aws: Asker, home: LabHome) -> None:
    ec2 = get_client(home, "ec2")
    thing = aws.create("aws:ec2/instance:Instance", "drifting", {"ami": AMI, "metadataOptions": {"httpTokens": "required"}})
    ec2.modify_instance_metadata_options(InstanceId=thing.id, HttpTokens="optional")
    read = aws.read(thing)
    assert read is not None
    assert read.inputs["metadataOptions"] == {"httpTokens": "optional"}
    assert list(aws.diff(read, thing.inputs).diffs) == ["metadataOptions"]
    repaired = aws.update(read, thing.inputs)
    assert repaired.outputs["metadataOptions"]["httpTokens"] == "required"
    aws.delete(thing)


def test_an_import_needs_only_the_id(aws: Asker, home: LabHome) -> None:
    from tests.containment_lab.providers.conftest import Thing

    ident = get_client(home, "ec2").create_vpc(CidrBlock="10.4.0.0/16")["Vpc"]["VpcId"]
    read = aws.read(Thing("aws:ec2/vpc:Vpc", "imported", ident, {}))
    assert read is not None
    assert read.inputs["cidrBlock"] == "10.4.0.0/16"
    assert "arn" not in read.inputs
    aws.delete(read)


_TRUST = json.dumps({"Version": "2012-10-17", "Statement": []})
_TARGET = {"Arn": "arn:aws:scheduler:::aws-sdk:ec2:terminateInstances", "RoleArn": "arn:aws:iam::123456789012:role/x"}
_CONTENT = json.dumps({"schemaVersion": "2.2", "mainSteps": []})
_SCHEDULE = {"FlexibleTimeWindow": {"Mode": "OFF"}, "ScheduleExpression": "at(2099-01-31T18:00:00)", "Target": _TARGET}
THEIRS = {
    "aws:cloudwatch/logGroup:LogGroup": ("logs", "log_group", {"logGroupName": "theirs"}, {}, {}),
    "aws:iam/role:Role": ("iam", "role", {"RoleName": "theirs"}, {"AssumeRolePolicyDocument": _TRUST}, {"assumeRolePolicy": _TRUST}),
    "aws:ssm/document:Document": (
        "ssm",
        "document",
        {"Name": "theirs"},
        {"Content": _CONTENT, "DocumentType": "Command", "DocumentFormat": "JSON"},
        {"content": _CONTENT, "documentType": "Command"},
    ),
    "aws:scheduler/schedule:Schedule": (
        "scheduler",
        "schedule",
        {"Name": "theirs"},
        _SCHEDULE,
        {
            "scheduleExpression": "at(2099-01-31T18:00:00)",
            "flexibleTimeWindow": {"mode": "OFF"},
            "target": {"arn": _TARGET["Arn"], "roleArn": _TARGET["RoleArn"]},
        },
    ),
}


@pytest.mark.parametrize("token", THEIRS)
def test_a_named_thing_of_somebody_else_is_not_taken_over(aws: Asker, home: LabHome, token: str) -> None:
    service, kind, name, more, inputs = THEIRS[token]
    client = get_client(home, service)
    getattr(client, f"create_{kind}")(**name, **more)
    with pytest.raises(grpc.RpcError, match="theirs exists already and is not this resource's"):
        aws.create(token, "ours", {"name": "theirs", **inputs})
    getattr(client, f"delete_{kind}")(**name)  # raises if it is no longer there


def test_look_ups_are_answered_from_the_lab(aws: Asker, home: LabHome) -> None:
    assert aws.invoke("aws:index/getCallerIdentity:getCallerIdentity")["accountId"] == "123456789012"
    assert aws.invoke("aws:index/getRegion:getRegion")["region"] == "us-east-1"
    assert aws.invoke("aws:index/getPartition:getPartition")["partition"] == "aws"
    assert "us-east-1a" in aws.invoke("aws:index/getAvailabilityZones:getAvailabilityZones", state="available")["names"]
    vpc = aws.invoke("aws:ec2/getVpc:getVpc", default=True)
    assert vpc["cidrBlock"] == "172.31.0.0/16"
    subnets = aws.invoke("aws:ec2/getSubnets:getSubnets", filters=[{"name": "vpc-id", "values": [vpc["id"]]}])
    assert len(subnets["ids"]) == 6
    assert aws.invoke("aws:ec2/getSubnet:getSubnet", id=subnets["ids"][0])["vpcId"] == vpc["id"]
    assert aws.invoke("aws:ec2/getRouteTable:getRouteTable", vpcId=vpc["id"])["routeTableId"] == vpc["mainRouteTableId"]
    assert aws.invoke("aws:ec2/getSecurityGroup:getSecurityGroup", vpcId=vpc["id"], name="default")["id"].startswith("sg-")
    assert aws.invoke("aws:ec2/getPrefixList:getPrefixList", name="com.amazonaws.us-east-1.s3")["cidrBlocks"]
    assert aws.invoke("aws:ec2/getManagedPrefixList:getManagedPrefixList", name="com.amazonaws.us-east-1.s3")["ownerId"] == "AWS"
    ubuntu = [{"name": "name", "values": ["ubuntu/images/*"]}]
    assert aws.invoke("aws:ec2/getAmi:getAmi", mostRecent=True, owners=["099720109477"], filters=ubuntu)["id"].startswith("ami-")
    jammy = "/aws/service/canonical/ubuntu/server/22.04/stable/current/amd64/hvm/ebs-gp2/ami-id"
    image = aws.invoke("aws:ssm/getParameter:getParameter", name=jammy)["value"]
    assert aws.invoke("aws:ec2/getAmi:getAmi", filters=[{"name": "image-id", "values": [image]}])["architecture"] == "x86_64"
    assert read_inventory(home)["ssm.parameters"] == [], "AWS's own parameters are not the account's"
    with pytest.raises(grpc.RpcError, match="getVpc: 0 match"):
        aws.invoke("aws:ec2/getVpc:getVpc", id="vpc-none")
    with pytest.raises(grpc.RpcError, match="nothing under"):
        aws.invoke("aws:ssm/getParameter:getParameter", name="/none")


def test_a_policy_document_is_rendered_as_the_real_provider_does() -> None:
    statement: dict[str, Any] = {
        "sid": "A",
        "actions": ["s3:GetObject", "s3:ListBucket"],
        "resources": ["*"],
        "principals": [{"type": "Service", "identifiers": ["ec2.amazonaws.com"]}],
        "conditions": [{"test": "StringEquals", "variable": "aws:PrincipalAccount", "values": ["1"]}],
    }
    out = render_policy_document({"statements": [statement]})
    assert json.loads(out["json"]) == {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "A",
                "Effect": "Allow",
                "Action": ["s3:ListBucket", "s3:GetObject"],
                "Resource": "*",
                "Principal": {"Service": "ec2.amazonaws.com"},
                "Condition": {"StringEquals": {"aws:PrincipalAccount": "1"}},
            }
        ],
    }
    override = render_policy_document(
        {"sourcePolicyDocuments": [out["json"]], "statements": [{"sid": "A", "effect": "Deny", "actions": ["*"]}]}
    )
    assert json.loads(override["json"])["Statement"] == [{"Sid": "A", "Effect": "Deny", "Action": "*"}]
    with pytest.raises(Exception, match="two source statements have the sid A"):
        render_policy_document({"sourcePolicyDocuments": [out["json"], out["json"]]})


def test_a_secret_among_many_inputs_stays_one_and_the_others_do_not_become_one(aws: Asker) -> None:
    from containment_lab.wire import is_secret, wrap_secret

    tags = {"plain": "x", "hidden": wrap_secret("s3cr3t")}
    thing = aws.create("aws:ec2/vpc:Vpc", "with-secret", {"cidrBlock": "10.5.0.0/16", "tags": tags})
    assert is_secret(thing.outputs["tags"]["hidden"])
    assert not is_secret(thing.outputs["tags"]["plain"])
    assert not is_secret(thing.outputs["cidrBlock"])
    assert unwrap_values(thing.outputs)["tags"]["hidden"] == "s3cr3t"
    read = aws.read(thing)
    assert read is not None
    assert is_secret(read.outputs["tags"]["hidden"])
    assert is_secret(read.inputs["tags"]["hidden"])
    aws.delete(thing)
