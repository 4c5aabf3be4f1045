"""Options of the metadata service: those that EC2 computes, and an account's defaults for them."""

# ruff: noqa: S105  (type tokens are not passwords)
from __future__ import annotations

from typing import Final

from containment_lab.providers.aws.resource import Resource
from containment_lab.providers.aws.shapes import convert_from_aws
from containment_lab.providers.handler import Call, Props

METADATA_OPTIONS: Final = frozenset({"httpEndpoint", "httpTokens", "httpPutResponseHopLimit", "httpProtocolIpv6", "instanceMetadataTags"})
"""Options of an instance or a launch template that the cloud computes where they are not set."""
_NONE = {
    "httpEndpoint": "no-preference",
    "httpTokens": "no-preference",
    "httpPutResponseHopLimit": -1,
    "instanceMetadataTags": "no-preference",
}


class MetadataDefaults(Resource):
    """The account's metadata defaults in a region; deletion unsets them."""

    token = "aws:ec2/instanceMetadataDefaults:InstanceMetadataDefaults"
    defaults = _NONE
    also_in_place = frozenset(_NONE)

    def make(self, call: Call, inputs: Props) -> str:
        """Set the defaults."""
        self._apply_inputs(call, inputs)
        return self.get_region(call, inputs)

    def _apply_inputs(self, call: Call, inputs: Props) -> None:
        self.call_aws(
            call, inputs, "modify_instance_metadata_defaults", **{key[:1].upper() + key[1:]: inputs.get(key, _NONE[key]) for key in _NONE}
        )

    def find(self, call: Call, ident: str, state: Props) -> Props | None:
        """Return the defaults, which always exist."""
        live = convert_from_aws(self.call_aws(call, {**state, "region": ident}, "get_instance_metadata_defaults").get("AccountLevel", {}))
        return {**_NONE, **live}

    show = {key: key for key in _NONE}

    def modify(self, call: Call, ident: str, live: Props, inputs: Props) -> None:  # noqa: ARG002
        """Set the defaults again."""
        self._apply_inputs(call, inputs)

    def unmake(self, call: Call, ident: str, thing: Props, state: Props) -> None:  # noqa: ARG002
        """Unset the defaults."""
        self._apply_inputs(call, {"region": ident, **{key: value for key, value in state.items() if key == "region"}})


TYPES = (MetadataDefaults,)
