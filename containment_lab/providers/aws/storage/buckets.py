"""S3 buckets: name, region, tags, and deletion."""

# ruff: noqa: S105  (type tokens are not passwords)
from __future__ import annotations

from typing import Any

from containment_lab.cloud.clients import REGION
from containment_lab.providers.aws.named_resource import NamedResource
from containment_lab.providers.aws.resource import decode_tags, encode_tags, map_names
from containment_lab.providers.handler import Call, Props


class Bucket(NamedResource):
    """An S3 bucket: name, tags, and emptied before deletion if `forceDestroy` is set."""

    service = "s3"
    token = "aws:s3/bucket:Bucket"
    autoname = "bucket"
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


TYPES = (Bucket,)
