"""Documents of Systems Manager. A session's schema is version 1.0, whose content AWS replaces and never updates in place.

The lab's cloud has documents, and no sessions: nothing in it opens one.
"""
# ruff: noqa: S105  (type tokens are not passwords)

from __future__ import annotations

from containment_lab.providers.aws.named_resource import NamedResource
from containment_lab.providers.aws.resource import ServiceTaggedResource, decode_tags, map_names
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
        """Return its name, which SSM wants with its type."""
        return {"ResourceType": "Document", "ResourceId": ident}


TYPES = (Document,)
