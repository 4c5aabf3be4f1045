"""S3 buckets, and their settings that are resources by themselves: versions, encryption, public access, Object Lock, and the policy.

The id of each setting is the bucket's name, and a change is the same call as the creation.
"""

# ruff: noqa: S105  (type tokens are not passwords)
from __future__ import annotations

from typing import Any

from containment_lab.cloud.clients import REGION
from containment_lab.providers.aws.named_resource import NamedResource
from containment_lab.providers.aws.resource import Resource, decode_tags, encode_tags, map_names
from containment_lab.providers.aws.shapes import convert_from_aws, convert_to_aws
from containment_lab.providers.handler import Call, Props, RefusedError


class Bucket(NamedResource):
    """An S3 bucket: name, tags, and emptied before deletion if `forceDestroy` is set."""

    service = "s3"
    token = "aws:s3/bucket:Bucket"
    autoname = "bucket"
    ident = "{bucket}"
    defaults = {"forceDestroy": False}
    create_call, delete_call, id_arg = "create_bucket", "delete_bucket", "Bucket"
    send = map_names("bucket", objectLockEnabled="ObjectLockEnabledForBucket")
    also_in_place = frozenset({"forceDestroy"})

    def check(self, call: Call, inputs: Props) -> Any:
        """Make the name lower case."""
        if isinstance(inputs.get("bucket"), str):
            inputs["bucket"] = inputs["bucket"].lower()
        return super().check(call, inputs)

    def create_args(self, call: Call, inputs: Props) -> Props:
        """Send the region, which S3 requires outside us-east-1."""
        region = self.get_region(call, inputs)
        return super().create_args(call, inputs) | (
            {} if region == REGION else {"CreateBucketConfiguration": {"LocationConstraint": region}}
        )

    def finish_create(self, call: Call, ident: str, inputs: Props) -> None:
        """Tag the bucket."""
        self.retag(call, ident, {}, inputs.get("tags") or {}, inputs)

    def find(self, call: Call, ident: str, state: Props) -> Props | None:
        """Return the bucket if its head can be read."""
        return self.try_call(lambda: self.call_aws(call, state, "head_bucket", Bucket=ident)) and {"Name": ident}

    def build_outputs(self, call: Call, ident: str, thing: Props, state: Props) -> Props:
        """Add the names that follow from its name."""
        out = super().build_outputs(call, ident, thing, state)
        region = self.get_region(call, state)
        domain = {"bucketDomainName": f"{ident}.s3.amazonaws.com", "bucketRegionalDomainName": f"{ident}.s3.{region}.amazonaws.com"}
        return out | {"bucket": ident, "arn": f"arn:aws:s3:::{ident}", "bucketRegion": region, **domain}

    def read_tags(self, call: Call, ident: str, thing: Props) -> dict[str, str]:  # noqa: ARG002
        """Return the tags; S3 answers with an error when there are none."""
        return decode_tags(self.try_call(lambda: self.call_aws(call, {}, "get_bucket_tagging", Bucket=ident)["TagSet"], {"NoSuchTagSet"}))

    def retag(self, call: Call, ident: str, old: dict[str, str], new: dict[str, str], live: Props) -> None:
        """Write all tags at once, as S3 requires."""
        if new:
            self.call_aws(call, live, "put_bucket_tagging", Bucket=ident, Tagging={"TagSet": encode_tags(new)})
        elif old:
            self.call_aws(call, live, "delete_bucket_tagging", Bucket=ident)

    def unmake(self, call: Call, ident: str, thing: Props, state: Props) -> None:
        """Empty the bucket first if `forceDestroy` is set, then delete it."""
        if state.get("forceDestroy") and self.find(call, ident, state):
            listed = self.call_aws(call, state, "list_object_versions", Bucket=ident)
            for each in (*listed.get("Versions", ()), *listed.get("DeleteMarkers", ())):
                self.call_aws(call, state, "delete_object", Bucket=ident, Key=each["Key"], VersionId=each["VersionId"])
        super().unmake(call, ident, thing, state)


_ABSENT = frozenset({"NoSuchBucketPolicy", "NoSuchPublicAccessBlockConfiguration", "ObjectLockConfigurationNotFoundError"})
_SPELLED = {"SseAlgorithm": "SSEAlgorithm", "KmsMasterKeyId": "KMSMasterKeyID"}


class _BucketSetting(Resource):
    """One setting of a bucket."""

    service = "s3"
    put_call = ""
    get_call = ""
    also = frozenset({"bucket"})
    id_arg = "Bucket"

    def make(self, call: Call, inputs: Props) -> str:
        """Put the setting."""
        ident = str(inputs["bucket"])
        call.claim(ident)
        self._put(call, inputs)
        return ident

    def _put(self, call: Call, inputs: Props) -> None:
        self.call_aws(call, inputs, self.put_call, Bucket=inputs["bucket"], **self.put_args(inputs))

    def put_args(self, inputs: Props) -> Props:
        """Return the arguments of the put call beside the bucket."""
        raise NotImplementedError

    def parse(self, answer: Props) -> Props | None:
        """Return the outputs from AWS's answer, None where the bucket has no such setting."""
        raise NotImplementedError

    def find(self, call: Call, ident: str, state: Props) -> Props | None:
        """Return the setting, None where the bucket or the setting does not exist."""
        answer = self.try_call(lambda: self.call_aws(call, state, self.get_call, Bucket=ident), _ABSENT)
        return None if answer is None else self.parse(answer)

    def build_outputs(self, call: Call, ident: str, thing: Props, state: Props) -> Props:
        """Add the bucket's name."""
        return super().build_outputs(call, ident, thing, state) | {"bucket": ident} | thing

    def modify(self, call: Call, ident: str, live: Props, inputs: Props) -> None:  # noqa: ARG002
        """Put the setting again where it differs."""
        if any(not self.is_same(key, live.get(key), inputs.get(key)) for key in self.also_in_place):
            self._put(call, inputs)


class BucketVersioning(_BucketSetting):
    """Versions of a bucket; a bucket with Object Lock keeps them when the resource is deleted."""

    token = "aws:s3/bucketVersioning:BucketVersioning"
    put_call, get_call = "put_bucket_versioning", "get_bucket_versioning"
    also_in_place = frozenset({"versioningConfiguration"})

    def put_args(self, inputs: Props) -> Props:
        """Send the status."""
        return {"VersioningConfiguration": {"Status": inputs["versioningConfiguration"]["status"]}}

    def parse(self, answer: Props) -> Props | None:
        """Return the status; a bucket that never had versions has none."""
        return {"versioningConfiguration": {"status": answer["Status"]}} if answer.get("Status") else None

    def _put(self, call: Call, inputs: Props) -> None:
        """Put the status; like S3, refuse to suspend the versions of a bucket with Object Lock, which moto does not."""
        ident, status = str(inputs["bucket"]), inputs["versioningConfiguration"]["status"]
        if status != "Enabled" and self._has_lock(call, ident, inputs):
            reason = "an Object Lock configuration is present on this bucket, so the versioning state cannot be changed"
            raise RefusedError(f"InvalidBucketState: {reason} (on {ident})")
        super()._put(call, inputs)

    def _has_lock(self, call: Call, ident: str, state: Props) -> bool:
        return self.try_call(lambda: self.call_aws(call, state, "get_object_lock_configuration", Bucket=ident), _ABSENT) is not None

    def unmake(self, call: Call, ident: str, thing: Props, state: Props) -> None:  # noqa: ARG002
        """Suspend the versions; those of a bucket with Object Lock stay, as S3 refuses it and the provider goes on."""
        if not self._has_lock(call, ident, state):
            self.call_aws(call, state, "put_bucket_versioning", Bucket=ident, VersioningConfiguration={"Status": "Suspended"})


class BucketEncryption(_BucketSetting):
    """The default encryption of a bucket."""

    token = "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration"
    put_call, get_call, delete_call = "put_bucket_encryption", "get_bucket_encryption", "delete_bucket_encryption"
    also_in_place = frozenset({"rules"})

    def put_args(self, inputs: Props) -> Props:
        """Send the rules, with S3's capital letters."""
        return {"ServerSideEncryptionConfiguration": {"Rules": _respell(convert_to_aws(inputs["rules"]), _SPELLED)}}

    def parse(self, answer: Props) -> Props | None:
        """Return the rules."""
        rules = answer["ServerSideEncryptionConfiguration"]["Rules"]
        return {"rules": convert_from_aws(_respell(rules, {aws: name for name, aws in _SPELLED.items()}))}


class BucketPublicAccessBlock(_BucketSetting):
    """The four refusals of public access."""

    token = "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock"
    put_call, get_call, delete_call = "put_public_access_block", "get_public_access_block", "delete_public_access_block"
    also_in_place = frozenset({"blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets"})

    def put_args(self, inputs: Props) -> Props:
        """Send all four; one that is not set is off."""
        return {"PublicAccessBlockConfiguration": convert_to_aws({key: bool(inputs.get(key)) for key in sorted(self.also_in_place)})}

    def parse(self, answer: Props) -> Props | None:
        """Return all four."""
        found: Props = convert_from_aws(answer["PublicAccessBlockConfiguration"])
        return found


class BucketObjectLock(_BucketSetting):
    """Object Lock of a bucket, with its default retention; deleting it leaves the lock on without a default, as S3 does."""

    token = "aws:s3/bucketObjectLockConfiguration:BucketObjectLockConfiguration"
    put_call, get_call = "put_object_lock_configuration", "get_object_lock_configuration"
    defaults = {"objectLockEnabled": "Enabled"}
    also_in_place = frozenset({"rule", "objectLockEnabled"})

    def put_args(self, inputs: Props) -> Props:
        """Send the default retention."""
        rule = {"Rule": convert_to_aws(_make_whole(inputs["rule"]))} if inputs.get("rule") else {}
        return {"ObjectLockConfiguration": {"ObjectLockEnabled": "Enabled", **rule}}

    def parse(self, answer: Props) -> Props | None:
        """Return the default retention; a lock without one is not the setting of this resource."""
        found: Props = convert_from_aws(answer["ObjectLockConfiguration"])
        return found if found.get("rule") else None

    def unmake(self, call: Call, ident: str, thing: Props, state: Props) -> None:  # noqa: ARG002
        """Remove the default retention."""
        self.call_aws(call, state, self.put_call, Bucket=ident, ObjectLockConfiguration={"ObjectLockEnabled": "Enabled"})


class BucketPolicy(_BucketSetting):
    """The policy of a bucket."""

    token = "aws:s3/bucketPolicy:BucketPolicy"
    put_call, get_call, delete_call = "put_bucket_policy", "get_bucket_policy", "delete_bucket_policy"
    documents = frozenset({"policy"})
    also_in_place = frozenset({"policy"})

    def put_args(self, inputs: Props) -> Props:
        """Send the document."""
        return {"Policy": inputs["policy"]}

    def parse(self, answer: Props) -> Props | None:
        """Return the document."""
        return {"policy": answer["Policy"]}


def _respell(value: Any, names: dict[str, str]) -> Any:
    """Return a nested value with some keys renamed."""
    if isinstance(value, list):
        return [_respell(one, names) for one in value]
    if isinstance(value, dict):
        return {names.get(key, key): _respell(one, names) for key, one in value.items()}
    return value


def _make_whole(value: Any) -> Any:
    """Return a nested value with whole numbers as integers: the engine passes every number as a float."""
    if isinstance(value, dict):
        return {key: _make_whole(one) for key, one in value.items()}
    return int(value) if isinstance(value, float) and value.is_integer() else value


TYPES = (Bucket, BucketVersioning, BucketEncryption, BucketPublicAccessBlock, BucketObjectLock, BucketPolicy)
