"""The lives of an account's roles, keys, logs, parameters and buckets."""

from __future__ import annotations

import json
from typing import Any

from containment.sessions.documents import build_shell_content
from tests.containment_lab.providers.life import Life, one


def policy(*actions: str) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": list(actions), "Resource": "*"}]})


def trust(service: str) -> str:
    statement = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def encrypt(key: str) -> dict[str, Any]:
    """Return a rule that encrypts with a key."""
    return {"applyServerSideEncryptionByDefault": {"sseAlgorithm": "aws:kms", "kmsMasterKeyId": key}, "bucketKeyEnabled": True}


def retain(days: int) -> dict[str, Any]:
    """Return a default retention in COMPLIANCE mode."""
    return {"defaultRetention": {"mode": "COMPLIANCE", "days": days}}


ACCOUNT = [
    Life(
        "aws:iam/role:Role",
        lambda w: {
            "assumeRolePolicy": trust("ec2.amazonaws.com"),
            "permissionsBoundary": w.boundary,
            "inlinePolicies": [{"name": "in", "policy": policy("logs:PutLogEvents")}],
            "tags": {"a": "b"},
        },
        {"assumeRolePolicy": trust("ssm.amazonaws.com"), "description": "d", "tags": {"a": "c"}, "inlinePolicies": []},
        {"name": "another"},
        lambda w, i, late: (
            w.iam.get_role(RoleName=i)["Role"]["AssumeRolePolicyDocument"]["Statement"][0]["Principal"]["Service"].startswith(
                "ssm" if late else "ec2"
            )
            and w.iam.list_role_policies(RoleName=i)["PolicyNames"] == ([] if late else ["in"])
            and w.iam.get_role(RoleName=i)["Role"]["PermissionsBoundary"]["PermissionsBoundaryArn"] == w.boundary
        ),
        unknown=("arn", "uniqueId", "createDate"),
    ),
    Life(
        "aws:iam/rolePolicy:RolePolicy",
        lambda w: {"role": w.role, "policy": policy("logs:PutLogEvents")},
        {"policy": policy("logs:CreateLogStream")},
        {"name": "another"},
        lambda w, i, late: (
            w.iam.get_role_policy(RoleName=w.role, PolicyName=i.split(":")[1])["PolicyDocument"]["Statement"][0]["Action"]
            == ["logs:CreateLogStream" if late else "logs:PutLogEvents"]
        ),
    ),
    Life(
        "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
        lambda w: {"role": w.role, "policyArn": "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore"},
        replace=lambda w: {"policyArn": w.boundary},
        seen=lambda w, i, late: (
            one(w.iam.list_attached_role_policies(RoleName=w.role), "AttachedPolicies")["PolicyName"] == "AmazonSSMManagedInstanceCore"
        ),
    ),
    Life(
        "aws:iam/policy:Policy",
        lambda w: {"policy": policy("s3:GetObject"), "path": "/lab/", "tags": {"a": "b"}},
        {"policy": policy("s3:ListBucket"), "tags": {"a": "c"}},
        {"path": "/other/"},
        lambda w, i, late: len(w.iam.list_policy_versions(PolicyArn=i)["Versions"]) == 1,
        unknown=("arn", "policyId"),
    ),
    Life(
        "aws:iam/instanceProfile:InstanceProfile",
        lambda w: {"role": w.role, "tags": {"a": "b"}},
        lambda w: {"role": w.role2, "tags": {}},
        {"name": "another"},
        lambda w, i, late: (
            w.iam.get_instance_profile(InstanceProfileName=i)["InstanceProfile"]["Roles"][0]["RoleName"] == (w.role2 if late else w.role)
        ),
        unknown=("arn", "uniqueId"),
    ),
    Life(
        "aws:cloudwatch/logGroup:LogGroup",
        lambda w: {"name": "/lab/flow", "retentionInDays": 30, "kmsKeyId": w.key_arn, "tags": {"a": "b"}},
        {"retentionInDays": 90, "tags": {"a": "c"}},
        {"name": "/lab/other"},
        lambda w, i, late: (
            one(w.logs.describe_log_groups(logGroupNamePrefix=i), "logGroups")["retentionInDays"] == (90 if late else 30)
            and one(w.logs.describe_log_groups(logGroupNamePrefix=i), "logGroups")["kmsKeyId"] == w.key_arn
        ),
        unknown=("arn",),
    ),
    Life(
        "aws:ec2/flowLog:FlowLog",
        lambda w: {"vpcId": w.vpc, "trafficType": "ALL", "iamRoleArn": w.role_arn, "logDestination": w.log_group_arn},
        {"tags": {"a": "b"}},
        {"trafficType": "REJECT"},
        lambda w, i, late: one(w.ec2.describe_flow_logs(FlowLogIds=[i]), "FlowLogs")["DeliverLogsStatus"] == "SUCCESS",
        unknown=("arn", "logFormat"),
    ),
    Life(
        "aws:kms/key:Key",
        lambda w: {"description": "k", "enableKeyRotation": True, "deletionWindowInDays": 7, "tags": {"a": "b"}},
        {"description": "l", "enableKeyRotation": False, "tags": {"a": "c"}},
        {"customerMasterKeySpec": "RSA_2048"},
        lambda w, i, late: w.kms.get_key_rotation_status(KeyId=i)["KeyRotationEnabled"] is not late,
        unknown=("arn", "keyId", "policy"),
    ),
    Life(
        "aws:kms/alias:Alias",
        lambda w: {"name": "alias/lab", "targetKeyId": w.key},
        lambda w: {"targetKeyId": w.key2},
        {"name": "alias/other"},
        lambda w, i, late: (
            next(a for a in w.kms.list_aliases()["Aliases"] if a["AliasName"] == i)["TargetKeyId"] == (w.key2 if late else w.key)
        ),
    ),
    Life(
        "aws:ssm/parameter:Parameter",
        lambda w: {"name": "/lab/p", "type": "String", "value": "one", "tags": {"a": "b"}},
        {"value": "two", "description": "d", "tags": {"a": "c"}},
        {"name": "/lab/q"},
        lambda w, i, late: w.ssm.get_parameter(Name=i)["Parameter"]["Value"] == ("two" if late else "one"),
        unknown=("arn", "version"),
    ),
    Life(
        "aws:ssm/document:Document",
        lambda w: {"name": "lab-shell", "documentType": "Session", "content": build_shell_content("/lab", 15, 60), "tags": {"a": "b"}},
        {"tags": {"a": "c"}},
        {"content": build_shell_content("/lab", 15, 90), "name": "lab-other-shell"},
        lambda w, i, late: w.ssm.describe_document(Name=i)["Document"]["Tags"] == [{"Key": "a", "Value": "c" if late else "b"}],
        unknown=("arn", "hash"),
    ),
    Life(
        "aws:s3/bucket:Bucket",
        lambda w: {"forceDestroy": True, "tags": {"a": "b"}},
        {"tags": {"a": "c"}},
        {"bucket": "another-bucket"},
        lambda w, i, late: w.s3.get_bucket_tagging(Bucket=i)["TagSet"] == [{"Key": "a", "Value": "c" if late else "b"}],
        unknown=("arn", "bucketDomainName"),
    ),
    Life(
        "aws:s3/bucketVersioning:BucketVersioning",
        lambda w: {"bucket": w.bucket, "versioningConfiguration": {"status": "Enabled"}},
        {"versioningConfiguration": {"status": "Suspended"}},
        lambda w: {"bucket": w.bucket2},
        lambda w, i, late: w.s3.get_bucket_versioning(Bucket=i)["Status"] == ("Suspended" if late else "Enabled"),
        stays=True,
    ),
    Life(
        "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
        lambda w: {"bucket": w.bucket, "rules": [encrypt(w.key_arn)]},
        {"rules": [{"applyServerSideEncryptionByDefault": {"sseAlgorithm": "AES256"}}]},
        lambda w: {"bucket": w.bucket2},
        lambda w, i, late: (
            one(w.s3.get_bucket_encryption(Bucket=i)["ServerSideEncryptionConfiguration"], "Rules")["ApplyServerSideEncryptionByDefault"]
            == ({"SSEAlgorithm": "AES256"} if late else {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": w.key_arn})
        ),
    ),
    Life(
        "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
        lambda w: {"bucket": w.bucket, "blockPublicAcls": True, "restrictPublicBuckets": True},
        {"restrictPublicBuckets": False},
        lambda w: {"bucket": w.bucket2},
        lambda w, i, late: (
            w.s3.get_public_access_block(Bucket=i)["PublicAccessBlockConfiguration"]
            == {"BlockPublicAcls": True, "IgnorePublicAcls": False, "BlockPublicPolicy": False, "RestrictPublicBuckets": not late}
        ),
    ),
    Life(
        "aws:s3/bucketObjectLockConfiguration:BucketObjectLockConfiguration",
        lambda w: {"bucket": w.locked, "rule": retain(30)},
        {"rule": retain(60)},
        lambda w: {"bucket": w.locked2},
        lambda w, i, late: (
            w.s3.get_object_lock_configuration(Bucket=i)["ObjectLockConfiguration"]["Rule"]["DefaultRetention"]["Days"]
            == (60 if late else 30)
        ),
    ),
    Life(
        "aws:s3/bucketPolicy:BucketPolicy",
        lambda w: {"bucket": w.bucket, "policy": policy("s3:GetObject")},
        {"policy": policy("s3:ListBucket")},
        lambda w: {"bucket": w.bucket2},
        lambda w, i, late: ("s3:ListBucket" if late else "s3:GetObject") in w.s3.get_bucket_policy(Bucket=i)["Policy"],
    ),
    Life(
        "aws:scheduler/schedule:Schedule",
        lambda w: {
            "name": "end-of-a-host",
            "scheduleExpression": "at(2099-01-31T18:00:00)",
            "flexibleTimeWindow": {"mode": "OFF"},
            "target": {
                "arn": "arn:aws:scheduler:::aws-sdk:ec2:terminateInstances",
                "roleArn": "arn:aws:iam::123456789012:role/ending",
                "input": '{"InstanceIds": ["i-0123456789abcdef0"]}',
            },
        },
        {"scheduleExpression": "at(2099-02-28T18:00:00)"},
        {"name": "another"},
        lambda w, i, late: (
            w.scheduler.get_schedule(Name=i)["ScheduleExpression"] == ("at(2099-02-28T18:00:00)" if late else "at(2099-01-31T18:00:00)")
        ),
    ),
]
