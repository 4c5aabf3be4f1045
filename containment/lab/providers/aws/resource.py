"""How one AWS type is described, and what all of them share: create, find, show, tag and delete over boto3.

A type is a `Resource` subclass whose class attributes are data: which call makes it, where its id is in the answer, which call finds it,
which inputs are sent under which names, which are changed in place and how. Methods are overridden only where AWS is special.
Property names and what AWS computes come from `schema`. An input that the lab does not carry to its cloud is refused by name on create
and update, never dropped in silence; empty and false ones ask for nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from containment.lab.cloud.clients import REGION, client_at
from containment.lab.cloud.once import sending
from containment.lab.providers.aws.schema import Facts, facts
from containment.lab.providers.handler import Call, Handler, Props, RefusedError
from containment.lab.wire import UNKNOWN

ACCOUNT = "123456789012"
"""moto's account."""

Modify = Callable[[Any], Props]


def pascal(key: str) -> str:
    """Return a camelCase name as AWS writes it."""
    return key[:1].upper() + key[1:]


def names(plain: str = "", **special: str) -> dict[str, str]:
    """Return {input: AWS name} for a list of inputs whose names differ only in the first letter, and for those that differ."""
    return {key: pascal(key) for key in plain.split()} | special


def words(text: str) -> frozenset[str]:
    """Return the words of a text as a set of names."""
    return frozenset(text.split())


def dig(value: Any, path: str) -> Any:
    """Return what stands at a dotted path of keys and list indexes, or None."""
    for part in path.split("."):
        if isinstance(value, list):
            value = value[int(part)] if int(part) < len(value) else None
        else:
            value = value.get(part) if isinstance(value, dict) else None
    return value


def gone(error: ClientError) -> bool:
    """Tell whether AWS says that the thing does not exist."""
    code = str(error.response.get("Error", {}).get("Code", ""))
    return "NotFound" in code or code in ("NoSuchEntity", "NoSuchBucket", "404", "InvalidAssociationID")


def tag_list(tags: Mapping[str, str] | None) -> list[dict[str, str]]:
    """Return tags as AWS lists them."""
    return [{"Key": key, "Value": value} for key, value in sorted((tags or {}).items())]


def tag_map(tags: Iterable[Mapping[str, str]] | None) -> dict[str, str]:
    """Return AWS's list of tags as a map, without AWS's own."""
    return {each["Key"]: each["Value"] for each in tags or () if not each["Key"].startswith("aws:")}


class Resource(Handler):
    """One AWS type. `{id}` in argument templates stands for the resource's id."""

    replays = True
    service = "ec2"
    create_call = ""
    made = ""
    """Path of the new id in the answer of the create call."""
    find_call = ""
    find_by = ""
    """Argument of the find call that takes the id, as a list when it ends in `s`."""
    found = ""
    """Path of the one thing in the answer of the find call."""
    delete_call = ""
    id_arg = ""
    """Argument that takes the id in delete and modify calls."""
    send: Mapping[str, str] = {}
    """Inputs that the create call takes, with AWS's names."""
    show: Mapping[str, str] = {}
    """Outputs, with the path where AWS shows them."""
    in_place: Mapping[str, tuple[str, Modify]] = {}
    """Inputs changed in place: the call, and its arguments made from the value. They are applied after create too, unless sent there."""
    also: frozenset[str] = frozenset()
    """Inputs that the type's own methods carry."""
    also_in_place: frozenset[str] = frozenset()
    """Those of them that the type's own `modify` changes in place."""
    idle: frozenset[str] = frozenset({"region", "timeouts"})
    """Inputs that change nothing in a lab, or that say where and how long rather than what."""
    tagged = ""
    """EC2's name of the resource type for tags on create; tags are changed by id."""
    arn = ""
    """Pattern of the ARN; {region}, {account} and {id} are filled in."""

    def __init__(self, endpoint: str) -> None:
        self._endpoint = endpoint
        self.facts: Facts = facts(self.token)
        self.computed = self.facts.computed - {"tagsAll", "region"}
        self.required = self.facts.required

    # -- what Handler asks -----------------------------------------------------------------------------------------------

    def check(self, call: Call, inputs: Props) -> Iterable[tuple[str, str]]:
        """Merge the provider's default tags into the tags, as the real provider does."""
        if "tags" in self.facts.inputs and inputs.get("tags") != UNKNOWN:
            defaults = (call.config.get("defaultTags") or {}).get("tags") or {}
            if defaults and isinstance(defaults, dict):
                inputs["tags"] = {**defaults, **(inputs.get("tags") or {})}
        return ()

    def preview(self, call: Call, inputs: Props) -> Props:
        """Return the outputs that a plan knows already."""
        known: Props = {}
        if "region" in self.facts.outputs:
            known["region"] = self.region(call, inputs)
        if "tagsAll" in self.facts.outputs:
            known["tagsAll"] = inputs.get("tags") or {}
        return known

    def forces_replacement(self, key: str, old: Any, new: Any) -> bool:  # noqa: ARG002
        """Everything that is not changed in place needs a new resource."""
        return key not in self.in_place and key not in self.also_in_place and key not in ("tags", "timeouts")

    def create(self, call: Call, inputs: Props) -> tuple[str, Props]:
        """Make it with one call, apply what that call does not take, and read it back."""
        self.refuse_unserved(inputs)
        ident = self.make(call, inputs)
        for key in self.in_place:
            if inputs.get(key) is not None and key not in self.send:
                self.apply(call, ident, key, inputs)
        self.made_it(call, ident, inputs)
        live = self.must_read(call, ident, inputs)
        if inputs.get("tags") and live.get("tags") != inputs["tags"]:  # a create call that takes no tags
            self.retag(call, ident, live.get("tags") or {}, inputs["tags"], live)
            live = self.must_read(call, ident, inputs)
        return ident, live

    def read(self, call: Call, ident: str, state: Props) -> Props | None:
        """Return its live properties, or None when AWS does not know it."""
        thing = self.find(call, ident, state)
        return None if thing is None else self.props(call, ident, thing, state)

    def update(self, call: Call, ident: str, state: Props, inputs: Props) -> Props:
        """Change in place what differs from what is live, so that a second time changes nothing."""
        self.refuse_unserved(inputs)
        live = self.must_read(call, ident, state)
        for key in self.in_place:
            if not self.same(key, live.get(key), inputs.get(key)) and (key in inputs or key not in self.computed):
                self.apply(call, ident, key, inputs)
        self.modify(call, ident, live, inputs)
        if "tags" in self.facts.inputs and live.get("tags", {}) != (inputs.get("tags") or {}):
            self.retag(call, ident, live.get("tags") or {}, inputs.get("tags") or {}, live)
        return self.must_read(call, ident, {**state, **inputs})

    def delete(self, call: Call, ident: str, state: Props) -> None:
        """Delete it; fine when it is gone."""
        if self.find(call, ident, state) is not None:
            self.quietly(lambda: self.unmake(call, ident, state))

    def uncertain(self, error: Exception) -> bool:
        """AWS may have done what it answers with a server's error, or not at all; what it refuses it has not done."""
        if isinstance(error, ClientError):
            return int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 500)) >= 500
        return isinstance(error, BotoCoreError)

    # -- what a type overrides where AWS is special ----------------------------------------------------------------------

    def make(self, call: Call, inputs: Props) -> str:
        """Make it, claim its id and return it."""
        answer = self.ask(call, inputs, self.create_call, **self.create_args(call, inputs))
        ident = str(dig(answer, self.made))
        call.claim(ident)
        return ident

    def create_args(self, call: Call, inputs: Props) -> Props:  # noqa: ARG002
        """Return the arguments of the create call."""
        args = {aws: inputs[key] for key, aws in self.send.items() if inputs.get(key) is not None}
        if self.tagged and inputs.get("tags"):
            args["TagSpecifications"] = [{"ResourceType": self.tagged, "Tags": tag_list(inputs["tags"])}]
        return args

    def made_it(self, call: Call, ident: str, inputs: Props) -> None:
        """Do the rest of a create."""

    def find(self, call: Call, ident: str, state: Props) -> Props | None:
        """Return what AWS says of it, or None."""
        wanted: Any = [ident] if self.find_by.endswith("s") else ident
        answer = self.quietly(lambda: self.ask(call, state, self.find_call, **{self.find_by: wanted}))
        thing = dig(answer, self.found) if answer else None
        return None if not thing or thing.get("State") in ("deleted", "deleting", "delete-complete") else thing

    def props(self, call: Call, ident: str, thing: Props, state: Props) -> Props:
        """Return the outputs from what AWS says."""
        out = {key: dig(thing, path) for key, path in self.show.items()}
        if "region" in self.facts.outputs:
            out["region"] = self.region(call, state)
        if self.arn:
            out["arn"] = self.arn.format(region=self.region(call, state), account=ACCOUNT, id=ident)
        if "tags" in self.facts.outputs:
            out["tagsAll"] = self.tags_of(call, ident, thing)
            out["tags"] = out["tagsAll"] or ({} if state.get("tags") is not None else None)
        return out

    def tags_of(self, call: Call, ident: str, thing: Props) -> dict[str, str]:  # noqa: ARG002
        """Return the live tags."""
        return tag_map(thing.get("Tags") or thing.get("TagSet"))

    def modify(self, call: Call, ident: str, live: Props, inputs: Props) -> None:
        """Change in place what `in_place` cannot express."""

    def retag(self, call: Call, ident: str, old: dict[str, str], new: dict[str, str], live: Props) -> None:
        """Make the tags what they should be."""
        if dropped := sorted(old.keys() - new.keys()):
            self.ask(call, live, "delete_tags", Resources=[ident], Tags=[{"Key": key} for key in dropped])
        if new:
            self.ask(call, live, "create_tags", Resources=[ident], Tags=tag_list(new))

    def unmake(self, call: Call, ident: str, state: Props) -> None:
        """Delete it; it was there a moment ago."""
        wanted: Any = [ident] if self.id_arg.endswith("s") else ident
        self.ask(call, state, self.delete_call, **{self.id_arg: wanted})

    # -- tools -----------------------------------------------------------------------------------------------------------

    def region(self, call: Call, inputs: Props) -> str:
        """Return the region of a resource: its own, else the provider's, else the lab's."""
        return str(inputs.get("region") or call.config.get("region") or REGION)

    def client(self, call: Call, inputs: Props, service: str = "") -> Any:
        """Return the boto3 client for a resource's region."""
        return client_at(self._endpoint, service or self.service, self.region(call, inputs))

    def ask(self, call: Call, inputs: Props, method: str, /, **args: Any) -> Props:
        """Make one call to AWS of this type's service."""
        with sending(call.once):
            answer: Props = getattr(self.client(call, inputs), method)(**args)
        return answer

    def apply(self, call: Call, ident: str, key: str, inputs: Props) -> None:
        """Make the one call that sets an in-place input."""
        method, arguments = self.in_place[key]
        self.ask(call, inputs, method, **{self.id_arg: ident}, **arguments(inputs.get(key)))

    def quietly(self, work: Callable[[], Any]) -> Any:
        """Do it; return None when AWS says that the thing does not exist."""
        try:
            return work()
        except ClientError as error:
            if gone(error):
                return None
            raise

    def must_read(self, call: Call, ident: str, state: Props) -> Props:
        """Return the live properties of what has to be there."""
        live = self.read(call, ident, state)
        if live is None:
            raise RefusedError(f"{self.token} {ident} is gone from the lab's cloud; run a refresh, then up again")
        return live

    def refuse_unserved(self, inputs: Props) -> None:
        """Refuse inputs that the lab would otherwise drop."""
        served = {*self.send, *self.in_place, *self.also, *self.also_in_place, *self.idle, "tags"}
        asked = sorted(key for key, value in inputs.items() if key not in served and value not in (None, False, "", [], {}))
        asked = [key for key in asked if not key.startswith("__") and inputs[key] != self.defaults.get(key)]
        if asked:
            raise RefusedError(f"the lab does not carry {', '.join(asked)} of {self.token}; it can be previewed and judged, not created")


class Unserved(Handler):
    """Any aws type that nobody serves: previews of it are judged, creating it is refused."""

    def __init__(self, token: str) -> None:
        self.token = token
        self.facts: Facts = facts(token)
        self.computed = self.facts.computed - {"tagsAll", "region"}
        self.required = self.facts.required

    def forces_replacement(self, key: str, old: Any, new: Any) -> bool:  # noqa: ARG002
        """Nobody knows; say no."""
        return False

    def create(self, call: Call, inputs: Props) -> tuple[str, Props]:  # noqa: ARG002
        """Refuse by name."""
        raise self._refusal()

    def read(self, call: Call, ident: str, state: Props) -> Props | None:  # noqa: ARG002
        """Refuse by name."""
        raise self._refusal()

    def update(self, call: Call, ident: str, state: Props, inputs: Props) -> Props:  # noqa: ARG002
        """Refuse by name."""
        raise self._refusal()

    def delete(self, call: Call, ident: str, state: Props) -> None:  # noqa: ARG002
        """Refuse by name."""
        raise self._refusal()

    def _refusal(self) -> RefusedError:
        return RefusedError(f"the lab does not serve {self.token}; previews of it are judged, creating it is refused")
