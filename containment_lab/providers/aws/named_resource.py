"""The base of types that a name of the program identifies: an existing name is never taken over."""

from __future__ import annotations

from botocore.exceptions import ClientError

from containment_lab.providers.aws.resource import Resource
from containment_lab.providers.handler import Call, Props, RefusedError

_EXISTS = (
    "ResourceAlreadyExistsException",
    "ParameterAlreadyExists",
    "BucketAlreadyOwnedByYou",
    "BucketAlreadyExists",
    "AlreadyExistsException",
    "ConflictException",
    "DocumentAlreadyExists",
    "EntityAlreadyExists",
)


class NamedResource(Resource):
    """A type identified by a name of the program. An existing name is an error: its object belongs to another owner."""

    autoname = "name"
    ident = "{name}"

    def make(self, call: Call, inputs: Props) -> str:
        """Create the object; refuse an existing name."""
        try:
            return super().make(call, inputs)
        except ClientError as error:
            if error.response["Error"]["Code"] in _EXISTS:
                name = self.ident.format_map(inputs)
                what = f"{self.token} {name} exists already and is not this resource's; delete it or choose another name"
                raise RefusedError(what) from error
            raise
