"""A property outside the bounds of its type's line is refused; an unknown one passes only when what it is made from proves it."""

from __future__ import annotations

import json
from typing import Any, Final

import pytest

from policypack.graph.plain_data import UNKNOWN
from policypack.graph.resources import Resource
from policypack.rules.compute_and_routing_are_known import check_resource
from tests.policypack.type_table.programs import OTHER, OWN, allow, endpoint, found_in, host, known, made

ALARM = "aws:cloudwatch/metricAlarm:MetricAlarm"
TOPIC = made("aws:sns/topic:Topic", "topic")
QUEUE = made("aws:sqs/queue:Queue", "queue")
BUCKET = made("aws:s3/bucket:Bucket", "bucket")
ACTIONS = (
    "arn:aws:automate:us-east-1:ec2:stop",
    "arn:aws:automate:us-east-1:ec2:recover/any",
    "arn:aws:swf:us-east-1:111122223333:action/actions/AWS_EC2.InstanceId.Reboot/1.0",
    "arn:aws:ssm:us-east-1:111122223333:opsitem:3",
    "arn:aws:ssm-incidents::111122223333:response-plan/any",
    "arn:aws:lambda:us-east-1:111122223333:function:any",
    "arn:aws:autoscaling:us-east-1:111122223333:scalingPolicy:any:autoScalingGroupName/g:policyName/p",
    "arn:aws:sns:us-east-1:111122223333:topic:subscription",
    "not-an-arn",
    UNKNOWN,
)


@pytest.mark.parametrize("key", ["alarmActions", "okActions", "insufficientDataActions"])
@pytest.mark.parametrize("action", ACTIONS)
def test_an_alarm_acts_on_nothing_but_topics(key: str, action: Any) -> None:
    assert (
        "must be an SNS topic" in found_in(TOPIC, made(ALARM, props={key: ["arn:aws:sns:us-east-1:111122223333:notices", action]}))["one"]
    )


@pytest.mark.parametrize(
    "alarm",
    [
        made(ALARM),
        made(ALARM, props={"alarmActions": []}),
        made(ALARM, props={"alarmActions": ["arn:aws:sns:us-east-1:111122223333:notices"]}),
        made(ALARM, props={"alarmActions": ["arn:aws-us-gov:sns:us-gov-west-1:111122223333:notices"]}),
        made(ALARM, props={"alarmActions": ["arn:aws:automate:us-east-1:ec2:recover"]}),
        made(ALARM, props={"alarmActions": [UNKNOWN], "okActions": [UNKNOWN]}, alarmActions=["topic"], okActions=["topic"]),
    ],
)
def test_an_alarm_without_actions_or_with_topics_passes(alarm: Resource) -> None:
    assert found_in(endpoint(), TOPIC, alarm) == {}


@pytest.mark.parametrize("near", [(), (endpoint(OTHER),)], ids=["no account proved", "another account proved"])
def test_a_topic_passes_by_its_account_only_where_that_is_proved_to_be_the_hosts(near: tuple[Resource, ...]) -> None:
    alarm = made(ALARM, props={"alarmActions": [f"arn:aws:sns:us-east-1:{OWN}:notices"]})
    assert "must be an SNS topic of this account" in found_in(*near, alarm)["one"]


def test_a_topic_of_somebody_next_to_one_of_the_program_is_refused() -> None:
    alarm = made(ALARM, props={"alarmActions": [UNKNOWN, f"arn:aws:sns:us-east-1:{OTHER}:notices"]}, alarmActions=["topic"])
    assert set(found_in(TOPIC, alarm)) == {"one"}


def test_an_unknown_action_that_is_made_from_something_else_as_well_is_refused() -> None:
    alarm = made(ALARM, props={"alarmActions": [UNKNOWN]}, alarmActions=["topic", "bucket"])
    assert set(found_in(TOPIC, BUCKET, alarm)) == {"one"}


def test_a_bucket_of_the_program_is_known_by_its_name_and_by_what_is_in_it() -> None:
    config, bucket = "aws:route53/resolverQueryLogConfig:ResolverQueryLogConfig", known(BUCKET, id="names", arn="arn:aws:s3:::names")
    assert found_in(bucket, made("aws:cloudtrail/trail:Trail", props={"s3BucketName": "names"})) == {}
    assert found_in(bucket, made(config, props={"destinationArn": "arn:aws:s3:::names/agents"})) == {}
    assert set(found_in(bucket, made(config, props={"destinationArn": "arn:aws:s3:::names-2/agents"}))) == {"one"}


def test_a_topic_of_the_program_is_known_by_its_id() -> None:
    topic = known(TOPIC, arn="topic-arn")
    assert found_in(topic, made(ALARM, props={"alarmActions": ["topic-arn"]})) == {}
    assert set(found_in(topic, made(ALARM, props={"alarmActions": ["policy-arn"]}))) == {"one"}


CLOSED: Final = {"vpcConfig": {"endpointPublicAccess": False}}

REFUSED: dict[str, tuple[str, dict[str, Any]]] = {
    "recorder stopped": ("aws:cfg/recorderStatus:RecorderStatus", {"isEnabled": False}),
    "findings archived": ("aws:guardduty/filter:Filter", {"action": "ARCHIVE"}),
    "addresses trusted": ("aws:guardduty/iPSet:IPSet", {"activate": True}),
    "findings suppressed": (
        "aws:securityhub/automationRule:AutomationRule",
        {"actions": [{"findingFieldsUpdate": {"workflow": {"status": "SUPPRESSED"}}}]},
    ),
    "control switched off": ("aws:securityhub/standardsControl:StandardsControl", {"controlStatus": "DISABLED"}),
    "trail stopped": ("aws:cloudtrail/trail:Trail", {"enableLogging": False}),
    "trail without management events": ("aws:cloudtrail/trail:Trail", {"eventSelectors": [{"includeManagementEvents": False}]}),
    "baseline of somebody": ("aws:ssm/patchGroup:PatchGroup", {"baselineId": "pb-0123456789abcdef0"}),
    "log profile of somebody": (
        "aviatrix:index/distributedFirewallingDefaultActionRule:DistributedFirewallingDefaultActionRule",
        {"logProfile": "any"},
    ),
    "auto mode": ("aws:eks/cluster:Cluster", {**CLOSED, "computeConfig": {"enabled": True}}),
    "auto mode unknown": ("aws:eks/cluster:Cluster", {**CLOSED, "computeConfig": UNKNOWN}),
    "hybrid nodes": ("aws:eks/cluster:Cluster", {**CLOSED, "remoteNetworkConfig": {"remoteNodeNetworks": {"cidrs": ["10.9.0.0/16"]}}}),
    "cluster open by default": ("aws:eks/cluster:Cluster", {"vpcConfig": {"subnetIds": []}}),
    "cluster open to some": (
        "aws:eks/cluster:Cluster",
        {"vpcConfig": {"endpointPublicAccess": True, "publicAccessCidrs": ["192.0.2.0/24"]}},
    ),
    "cluster of unknown access": ("aws:eks/cluster:Cluster", {"vpcConfig": {"endpointPublicAccess": UNKNOWN}}),
    "disk of two machines": ("aws:ebs/volume:Volume", {"multiAttachEnabled": True}),
    "policy of people": ("aws:iam/policyAttachment:PolicyAttachment", {"users": ["somebody"]}),
    "managed instances": ("aws:ecs/capacityProvider:CapacityProvider", {"managedInstancesProvider": {"infrastructureRoleArn": "r"}}),
    "an add-on of somebody": ("aws:eks/addon:Addon", {"addonName": "somebody_agent"}),
    "public bucket": ("aws:s3/bucket:Bucket", {"acl": "public-read"}),
    "bucket's website": ("aws:s3/bucket:Bucket", {"website": {"indexDocument": "i"}}),
    "bucket's grants": ("aws:s3/bucket:Bucket", {"grants": [{"permissions": ["READ"]}]}),
    "replication inside": ("aws:s3/bucket:Bucket", {"replicationConfiguration": {"rules": []}}),
    "public object": ("aws:s3/bucketObjectv2:BucketObjectv2", {"acl": "public-read"}),
    "public acl": ("aws:s3/bucketAcl:BucketAcl", {"acl": "authenticated-read"}),
    "acl of grants": ("aws:s3/bucketAcl:BucketAcl", {"accessControlPolicy": {"grants": []}}),
    "block taken off": ("aws:s3/accountPublicAccessBlock:AccountPublicAccessBlock", {"blockPublicPolicy": False}),
    "event function": ("aws:s3/bucketNotification:BucketNotification", {"lambdaFunctions": [{"events": []}]}),
    "event bridge": ("aws:s3/bucketNotification:BucketNotification", {"eventbridge": True}),
    "event queue of somebody": ("aws:s3/bucketNotification:BucketNotification", {"queues": [{"queueArn": f"arn:aws:sqs:::{OTHER}:q"}]}),
    "replication away": (
        "aws:s3/bucketReplicationConfig:BucketReplicationConfig",
        {"rules": [{"destination": {"bucket": "arn:aws:s3:::other"}}]},
    ),
    "subscription https": ("aws:sns/topicSubscription:TopicSubscription", {"protocol": "https"}),
    "subscription function": ("aws:sns/topicSubscription:TopicSubscription", {"protocol": "lambda"}),
    "subscription unknown": ("aws:sns/topicSubscription:TopicSubscription", {"protocol": UNKNOWN}),
    "target ecs": ("aws:cloudwatch/eventTarget:EventTarget", {"ecsTarget": {"taskDefinitionArn": "t"}}),
    "target run command": ("aws:cloudwatch/eventTarget:EventTarget", {"runCommandTargets": [{"key": "k", "values": ["v"]}]}),
    "target function": ("aws:cloudwatch/eventTarget:EventTarget", {"arn": f"arn:aws:lambda:us-east-1:{OWN}:function:f"}),
    "target unknown": ("aws:cloudwatch/eventTarget:EventTarget", {"arn": UNKNOWN}),
    "filter to a function": (
        "aws:cloudwatch/logSubscriptionFilter:LogSubscriptionFilter",
        {"destinationArn": f"arn:aws:lambda:us-east-1:{OWN}:function:f"},
    ),
    "budget": ("aws:budgets/budget:Budget", {"notifications": [{"subscriberSnsTopicArns": ["arn:aws:lambda:::f"]}]}),
    "custom check": ("aws:cfg/rule:Rule", {"source": {"owner": "CUSTOM_LAMBDA"}}),
    "snapshot scripts": (
        "aws:dlm/lifecyclePolicy:LifecyclePolicy",
        {"policyDetails": {"schedules": [{"createRule": {"scripts": {"executionHandler": "h"}}}]}},
    ),
    "snapshot shares": (
        "aws:dlm/lifecyclePolicy:LifecyclePolicy",
        {"policyDetails": {"schedules": [{"shareRule": {"targetAccounts": [OTHER]}}]}},
    ),
    "snapshot shares by the API's name": (
        "aws:dlm/lifecyclePolicy:LifecyclePolicy",
        {"policyDetails": {"schedules": [{"shareRules": [{"targetAccounts": [OTHER]}]}]}},
    ),
    "database snapshot for everybody": ("aws:rds/snapshot:Snapshot", {"sharedAccounts": ["all"]}),
    "cluster snapshot for another account": ("aws:rds/clusterSnapshot:ClusterSnapshot", {"sharedAccounts": [OTHER]}),
    "snapshots may be public": ("aws:ebs/snapshotBlockPublicAccess:SnapshotBlockPublicAccess", {"state": "unblocked"}),
    "images may be public": ("aws:ec2/imageBlockPublicAccess:ImageBlockPublicAccess", {"state": "unblocked"}),
    "any image": ("aws:ec2/allowedImagesSettings:AllowedImagesSettings", {"state": "disabled"}),
    "internet gateways unblocked": (
        "aws:ec2/vpcBlockPublicAccessOptions:VpcBlockPublicAccessOptions",
        {"internetGatewayBlockMode": "off"},
    ),
    "switch unknown": ("aws:ec2/imageBlockPublicAccess:ImageBlockPublicAccess", {"state": UNKNOWN}),
    "block of one bucket off in part": (
        "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
        {"blockPublicAcls": True, "restrictPublicBuckets": False},
    ),
    "block of one bucket unknown": ("aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock", {"blockPublicAcls": UNKNOWN}),
    "detection off": ("aws:guardduty/detector:Detector", {"enable": False}),
    "trail to a bucket of somebody": ("aws:cloudtrail/trail:Trail", {"s3BucketName": "somebody-trail"}),
    "trail to a group of somebody": (
        "aws:cloudtrail/trail:Trail",
        {"cloudWatchLogsGroupArn": f"arn:aws:logs:us-east-1:{OTHER}:log-group:trail:*"},
    ),
    "queries to a stream of somebody": (
        "aws:route53/resolverQueryLogConfig:ResolverQueryLogConfig",
        {"destinationArn": f"arn:aws:firehose:us-east-1:{OTHER}:deliverystream/x"},
    ),
    "queries to a stream of this account": (
        "aws:route53/resolverQueryLogConfig:ResolverQueryLogConfig",
        {"destinationArn": f"arn:aws:firehose:us-east-1:{OWN}:deliverystream/x"},
    ),
    "queries by a configuration of somebody": (
        "aws:route53/resolverQueryLogConfigAssociation:ResolverQueryLogConfigAssociation",
        {"resolverQueryLogConfigId": "rqlc-0123456789abcdef"},
    ),
    "flows to a stream": ("aws:ec2/flowLog:FlowLog", {"logDestination": f"arn:aws:firehose:us-east-1:{OWN}:deliverystream/f"}),
    "flows by a role of another account": ("aws:ec2/flowLog:FlowLog", {"deliverCrossAccountRole": f"arn:aws:iam::{OTHER}:role/f"}),
    "pods with a role of somebody": (
        "aws:eks/podIdentityAssociation:PodIdentityAssociation",
        {"roleArn": f"arn:aws:iam::{OWN}:role/admin"},
    ),
    "policy of an endpoint of somebody": ("aws:ec2/vpcEndpointPolicy:VpcEndpointPolicy", {"vpcEndpointId": "vpce-0123456789abcdef0"}),
    "flows to a group of somebody": ("aws:ec2/flowLog:FlowLog", {"logDestination": f"arn:aws:logs:us-east-1:{OTHER}:log-group:f"}),
    "requests to a group of somebody": (
        "aws:wafv2/webAclLoggingConfiguration:WebAclLoggingConfiguration",
        {"logDestinationConfigs": [f"arn:aws:logs:us-east-1:{OTHER}:log-group:aws-waf-logs-x"]},
    ),
    "configuration to a bucket of somebody": ("aws:cfg/deliveryChannel:DeliveryChannel", {"s3BucketName": "somebody-config"}),
    "subscription of a queue of somebody": (
        "aws:sns/topicSubscription:TopicSubscription",
        {"protocol": "sqs", "endpoint": f"arn:aws:sqs:us-east-1:{OTHER}:q"},
    ),
    "endpoint of somebody in a table": (
        "aws:ec2/vpcEndpointRouteTableAssociation:VpcEndpointRouteTableAssociation",
        {"vpcEndpointId": "vpce-0123456789abcdef0"},
    ),
    "service on machines anywhere": (
        "aws:ecs/service:Service",
        {"launchType": "EXTERNAL", "networkConfiguration": {"subnets": ["subnet-0a"]}},
    ),
    "service that somebody deploys": (
        "aws:ecs/service:Service",
        {"deploymentController": {"type": "EXTERNAL"}, "networkConfiguration": {"subnets": ["subnet-0a"]}},
    ),
    "service by capacity of somebody": (
        "aws:ecs/service:Service",
        {"capacityProviderStrategies": [{"capacityProvider": "theirs"}], "networkConfiguration": {"subnets": ["subnet-0a"]}},
    ),
    "service in the network of some machine": ("aws:ecs/service:Service", {"launchType": "EC2"}),
    "task for machines anywhere": ("aws:ecs/taskDefinition:TaskDefinition", {"requiresCompatibilities": ["EXTERNAL"]}),
    "cluster with capacity of somebody": ("aws:ecs/clusterCapacityProviders:ClusterCapacityProviders", {"capacityProviders": ["theirs"]}),
    "backup elsewhere": (
        "aws:backup/plan:Plan",
        {"rules": [{"copyActions": [{"destinationVaultArn": f"arn:aws:backup:us-east-1:{OTHER}:backup-vault:v"}]}]},
    ),
    "images to another account": (
        "aws:ecr/replicationConfiguration:ReplicationConfiguration",
        {"replicationConfiguration": {"rules": [{"destinations": [{"region": "us-east-1", "registryId": OTHER}]}]}},
    ),
    "packages of the internet": (
        "aws:codeartifact/repository:Repository",
        {"externalConnections": {"externalConnectionName": "public:pypi"}},
    ),
    "validator function": ("aws:appconfig/configurationProfile:ConfigurationProfile", {"validators": [{"type": "LAMBDA"}]}),
    "identities of somebody": (
        "aws:iam/openIdConnectProvider:OpenIdConnectProvider",
        {"url": "https://token.actions.githubusercontent.com"},
    ),
    "identities unknown": ("aws:iam/openIdConnectProvider:OpenIdConnectProvider", {"url": UNKNOWN}),
    "cluster access for another account": ("aws:eks/accessEntry:AccessEntry", {"principalArn": f"arn:aws:iam::{OTHER}:role/any"}),
    "grant": ("aws:kms/grant:Grant", {"granteePrincipal": f"arn:aws:iam::{OTHER}:root"}),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_out_of_bounds_is_refused(name: str) -> None:
    kind, props = REFUSED[name]
    assert found_in(endpoint(), made(kind, props=props))["one"].startswith(f"{kind} is reviewed within bounds only: ")


PASSES: dict[str, Resource] = {
    "cluster with node groups": made("aws:eks/cluster:Cluster", props={"vpcConfig": {"subnetIds": [], "endpointPublicAccess": False}}),
    "auto mode off": made("aws:eks/cluster:Cluster", props={**CLOSED, "computeConfig": {"enabled": False}}),
    "private bucket": made("aws:s3/bucket:Bucket", props={"acl": "private", "versioning": {"enabled": True}}),
    "events to a queue": made("aws:s3/bucketNotification:BucketNotification", props={"queues": [{"queueArn": UNKNOWN}]}, queues=["queue"]),
    "replica in another region": made(
        "aws:s3/bucketReplicationConfig:BucketReplicationConfig", props={"rules": [{"destination": {"bucket": UNKNOWN}}]}, rules=["bucket"]
    ),
    "snapshots blocked": made("aws:ebs/snapshotBlockPublicAccess:SnapshotBlockPublicAccess", props={"state": "block-new-sharing"}),
    "images blocked": made("aws:ec2/imageBlockPublicAccess:ImageBlockPublicAccess", props={"state": "block-new-sharing"}),
    "detection": made("aws:guardduty/detector:Detector"),
    "trail to the program's bucket": made("aws:cloudtrail/trail:Trail", props={"s3BucketName": UNKNOWN}, s3BucketName=["bucket"]),
    "queries to a group of this account": made(
        "aws:route53/resolverQueryLogConfig:ResolverQueryLogConfig",
        props={"destinationArn": f"arn:aws:logs:us-east-1:{OWN}:log-group:queries"},
    ),
    "flows to the program's bucket": made("aws:ec2/flowLog:FlowLog", props={"logDestination": UNKNOWN}, logDestination=["bucket"]),
    "flows to a bucket": made("aws:ec2/flowLog:FlowLog", props={"logDestination": "arn:aws:s3:::flow-logs-of-the-account"}),
    "subscription of a queue of this account": made(
        "aws:sns/topicSubscription:TopicSubscription", props={"protocol": "sqs", "endpoint": f"arn:aws:sqs:us-east-1:{OWN}:q"}
    ),
    "capacity of AWS": made(
        "aws:ecs/clusterCapacityProviders:ClusterCapacityProviders", props={"capacityProviders": ["FARGATE", "FARGATE_SPOT"]}
    ),
    "mail": made("aws:sns/topicSubscription:TopicSubscription", props={"protocol": "email", "endpoint": "team@example.com"}),
    "events to a topic": made("aws:cloudwatch/eventTarget:EventTarget", props={"arn": UNKNOWN}, arn=["topic"]),
    "managed check": made("aws:cfg/rule:Rule", props={"source": {"owner": "AWS", "sourceIdentifier": "ENCRYPTED_VOLUMES"}}),
    "budget": made("aws:budgets/budget:Budget", props={"notifications": [{"subscriberEmailAddresses": ["team@example.com"]}]}),
    "public zone": made("aws:route53/zone:Zone", props={"name": "example.com"}),
    "identities of the cluster": made(
        "aws:iam/openIdConnectProvider:OpenIdConnectProvider", props={"url": "https://oidc.eks.us-east-1.amazonaws.com/id/ABC1"}
    ),
    "grant to a role of the account": made("aws:kms/grant:Grant", props={"granteePrincipal": f"arn:aws:iam::{OWN}:role/any"}),
}


@pytest.mark.parametrize("name", PASSES)
def test_what_is_within_bounds_passes(name: str) -> None:
    assert found_in(endpoint(), TOPIC, QUEUE, BUCKET, PASSES[name]) == {}


def test_a_policy_passes_unknown_only_while_what_it_is_made_from_is_not_made() -> None:
    policy = made("aws:s3/bucketPolicy:BucketPolicy", props={"policy": UNKNOWN}, policy=["bucket"])
    assert found_in(BUCKET, policy) == {}
    assert set(found_in(known(BUCKET), policy)) == {"one"}
    assert found_in(BUCKET, made("aws:s3/bucketPolicy:BucketPolicy", props={"policy": UNKNOWN})) == {}  # of a function call


@pytest.mark.parametrize("document", ["{", "[]", json.dumps({"Statement": [{"Action": "*"}]})])
def test_a_policy_that_cannot_be_read_is_refused(document: str) -> None:
    assert set(found_in(made("aws:s3/bucketPolicy:BucketPolicy", props={"policy": document}))) == {"one"}


def test_a_resource_out_of_bounds_is_stopped_once_a_host_was_registered() -> None:
    alarm = made(ALARM, props={"alarmActions": [ACTIONS[0]]})
    assert [fault.where for fault in check_resource(alarm, [host()])] == [alarm.urn]
    assert check_resource(alarm, []) == []
    assert check_resource(made(ALARM, props={"alarmActions": [UNKNOWN]}), [host()]) == []


def test_a_bucket_policy_for_others_is_stopped_before_it_is_made() -> None:
    def stopped(principal: Any, *seen: Resource) -> bool:
        return bool(check_resource(made("aws:s3/bucketPolicy:BucketPolicy", props={"policy": allow(principal)}), [host(), *seen]))

    assert stopped("*")
    assert stopped({"AWS": OTHER}, endpoint())
    assert not stopped({"AWS": OWN}, endpoint())
    assert not stopped({"AWS": OTHER})  # what proves the account may come later; the whole program is judged at its end
