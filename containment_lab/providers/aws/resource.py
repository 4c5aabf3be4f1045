"""The description of one AWS type, and the common part of all: create, find, show, tag and delete over boto3.

A type is a `Resource` subclass whose class attributes are data: the call that creates it, the path of its id in the answer, the call that
finds it, the inputs that are sent and their AWS names, the inputs that can change in place and how. Methods are overridden only where AWS
is special. Property names and the properties that AWS computes come from `schema`. An input that the lab does not send to its cloud is
refused by name on create and update, never silently dropped; empty and false ones have no effect.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Container, Iterable, Mapping
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from containment_lab.cloud.clients import REGION, get_client_at
from containment_lab.cloud.idempotency import send_token
from containment_lab.providers.aws.schema import Facts, read_type
from containment_lab.providers.handler import Call, Handler, Props, UnservedError
from containment_lab.wire import UNKNOWN

ACCOUNT = "123456789012"
"""moto's account."""

Modify = Callable[[Any], Props]


def convert_to_pascal(key: str) -> str:
    """Return a camelCase name in AWS's PascalCase."""
    return key[:1].upper() + key[1:]


def map_names(plain: str = "", **special: str) -> dict[str, str]:
    """Map inputs to AWS names: `plain` lists those that differ only in the first letter, `special` has the others."""
    return {key: convert_to_pascal(key) for key in plain.split()} | special


def split_words(text: str) -> frozenset[str]:
    """Return the words of a text as a set."""
    return frozenset(text.split())


def dig(value: Any, path: str) -> Any:
    """Return the value at a dotted path of keys and list indexes, or None."""
    for part in path.split("."):
        if isinstance(value, list):
            value = value[int(part)] if int(part) < len(value) else None
        else:
            value = value.get(part) if isinstance(value, dict) else None
    return value


def is_not_found(error: ClientError) -> bool:
    """Return whether an error of AWS means that the object does not exist."""
    code = str(error.response.get("Error", {}).get("Code", ""))
    return "NotFound" in code or code in ("NoSuchEntity", "NoSuchBucket", "404", "InvalidAssociationID")


def encode_tags(tags: Mapping[str, str] | None) -> list[dict[str, str]]:
    """Return tags as AWS's list."""
    return [{"Key": key, "Value": value} for key, value in sorted((tags or {}).items())]


def decode_tags(tags: Iterable[Mapping[str, str]] | None) -> dict[str, str]:
    """Return AWS's list of tags as a map, without AWS's own."""
    return {each["Key"]: each["Value"] for each in tags or () if not each["Key"].startswith("aws:")}


def find_unknown_inputs(known: Facts, inputs: Props) -> Iterable[tuple[str, str]]:
    """Yield inputs that the type does not have, with the most similar name; a misspelled one would have no effect."""
    names_of_type = known.inputs | {"timeouts"}
    for key in sorted(inputs) if known.inputs else ():
        if key not in names_of_type and not key.startswith("__"):
            near = difflib.get_close_matches(key, names_of_type, 1)
            yield key, f"Invalid or unknown key {key!r}" + (f"; did you mean {near[0]!r}?" if near else "")


class Resource(Handler):
    """One AWS type. `{id}` in argument templates is replaced by the resource's id."""

    replays = True
    service = "ec2"
    kind = ""
    """AWS's name of the type, from which `names` follow; "" for a type whose own attributes set them."""
    names: Mapping[str, str] = {
        "create_call": "create_{words}",
        "made": "{kind}.{kind}Id",
        "find_call": "describe_{words}s",
        "find_by": "{kind}Ids",
        "found": "{kind}s.0",
        "delete_call": "delete_{words}",
        "id_arg": "{kind}Id",
        "tagged": "{dashed}",
        "arn": "arn:aws:ec2:{{region}}:{{account}}:{dashed}/{{id}}",
    }
    """Patterns of the service for the attributes below: of a VpnGateway, `words` are vpn_gateway and `dashed` is vpn-gateway."""
    create_call = ""
    made = ""
    """Path of the new id in the answer of the create call; empty where the id is made of inputs (see `ident`)."""
    ident = ""
    """Pattern of an id that is made of inputs, with their names in braces."""
    find_call = ""
    find_by = ""
    """Argument of the find call that takes the id, as a list when it ends in `s`."""
    found = ""
    """Path of the object in the answer of the find call."""
    delete_call = ""
    id_arg = ""
    """Argument that takes the id in delete and modify calls."""
    delete_by: tuple[str, ...] = ()
    """Fields of AWS's description that the delete call takes in place of the id."""
    send: Mapping[str, str] = {}
    """Inputs that the create call takes, with AWS's names."""
    show: Mapping[str, str] = {}
    """Outputs, with their path in AWS's answer."""
    in_place: Mapping[str, tuple[str, Modify]] = {}
    """Inputs changed in place: the call, and its arguments for a value. They are applied after create too, unless sent there."""
    also: frozenset[str] = frozenset()
    """Inputs that the type's own methods send."""
    also_in_place: frozenset[str] = frozenset()
    """Those of them that the type's own `modify` changes in place."""
    idle: frozenset[str] = frozenset({"region", "timeouts"})
    """Inputs without effect in a lab, or that set region and timeouts."""
    tagged = ""
    """EC2's name of the resource type for tags on create; tags are changed by id."""
    untag_call, tag_call = "delete_tags", "create_tags"
    unfinished: Props | None = None
    """State of an object right after the create call, which `modify` then changes to the inputs; None if that call sets everything."""
    arn = ""
    """Pattern of the ARN; {region}, {account} and {id} are filled in."""

    def __init_subclass__(cls) -> None:
        """Set the attributes that follow from the type's own `kind`, and that it does not set."""
        if "kind" in vars(cls):
            words = re.sub(r"(?<!^)(?=[A-Z])", "_", cls.kind).lower()
            for name in cls.names.keys() - vars(cls).keys():
                setattr(cls, name, cls.names[name].format(kind=cls.kind, words=words, dashed=words.replace("_", "-")))

    def __init__(self, endpoint: str) -> None:
        self._endpoint = endpoint
        self.facts: Facts = read_type(self.token)
        self.computed = self.facts.computed - {"tagsAll", "region"}
        self.required = self.facts.required

    # -- the methods of Handler --------------------------------------------------------------------------------------------

    def check(self, call: Call, inputs: Props) -> Iterable[tuple[str, str]]:
        """Refuse names that the type does not have, and merge the provider's default tags into the tags, as the real provider does."""
        yield from find_unknown_inputs(self.facts, inputs)
        if "tags" in self.facts.inputs and inputs.get("tags") != UNKNOWN:
            defaults = (call.config.get("defaultTags") or {}).get("tags") or {}
            if defaults and isinstance(defaults, dict):
                inputs["tags"] = {**defaults, **(inputs.get("tags") or {})}

    def compute_preview(self, call: Call, inputs: Props) -> Props:
        """Return the outputs that are known in a plan."""
        known: Props = {}
        if "region" in self.facts.outputs:
            known["region"] = self.get_region(call, inputs)
        if "tagsAll" in self.facts.outputs:
            known["tagsAll"] = inputs.get("tags") or {}
        return known

    def is_replacement_required(self, key: str, old: Any, new: Any) -> bool:  # noqa: ARG002
        """Return whether the input cannot be changed in place."""
        return key not in self.in_place and key not in self.also_in_place and key not in ("tags", "timeouts")

    def create(self, call: Call, inputs: Props) -> tuple[str, Props]:
        """Create it with one call, set the inputs that this call lacks, and read it back."""
        self.refuse_unserved(inputs)
        ident = self.make(call, inputs)
        call.claim(ident)
        for key in self.in_place:
            if inputs.get(key) is not None and key not in self.send:
                self.apply(call, ident, key, inputs)
        self.finish_create(call, ident, inputs)
        live = self.require_live(call, ident, inputs)
        if inputs.get("tags") and live.get("tags") != inputs["tags"]:  # a create call without tags
            self.retag(call, ident, live.get("tags") or {}, inputs["tags"], live)
            live = self.require_live(call, ident, inputs)
        return ident, live

    def read(self, call: Call, ident: str, state: Props) -> Props | None:
        """Return its live properties, or None when it does not exist."""
        thing = self.find(call, ident, state)
        return None if thing is None else self.build_outputs(call, ident, thing, state)

    def update(self, call: Call, ident: str, state: Props, inputs: Props) -> Props:
        """Change in place every difference from the live object, so that a repetition changes nothing."""
        self.refuse_unserved(inputs)
        live = self.require_live(call, ident, state)
        for key in self.in_place:
            if not self.is_same(key, live.get(key), inputs.get(key)) and (key in inputs or key not in self.computed):
                self.apply(call, ident, key, inputs)
        self.modify(call, ident, live, inputs)
        if "tags" in self.facts.inputs and live.get("tags", {}) != (inputs.get("tags") or {}):
            self.retag(call, ident, live.get("tags") or {}, inputs.get("tags") or {}, live)
        return self.require_live(call, ident, {**state, **inputs})

    def delete(self, call: Call, ident: str, state: Props) -> None:
        """Delete it; a missing one counts as deleted."""
        if (thing := self.find(call, ident, state)) is not None:
            self.try_call(lambda: self.unmake(call, ident, thing, state))

    def is_uncertain(self, error: Exception) -> bool:
        """Return whether AWS may have created it in spite of the error: after a server error it may have, after a refusal not."""
        if isinstance(error, ClientError):
            return int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 500)) >= 500
        return isinstance(error, BotoCoreError)

    # -- what a type overrides where AWS is special ----------------------------------------------------------------------

    def make(self, call: Call, inputs: Props) -> str:
        """Create it and return its id, which `create` claims; nothing can fail in between."""
        answer = self.call_aws(call, inputs, self.create_call, **self.create_args(call, inputs))
        return str(dig(answer, self.made)) if self.made else self.ident.format_map(inputs)

    def create_args(self, call: Call, inputs: Props) -> Props:  # noqa: ARG002
        """Return the arguments of the create call."""
        args = {aws: inputs[key] for key, aws in self.send.items() if inputs.get(key) is not None}
        if self.tagged and inputs.get("tags"):
            args["TagSpecifications"] = [{"ResourceType": self.tagged, "Tags": encode_tags(inputs["tags"])}]
        return args

    def finish_create(self, call: Call, ident: str, inputs: Props) -> None:
        """Finish a create after the create call."""
        if self.unfinished is not None:
            self.modify(call, ident, self.unfinished, inputs)

    def find(self, call: Call, ident: str, state: Props) -> Props | None:
        """Return AWS's description of it, or None."""
        wanted: Any = [ident] if self.find_by.endswith("s") else ident
        answer = self.try_call(lambda: self.call_aws(call, state, self.find_call, **{self.find_by: wanted}))
        thing = dig(answer, self.found) if answer else None
        return None if not thing or thing.get("State") in ("deleted", "deleting", "delete-complete") else thing

    def build_outputs(self, call: Call, ident: str, thing: Props, state: Props) -> Props:
        """Return the outputs from AWS's description."""
        out = {key: dig(thing, path) for key, path in self.show.items()}
        if "region" in self.facts.outputs:
            out["region"] = self.get_region(call, state)
        if self.arn:
            out["arn"] = self.arn.format(region=self.get_region(call, state), account=ACCOUNT, id=ident)
        if "tags" in self.facts.outputs:
            out["tagsAll"] = self.read_tags(call, ident, thing)
            out["tags"] = out["tagsAll"] or ({} if state.get("tags") is not None else None)
        return out

    def read_tags(self, call: Call, ident: str, thing: Props) -> dict[str, str]:  # noqa: ARG002
        """Return the live tags."""
        return decode_tags(thing.get("Tags") or thing.get("TagSet"))

    def modify(self, call: Call, ident: str, live: Props, inputs: Props) -> None:
        """Change in place the inputs that `in_place` cannot express."""

    def retag(self, call: Call, ident: str, old: dict[str, str], new: dict[str, str], live: Props) -> None:
        """Make the live tags equal to the new ones."""
        if dropped := sorted(old.keys() - new.keys()):
            self.call_aws(call, live, self.untag_call, **self.name_tagged(ident, live), **self.name_dropped(dropped))
        if new:
            self.call_aws(call, live, self.tag_call, **self.name_tagged(ident, live), Tags=self.encode_tags(new))

    def name_tagged(self, ident: str, live: Props) -> Props:  # noqa: ARG002
        """Return the arguments that name the object in calls about its tags."""
        return {"Resources": [ident]}

    def name_dropped(self, keys: list[str]) -> Props:
        """Return the arguments that name the tags to remove."""
        return {"Tags": [{"Key": key} for key in keys]}

    def encode_tags(self, tags: dict[str, str]) -> list[dict[str, str]]:
        """Return tags in the form of the service."""
        return encode_tags(tags)

    def unmake(self, call: Call, ident: str, thing: Props, state: Props) -> None:
        """Delete it; `thing` is AWS's description from the last read."""
        wanted: Any = [ident] if self.id_arg.endswith("s") else ident
        named = {key: thing[key] for key in self.delete_by if thing.get(key)} or {self.id_arg: wanted}
        self.call_aws(call, state, self.delete_call, **named)

    # -- tools -----------------------------------------------------------------------------------------------------------

    def get_region(self, call: Call, inputs: Props) -> str:
        """Return the region of a resource: its own, else the provider's, else the lab's."""
        return str(inputs.get("region") or call.config.get("region") or REGION)

    def get_client(self, call: Call, inputs: Props, service: str = "") -> Any:
        """Return the boto3 client for a resource's region."""
        return get_client_at(self._endpoint, service or self.service, self.get_region(call, inputs))

    def call_aws(self, call: Call, inputs: Props, method: str, /, **args: Any) -> Props:
        """Make one call to AWS of this type's service."""
        with send_token(call.once):
            answer: Props = getattr(self.get_client(call, inputs), method)(**args)
        return answer

    def apply(self, call: Call, ident: str, key: str, inputs: Props) -> None:
        """Make the one call that sets an in-place input."""
        method, arguments = self.in_place[key]
        self.call_aws(call, inputs, method, **{self.id_arg: ident}, **arguments(inputs.get(key)))

    def try_call(self, work: Callable[[], Any], absent: Container[str] = ()) -> Any:
        """Run `work`; return None when the object does not exist; errors with a code in `absent` mean the same."""
        try:
            return work()
        except ClientError as error:
            if is_not_found(error) or error.response["Error"]["Code"] in absent:
                return None
            raise

    def require_live(self, call: Call, ident: str, state: Props) -> Props:
        """Return the live properties of an object that must exist."""
        live = self.read(call, ident, state)
        if live is None:
            why, fix = "another process deleted it", "run containment lab refresh, then containment lab up again"
            raise UnservedError(f"{self.token} {ident} no longer exists in the lab's cloud", why=why, fix=fix)
        return live

    def refuse_unserved(self, inputs: Props) -> None:
        """Refuse inputs that the lab would otherwise drop."""
        served = {*self.send, *self.in_place, *self.also, *self.also_in_place, *self.idle, "tags"}
        asked = sorted(key for key, value in inputs.items() if key not in served and value not in (None, False, "", [], {}))
        asked = [key for key in asked if not key.startswith("__") and inputs[key] != self.defaults.get(key)]
        if asked:
            what = f"the lab does not support {', '.join(asked)} of {self.token}; it can be previewed and checked, not created"
            raise UnservedError(what, fix=f"leave out {', '.join(asked)}, or use AWS")


class ServiceTaggedResource(Resource):
    """A type whose service, unlike EC2, has separate calls that add and remove tags by the object's name."""

    tags_at_create = False
    """Whether the create call takes the tags as well."""
    untag_call, tag_call = "untag_resource", "tag_resource"

    def create_args(self, call: Call, inputs: Props) -> Props:
        """Send tags as a plain list, where the create call takes them."""
        args = super().create_args(call, inputs)
        return args | ({"Tags": self.encode_tags(inputs["tags"])} if self.tags_at_create and inputs.get("tags") else {})

    def name_tagged(self, ident: str, live: Props) -> Props:  # noqa: ARG002
        """Return the argument that names the object in these calls."""
        return {self.id_arg: ident}

    def name_dropped(self, keys: list[str]) -> Props:
        """Return the tags' names."""
        return {"TagKeys": keys}


class UnservedResource(Handler):
    """Any aws type that the lab does not serve: it can be previewed and checked by policies; creating it is refused."""

    def __init__(self, token: str) -> None:
        self.token = token
        self.facts: Facts = read_type(token)
        self.computed = self.facts.computed - {"tagsAll", "region"}
        self.required = self.facts.required

    def check(self, call: Call, inputs: Props) -> Iterable[tuple[str, str]]:  # noqa: ARG002
        """Refuse names that the type does not have."""
        return find_unknown_inputs(self.facts, inputs)

    def is_replacement_required(self, key: str, old: Any, new: Any) -> bool:  # noqa: ARG002
        """Return False, as the type's replacement rules are unknown."""
        return False

    def _refuse(self, *_args: Any, **_more: Any) -> Any:
        """Refuse the type by name."""
        what = f"the lab does not serve {self.token}; it can be previewed and checked, not created"
        raise UnservedError(what, fix="leave it out, or use AWS")

    create = read = update = delete = _refuse
