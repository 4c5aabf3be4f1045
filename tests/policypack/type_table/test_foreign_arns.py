"""A harmless type refers to nothing of another account, in any property, listed or new; texts refer to nothing."""

from __future__ import annotations

from typing import Any

import pytest

from policypack.graph.plain_data import UNKNOWN
from policypack.graph.resources import Resource
from tests.policypack.type_table.programs import OTHER, OWN, endpoint, found_in, host, known, made

KEY = f"arn:aws:kms:us-east-1:{OTHER}:key/0f0e0d0c-1111-2222-3333-444455556666"
QUEUE = f"arn:aws:sqs:us-east-1:{OTHER}:any"

FOREIGN: dict[str, tuple[str, dict[str, Any]]] = {
    "a log group's key": ("aws:cloudwatch/logGroup:LogGroup", {"kmsKeyId": KEY}),
    "a topic's key": ("aws:sns/topic:Topic", {"kmsMasterKeyId": KEY}),
    "a topic's role": ("aws:sns/topic:Topic", {"httpSuccessFeedbackRoleArn": f"arn:aws:iam::{OTHER}:role/any"}),
    "a secret's copy": ("aws:secretsmanager/secret:Secret", {"replicas": [{"region": "eu-west-1", "kmsKeyId": KEY}]}),
    "a trail's key": ("aws:cloudtrail/trail:Trail", {"kmsKeyId": KEY}),
    "a store's key": ("aws:cloudtrail/eventDataStore:EventDataStore", {"kmsKeyId": KEY}),
    "an archive's key": ("aws:cloudwatch/eventArchive:EventArchive", {"kmsKeyIdentifier": KEY}),
    "an alias": ("aws:ebs/defaultKmsKey:DefaultKmsKey", {"keyArn": f"arn:aws:kms:us-east-1:{OTHER}:alias/disks"}),
    "a bucket's key": (
        "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
        {"rules": [{"applyServerSideEncryptionByDefault": {"kmsMasterKeyId": KEY}}]},
    ),
    "a disk's key": ("aws:ebs/volume:Volume", {"encrypted": True, "kmsKeyId": KEY}),
    "a topic that is subscribed to": ("aws:sns/topicSubscription:TopicSubscription", {"topic": f"arn:aws:sns:us-east-1:{OTHER}:any"}),
    "a target's dead letters": ("aws:cloudwatch/eventTarget:EventTarget", {"deadLetterConfig": {"arn": QUEUE}}),
    "a property that a later release adds": ("aws:cloudwatch/logStream:LogStream", {"somethingNew": [{"to": QUEUE}]}),
    "a stream of somebody": (
        "aws:kinesis/streamConsumer:StreamConsumer",
        {"streamArn": f"arn:aws-us-gov:kinesis:us-gov-west-1:{OTHER}:stream/any"},
    ),
}


@pytest.mark.parametrize(("kind", "props"), FOREIGN.values(), ids=FOREIGN)
def test_a_resource_of_another_account_is_refused(kind: str, props: dict[str, Any]) -> None:
    assert f"of account {OTHER}, and the hosts' account is {OWN}" in found_in(endpoint(), made(kind, props=props))["one"]


@pytest.mark.parametrize(("kind", "props"), FOREIGN.values(), ids=FOREIGN)
def test_the_same_of_the_hosts_account_passes(kind: str, props: dict[str, Any]) -> None:
    assert found_in(endpoint(OTHER), made(kind, props=props)) == {}


@pytest.mark.parametrize(
    "one",
    [
        made("aws:ssm/parameter:Parameter", props={"type": "String", "value": QUEUE}),
        made("aws:secretsmanager/secretVersion:SecretVersion", props={"secretString": QUEUE}),
        made("aws:cloudwatch/logGroup:LogGroup", props={"tags": {"Reader": QUEUE}}),
        made("aws:cloudwatch/logGroup:LogGroup", props={"kmsKeyId": "alias/aws/logs"}),
        made("aws:cloudwatch/logGroup:LogGroup", props={"kmsKeyId": UNKNOWN}, kmsKeyId=["key"]),
        made(
            "aws:securityhub/standardsSubscription:StandardsSubscription", props={"standardsArn": "arn:aws:securityhub:us-east-1::any/v/1"}
        ),
        made("aws:s3/bucketLogging:BucketLogging", props={"bucket": "arn:aws:s3:::names", "targetBucket": "names"}),
        made("random:index/randomPet:RandomPet", props={"prefix": QUEUE}),
    ],
    ids=lambda one: one.type,
)
def test_text_and_what_names_no_account_passes(one: Resource) -> None:
    assert found_in(endpoint(), made("aws:kms/key:Key", "key"), one) == {}


def test_a_key_of_the_program_passes_in_whatever_account_its_provider_made_it() -> None:
    key = known(made("aws:kms/key:Key", "key"), arn=KEY)
    assert found_in(endpoint(), key, made("aws:cloudwatch/logGroup:LogGroup", props={"kmsKeyId": KEY})) == {}


def test_arns_are_compared_once_the_hosts_account_is_proved() -> None:
    assert found_in(made("aws:cloudwatch/logGroup:LogGroup", props={"kmsKeyId": KEY})) == {}
    agent = host(arn=f"arn:aws:ec2:us-east-1:{OWN}:instance/i-1")
    assert set(found_in(made("aws:cloudwatch/logGroup:LogGroup", props={"kmsKeyId": KEY}), agent=agent)) == {"one"}
