"""The base of types that a name of the program identifies: an existing name is never taken over."""

from __future__ import annotations

from botocore.exceptions import ClientError

from containment_lab.providers.aws.resource import Resource, dig
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

    def make(self, call: Call, inputs: Props) -> str:
        """Create the object; refuse an existing name."""
        name = inputs[self.autoname or "name"]
        try:
            answer = self.call_aws(call, inputs, self.create_call, **self.create_args(call, inputs))
        except ClientError as error:
            if error.response["Error"]["Code"] in _EXISTS:
                raise RefusedError(
                    f"{self.token} {name} exists already and is not this resource's; delete it or choose another name"
                ) from error
            raise
        return str(dig(answer, self.made) if self.made else name)
