"""Provider plugins over gRPC, and the registry of those that a run has configured.

Owns the engine's side of the ResourceProvider protocol (after Pulumi's provider_plugin.go): the arguments of each call, leaving out secrets
and unknowns for a provider that does not accept them, and a provider whose configuration is unknown in a preview. Every provider resource
has its own connection, and its plugin must be running already: `plugins` returns its port.
"""

from __future__ import annotations

import asyncio
import json
import secrets
import uuid
from dataclasses import dataclass, field, replace
from typing import Any

import grpc
from google.protobuf import empty_pb2
from google.protobuf.struct_pb2 import Struct
from pulumi.runtime.proto import provider_pb2 as pb
from pulumi.runtime.proto import provider_pb2_grpc, status_pb2

from containment_lab.engine.plugins import Plugins
from containment_lab.errors import EngineError
from containment_lab.formats.package import INTERNAL, Package, remove_internal
from containment_lab.formats.state import State, get_name, get_type
from containment_lab.formats.values import Properties, find_changed_keys, has_secret, is_below, parse_path, propagate_secrets, receive, send
from containment_lab.wire import UNKNOWN, convert_to_struct, has_unknown, wrap_secret

GRPC_OPTIONS = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1), ("grpc.enable_http_proxy", 0)]
Checked = tuple[Properties, list[pb.CheckFailure]]
ReadBack = tuple[str, Properties | None, Properties]
_IN_FULL = {("Check", "olds"), ("Check", "news"), ("Create", "properties"), ("Update", "news")}


class PartialFailureError(EngineError):
    """The provider created or changed the resource, but could not bring it up; the partial result belongs in the state."""

    def __init__(self, detail: pb.ErrorResourceInitFailed, urn: str) -> None:
        super().__init__("; ".join(detail.reasons) or "the resource did not come up", urn)
        self.id, self.outputs, self.reasons = detail.id, receive(detail.properties), list(detail.reasons)
        self.inputs = receive(detail.inputs) if detail.HasField("inputs") else None


@dataclass(frozen=True)
class Diff:
    """The provider's comparison of a resource with its goal."""

    changed: bool = False
    keys: list[str] = field(default_factory=list)
    replaces: list[str] = field(default_factory=list)
    detailed: dict[str, str] = field(default_factory=dict)
    delete_first: bool = False

    @classmethod
    def parse_reply(cls, reply: pb.DiffResponse, fallback: list[str]) -> Diff:
        """Return the reply as a Diff; when the provider leaves the changes unknown, `fallback` decides: the changed inputs."""
        vague = reply.changes == pb.DiffResponse.DIFF_UNKNOWN
        kinds = {path: pb.PropertyDiff.Kind.Name(each.kind).lower() for path, each in reply.detailedDiff.items()}
        changed, keys = (bool(fallback), fallback) if vague else (reply.changes == pb.DiffResponse.DIFF_SOME, list(reply.diffs))
        return cls(changed, keys, list(reply.replaces), kinds if reply.hasDetailedDiff else {}, reply.deleteBeforeReplace)

    def apply_replace_on(self, patterns: list[str], init_failed: bool) -> Diff:
        """Return the diff with `replaceOnChanges` applied; a failed initialization counts as the property `#initerror`."""
        wanted = [parse_path(each) for each in patterns]
        hit = [key for key in (*self.keys, *self.detailed) if self.changed and any(is_below(each, parse_path(key)) for each in wanted)]
        broken = ["#initerror"] if init_failed and any(is_below(each, ("#initerror",)) for each in wanted) else []
        return replace(self, changed=self.changed or bool(broken), replaces=list(dict.fromkeys([*self.replaces, *hit, *broken])))

    @property
    def replaces_any(self) -> bool:
        """Whether the change needs a new resource."""
        return bool(self.replaces) or any(kind.endswith("replace") for kind in self.detailed.values())


class Provider:
    """One connection to a provider plugin, configured at most once."""

    def __init__(self, port: int, package: Package) -> None:
        self.label, self._package = f"provider {package.name}", package
        self._channel = grpc.aio.insecure_channel(f"127.0.0.1:{port}", options=GRPC_OPTIONS)
        self._stub = provider_pb2_grpc.ResourceProviderStub(self._channel)
        self._takes: dict[str, bool] = {}
        self._previews = True
        self._known: asyncio.Task[bool] | None = None

    async def close(self, cancel: bool) -> None:
        """Close the connection; with `cancel` (an interrupted run), the plugin stops its work first. Its process keeps running."""
        if cancel:
            await asyncio.wait([asyncio.ensure_future(self._call("Cancel", empty_pb2.Empty(), optional=True))], timeout=1)
        if self._known is not None:
            self._known.cancel()
        await self._channel.close()

    async def start(self) -> None:
        """Shake hands, and parameterize the plugin if the package requires it (a native plugin need not support it)."""
        told = await self._call("Handshake", pb.ProviderHandshakeRequest(configure_with_urn=True, invoke_with_preview=True), optional=True)
        if told is not None:
            self._takes = {"secrets": told.accept_secrets, "resources": told.accept_resources}
        if self._package.parameter:
            name, version, value = self._package.parameter
            parameter = pb.ParameterizeRequest.ParametersValue(name=name, version=version, value=value)
            told = await self._call("Parameterize", pb.ParameterizeRequest(value=parameter), optional=True)
            if told is not None and told.name != name:
                raise EngineError(f"{self.label}: parameterized as {told.name!r}, but the program expects {name!r}")

    def configure(self, state: State, inputs: Properties) -> None:
        """Begin to configure; the first call that needs the provider raises a failure. Unknown inputs leave it unconfigured."""
        self._known = asyncio.ensure_future(self._configure(state, inputs))

    async def _configure(self, state: State, inputs: Properties) -> bool:
        settings = {key: value for key, value in inputs.items() if key != "version"}
        if has_unknown(settings):
            return False
        bare, package = send(settings, secrets=False), self._package.name
        variables = {f"{package}:config:{key}": each if isinstance(each, str) else json.dumps(each) for key, each in bare.items()}
        able: dict[str, Any] = dict.fromkeys(("acceptSecrets", "acceptResources", "sends_old_inputs", "sends_old_inputs_to_delete"), True)
        told = await self._call_resource("Configure", state, True, id=state.id, variables=variables, args=convert_to_struct(inputs), **able)
        if not self._takes:
            self._takes, self._previews = {"secrets": told.acceptSecrets, "resources": told.acceptResources}, told.supportsPreview
        return True

    async def is_configured(self) -> bool:
        """Return whether the provider is configured; False in a preview in which its configuration is unknown."""
        assert self._known is not None, f"{self.label} is used before it is configured"
        return await asyncio.shield(self._known)

    async def check(self, new: State, olds: Properties, news: Properties, preview: bool) -> Checked:
        """Check a resource's (or the provider's own) inputs; return them with the provider's defaults, and the failures."""
        ask = new.is_provider or await self.is_configured()
        reply = await self._call_resource("Check", new, preview, olds=olds, news=news, randomSeed=secrets.token_bytes(32)) if ask else None
        return (self._receive_result(reply.inputs, news, new, preview), list(reply.failures)) if reply is not None else (news, [])

    async def compare(self, old: State, olds: Properties, news: Properties, preview: bool, ignore: list[str]) -> Diff | None:
        """Compare a resource (or the provider itself) with its goal; None when the provider's configuration is unknown."""
        if not old.is_provider and not await self.is_configured():
            return None
        sent: dict[str, Any] = {"old_inputs": olds, "olds": old.outputs, "news": news}
        reply = await self._call_resource("Diff", old, preview, id=old.id, ignoreChanges=ignore, **sent)
        return Diff.parse_reply(reply or pb.DiffResponse(), find_changed_keys(olds, news))

    async def bring(self, old: State | None, new: State, preview: bool) -> tuple[str, Properties]:
        """Create a resource or update `old` in place (in a preview, predict the result); return its id and outputs."""
        known, id_ = await self.is_configured(), old.id if old else ""
        if preview and not (known and self._previews):
            return id_, dict(new.inputs) if known else {}
        if old is None:
            reply = await self._call_resource("Create", new, preview, properties=new.inputs, preview=preview)
        else:
            sent = {"olds": old.outputs, "old_inputs": old.inputs, "news": new.inputs, "ignoreChanges": new.ignore_changes}
            reply = await self._call_resource("Update", new, preview, id=id_, preview=preview, **sent)
        id_ = id_ or reply.id
        if not id_ and not preview:
            raise EngineError(f"{self.label} returned no id from Create", new.urn)
        return id_, self._receive_result(reply.properties, new.inputs, new, preview)

    async def read(self, state: State, id_: str, inputs: Properties | None, outputs: Properties) -> ReadBack | None:
        """Read a resource; return its id, inputs (None if it returns none) and outputs; None when it does not exist."""
        if not await self.is_configured():
            return id_, {}, {}
        reply = await self._call_resource("Read", state, False, id=id_, properties=outputs, inputs=inputs)
        if not (reply.HasField("properties") and reply.id):
            return None
        found = self._receive_result(reply.inputs, inputs or {}, state, False) if reply.HasField("inputs") else None
        return reply.id, found, self._receive_result(reply.properties, outputs, state, False)

    async def delete(self, state: State) -> None:
        """Delete a resource."""
        await self.is_configured()
        await self._call_resource("Delete", state, False, id=state.id, properties=state.outputs, old_inputs=state.inputs)

    async def invoke(self, token: str, arguments: Properties, preview: bool) -> tuple[Properties, list[pb.CheckFailure]]:
        """Call a function; secret arguments make the result secret where the provider does not mark it itself."""
        if not await self.is_configured():
            return {}, []
        told = convert_to_struct(send(arguments, **self._takes, unknowns=False))
        reply = await self._call("Invoke", pb.InvokeRequest(tok=token, args=told, preview=preview))
        found = receive(getattr(reply, "return"))
        if has_secret(arguments) and not self._takes.get("secrets"):
            found = {key: each if has_secret(each) else wrap_secret(each) for key, each in found.items()}
        return found, list(reply.failures)

    def _receive_result(self, message: Struct, like: Properties, state: State, preview: bool) -> Properties:
        found: Properties = receive(message)
        if not preview and has_unknown(found):
            raise EngineError(f"{self.label} returned an unknown value outside a preview", state.urn)
        if state.is_provider or not self._takes.get("secrets"):
            propagate_secrets(found, like)
        return found

    async def _call_resource(self, method: str, state: State, unknowns: bool, **fields: Any) -> Any:
        """Make a call about one resource. Properties are sent as the provider accepts them, assets in full only where it acts on them."""
        config = state.is_provider and method != "Configure"
        for key, value in fields.items():
            if isinstance(value, dict) and key != "variables":
                takes = {"secrets": False} if config else self._takes
                fields[key] = convert_to_struct(send(value, **takes, unknowns=unknowns, contents=(method, key) in _IN_FULL))
        if timeout := state.custom_timeouts.get(method.lower()):
            fields["timeout"] = timeout
        request = getattr(pb, f"{method}Request")(urn=state.urn, name=get_name(state.urn), type=get_type(state.urn), **fields)
        return await self._call(f"{method}Config" if config else method, request, state.urn, optional=config)

    async def _call(self, method: str, request: Any, urn: str = "", optional: bool = False) -> Any:
        try:
            return await getattr(self._stub, method)(request)
        except grpc.aio.AioRpcError as failed:
            if optional and failed.code() == grpc.StatusCode.UNIMPLEMENTED:
                return None
            for key, value in failed.trailing_metadata() or ():
                for detail in status_pb2.Status.FromString(value).details if key == "grpc-status-details-bin" else ():
                    partial = pb.ErrorResourceInitFailed()
                    if detail.Unpack(partial):
                        raise PartialFailureError(partial, urn) from failed
            away = f"{self.label} is not answering: " if failed.code() == grpc.StatusCode.UNAVAILABLE else ""
            raise EngineError(f"{away}{failed.details() or f'{method} failed: {failed.code().name}'}", urn) from failed


class Registry:
    """The configured providers of one run, by reference (`<urn>::<id>`). Acts as the provider of provider resources."""

    def __init__(self, plugins: Plugins) -> None:
        self._plugins = plugins
        self._configured: dict[str, Provider] = {}
        self._checked: dict[str, Provider] = {}
        self._all: list[Provider] = []

    def get(self, reference: str) -> Provider | None:
        """Return the provider with this reference, if this run has configured it."""
        return self._configured.get(reference)

    def is_own(self, state: State) -> bool:
        """Return whether the lab itself serves the plugin of a provider resource."""
        return not self._plugins.find_debug_port(Package.read_inputs(state, state.inputs))

    async def _load(self, state: State, inputs: Properties) -> Provider:
        package = Package.read_inputs(state, inputs)
        self._all.append(Provider(await self._plugins.attach(package), package))
        await (loaded := self._all[-1]).start()
        return loaded

    async def check(self, new: State, olds: Properties, news: Properties, preview: bool) -> Checked:  # noqa: ARG002
        """Check a provider resource, with a plugin that the next step will configure."""
        provider = await self._load(new, news)
        checked, failures = await provider.check(new, remove_internal(olds), remove_internal(news), True)
        if not failures:
            self._checked[new.urn] = provider
        return checked | {key: news[key] for key in ("version", INTERNAL) if key in news}, failures

    async def compare(self, old: State, olds: Properties, news: Properties, preview: bool, ignore: list[str]) -> Diff:  # noqa: ARG002
        """Compare a provider resource with its goal."""
        provider = self._checked.get(old.urn) or self._configured[f"{old.urn}::{old.id}"]
        return await provider.compare(old, remove_internal(olds), remove_internal(news), True, ignore) or Diff()

    async def bring(self, old: State | None, new: State, preview: bool) -> tuple[str, Properties]:
        """Configure the plugin of a provider resource that is new (it gets an id) or has changed; return its id and outputs."""
        new.id = old.id if old else UNKNOWN if preview else str(uuid.uuid4())
        await self.take(new, new.inputs, anew=True)
        return new.id, remove_internal(new.inputs)

    async def take(self, state: State, inputs: Properties, anew: bool = False) -> None:
        """Configure a provider resource's plugin, under its id and its present and former URNs."""
        if anew or f"{state.urn}::{state.id}" not in self._configured:
            provider = self._checked.pop(state.urn, None) or await self._load(state, inputs)
            provider.configure(state, remove_internal(inputs))
            self._configured.update({f"{urn}::{state.id}": provider for urn in (state.urn, *state.aliases)})

    async def close(self, cancel: bool) -> None:
        """Close every connection."""
        await asyncio.gather(*(each.close(cancel) for each in self._all))
