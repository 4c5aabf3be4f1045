"""Systems Manager: parameters, whose values are secrets, and documents.

A session's document has schema version 1.0, whose content AWS replaces and never updates in place. The lab's cloud has documents, and no
sessions: nothing in it opens one.
"""

# ruff: noqa: S105  (type tokens are not passwords)
from __future__ import annotations

from containment_lab.providers.aws.named_resource import NamedResource
from containment_lab.providers.aws.resource import ServiceTaggedResource, decode_tags, dig, encode_tags, map_names
from containment_lab.providers.handler import Call, Props


class Document(NamedResource, ServiceTaggedResource):
    """A document."""

    service = "ssm"
    token = "aws:ssm/document:Document"
    defaults = {"documentFormat": "JSON"}
    create_call, delete_call, id_arg = "create_document", "delete_document", "Name"
    untag_call, tag_call = "remove_tags_from_resource", "add_tags_to_resource"
    send = map_names("name content documentType documentFormat targetType versionName")
    show = map_names(
        "name owner status hash hashType documentVersion documentType documentFormat schemaVersion latestVersion defaultVersion"
        " description targetType versionName platformTypes"
    )

    def find(self, call: Call, ident: str, state: Props) -> Props | None:
        """Return the document with its content."""
        found = self.try_call(lambda: self.call_aws(call, state, "describe_document", Name=ident)["Document"], {"InvalidDocument"})
        return found and {**found, "Content": self.call_aws(call, state, "get_document", Name=ident)["Content"]}

    def build_outputs(self, call: Call, ident: str, thing: Props, state: Props) -> Props:
        """Add content, ARN and day."""
        out = super().build_outputs(call, ident, thing, state)
        arn = f"arn:aws:ssm:{self.get_region(call, state)}:{thing['Owner']}:document/{ident}"
        return out | {"content": thing["Content"], "arn": arn, "createdDate": thing["CreatedDate"].isoformat()}

    def read_tags(self, call: Call, ident: str, thing: Props) -> dict[str, str]:  # noqa: ARG002
        """Return the tags of the description."""
        return decode_tags(thing.get("Tags"))

    def name_tagged(self, ident: str, live: Props) -> Props:  # noqa: ARG002
        """Return its type and name, as SSM requires."""
        return {"ResourceType": "Document", "ResourceId": ident}


class Parameter(NamedResource, ServiceTaggedResource):
    """An SSM parameter; its value is a secret."""

    service = "ssm"
    token = "aws:ssm/parameter:Parameter"
    secrets = frozenset({"value"})
    create_call, delete_call, id_arg = "put_parameter", "delete_parameter", "Name"
    send = map_names("name type value description allowedPattern tier dataType keyId")
    show = map_names("name type value version dataType", arn="ARN")
    untag_call, tag_call = "remove_tags_from_resource", "add_tags_to_resource"
    also_in_place = frozenset({"value", "description", "allowedPattern", "tier", "insecureValue", "overwrite"})

    def create_args(self, call: Call, inputs: Props) -> Props:
        """Send the value from `value` or `insecureValue`."""
        args = {**super().create_args(call, inputs), "Overwrite": bool(inputs.get("overwrite"))}
        if inputs.get("insecureValue") is not None:
            args["Value"] = inputs["insecureValue"]
        return args | ({"Tags": encode_tags(inputs["tags"])} if inputs.get("tags") and not args["Overwrite"] else {})

    def find(self, call: Call, ident: str, state: Props) -> Props | None:
        """Return the parameter, decrypted."""
        found = self.try_call(lambda: self.call_aws(call, state, "get_parameter", Name=ident, WithDecryption=True))
        return found and found["Parameter"]  # type: ignore[no-any-return]

    def build_outputs(self, call: Call, ident: str, thing: Props, state: Props) -> Props:
        """Add the properties that another call returns."""
        out = super().build_outputs(call, ident, thing, state)
        filters = [{"Key": "Name", "Option": "Equals", "Values": [ident]}]
        meta = dig(self.call_aws(call, state, "describe_parameters", ParameterFilters=filters), "Parameters.0") or {}
        out |= {"description": meta.get("Description") or None, "tier": meta.get("Tier", "Standard"), "keyId": meta.get("KeyId")}
        return out | ({"insecureValue": thing["Value"]} if state.get("insecureValue") is not None else {})

    def read_tags(self, call: Call, ident: str, thing: Props) -> dict[str, str]:
        """Return the tags by name, as SSM requires."""
        region = {"region": thing["ARN"].split(":")[3]}
        return decode_tags(self.call_aws(call, region, "list_tags_for_resource", ResourceType="Parameter", ResourceId=ident)["TagList"])

    def modify(self, call: Call, ident: str, live: Props, inputs: Props) -> None:  # noqa: ARG002
        """Put the parameter again."""
        if any(live.get(key) != inputs.get(key) for key in ("value", "insecureValue", "description") if key in inputs):
            self.call_aws(call, inputs, "put_parameter", **{**self.create_args(call, {**inputs, "tags": None}), "Overwrite": True})

    def name_tagged(self, ident: str, live: Props) -> Props:  # noqa: ARG002
        """Return its type and name, as SSM requires."""
        return {"ResourceType": "Parameter", "ResourceId": ident}


TYPES = (Parameter, Document)
