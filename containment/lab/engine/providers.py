"""Provider plugins over gRPC, and the registry of those that a run has configured.

Owns the ResourceProvider protocol as the engine speaks it (after Pulumi's provider_plugin.go): what each call is told, secrets and
unknowns left out for a provider that does not take them, a provider whose configuration is not known yet in a preview. Every provider
resource has its own connection, and the plugin behind it must be running already: `plugins` says on which port.
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

from containment.lab.engine.plugins import Plugins
from containment.lab.errors import EngineError
from containment.lab.formats.package import INTERNAL, Package, visible
from containment.lab.formats.state import State, name_of, type_of
from containment.lab.formats.values import Properties, annotate_secrets, changed_keys, contains, has_secret, parse_path, receive, send
from containment.lab.wire import UNKNOWN, has_unknown, secret, to_struct

GRPC_OPTIONS = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1), ("grpc.enable_http_proxy", 0)]
Checked = tuple[Properties, list[pb.CheckFailure]]
ReadBack = tuple[str, Properties | None, Properties]
_IN_FULL = {("Check", "olds"), ("Check", "news"), ("Create", "properties"), ("Update", "news")}


class PartialFailureError(EngineError):
    """The provider made or changed the resource, but could not bring it up; what there is belongs in the state."""

    def __init__(self, detail: pb.ErrorResourceInitFailed, urn: str) -> None:
        super().__init__("; ".join(detail.reasons) or "the resource did not come up", urn)
        self.id, self.outputs, self.reasons = detail.id, receive(detail.properties), list(detail.reasons)
        self.inputs = receive(detail.inputs) if detail.HasField("inputs") else None


@dataclass(frozen=True)
class Diff:
    """What a provider says differs between a resource and its goal."""

    changed: bool = False
    keys: list[str] = field(default_factory=list)
    replaces: list[str] = field(default_factory=list)
    detailed: dict[str, str] = field(default_factory=dict)
    delete_first: bool = False

    @classmethod
    def of(cls, reply: pb.DiffResponse, fallback: list[str]) -> Diff:
        """Return the reply as a Diff; a provider that does not know leaves it to `fallback`, the changed inputs."""
        vague = reply.changes == pb.DiffResponse.DIFF_UNKNOWN
        kinds = {path: pb.PropertyDiff.Kind.Name(each.kind).lower() for path, each in reply.detailedDiff.items()}
        changed, keys = (bool(fallback), fallback) if vague else (reply.changes == pb.DiffResponse.DIFF_SOME, list(reply.diffs))
        return cls(changed, keys, list(reply.replaces), kinds if reply.hasDetailedDiff else {}, reply.deleteBeforeReplace)

    def replacing_on(self, patterns: list[str], init_failed: bool) -> Diff:
        """Return the diff with `replaceOnChanges` applied; a failed initialisation counts as the property `#initerror`."""
        wanted = [parse_path(each) for each in patterns]
        hit = [key for key in (*self.keys, *self.detailed) if self.changed and any(contains(each, parse_path(key)) for each in wanted)]
        broken = ["#initerror"] if init_failed and any(contains(each, ("#initerror",)) for each in wanted) else []
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
        """Close the connection, after asking the plugin to stop what it is doing where a run is interrupted; it goes on running."""
        if cancel:
            await asyncio.wait([asyncio.ensure_future(self._call("Cancel", empty_pb2.Empty(), optional=True))], timeout=1)
        if self._known is not None:
            self._known.cancel()
        await self._channel.close()

    async def start(self) -> None:
        """Shake hands, and parameterize the plugin where the package asks for it (a native plugin need not know how)."""
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
        """Begin to configure; a failure is raised by the first call that needs the provider. Unknown inputs leave it unconfigured."""
        self._known = asyncio.ensure_future(self._configure(state, inputs))

    async def _configure(self, state: State, inputs: Properties) -> bool:
        settings = {key: value for key, value in inputs.items() if key != "version"}
        if has_unknown(settings):
            return False
        bare, package = send(settings, secrets=False), self._package.name
        variables = {f"{package}:config:{key}": each if isinstance(each, str) else json.dumps(each) for key, each in bare.items()}
        able: dict[str, Any] = dict.fromkeys(("acceptSecrets", "acceptResources", "sends_old_inputs", "sends_old_inputs_to_delete"), True)
        told = await self._ask("Configure", state, True, id=state.id, variables=variables, args=to_struct(inputs), **able)
        if not self._takes:
            self._takes, self._previews = {"secrets": told.acceptSecrets, "resources": told.acceptResources}, told.supportsPreview
        return True

    async def known(self) -> bool:
        """Tell whether the provider is configured; False in a preview in which its configuration is unknown."""
        assert self._known is not None, f"{self.label} is used before it is configured"
        return await asyncio.shield(self._known)

    async def check(self, new: State, olds: Properties, news: Properties, preview: bool) -> Checked:
        """Check a resource's (or the provider's own) inputs; returns them with the provider's defaults, and what is wrong."""
        ask = new.is_provider or await self.known()
        reply = await self._ask("Check", new, preview, olds=olds, news=news, randomSeed=secrets.token_bytes(32)) if ask else None
        return (self._in(reply.inputs, news, new, preview), list(reply.failures)) if reply is not None else (news, [])

    async def diff(self, old: State, olds: Properties, news: Properties, preview: bool, ignore: list[str]) -> Diff | None:
        """Compare a resource (or the provider itself) with its goal; None when the provider's configuration is unknown."""
        if not old.is_provider and not await self.known():
            return None
        sent: dict[str, Any] = {"old_inputs": olds, "olds": old.outputs, "news": news}
        reply = await self._ask("Diff", old, preview, id=old.id, ignoreChanges=ignore, **sent)
        return Diff.of(reply or pb.DiffResponse(), changed_keys(olds, news))

    async def bring(self, old: State | None, new: State, preview: bool) -> tuple[str, Properties]:
        """Create a resource or update `old` in place (or say what it would be); returns its id and outputs."""
        known, id_ = await self.known(), old.id if old else ""
        if preview and not (known and self._previews):
            return id_, dict(new.inputs) if known else {}
        if old is None:
            reply = await self._ask("Create", new, preview, properties=new.inputs, preview=preview)
        else:
            sent = {"olds": old.outputs, "old_inputs": old.inputs, "news": new.inputs, "ignoreChanges": new.ignore_changes}
            reply = await self._ask("Update", new, preview, id=id_, preview=preview, **sent)
        id_ = id_ or reply.id
        if not id_ and not preview:
            raise EngineError(f"{self.label} returned no id from Create", new.urn)
        return id_, self._in(reply.properties, new.inputs, new, preview)

    async def read(self, state: State, id_: str, inputs: Properties | None, outputs: Properties) -> ReadBack | None:
        """Read a resource; returns its id, inputs (None when the provider does not say) and outputs, or None when it is gone."""
        if not await self.known():
            return id_, {}, {}
        reply = await self._ask("Read", state, False, id=id_, properties=outputs, inputs=inputs)
        if not (reply.HasField("properties") and reply.id):
            return None
        found = self._in(reply.inputs, inputs or {}, state, False) if reply.HasField("inputs") else None
        return reply.id, found, self._in(reply.properties, outputs, state, False)

    async def delete(self, state: State) -> None:
        """Delete a resource."""
        await self.known()
        await self._ask("Delete", state, False, id=state.id, properties=state.outputs, old_inputs=state.inputs)

    async def invoke(self, token: str, arguments: Properties, preview: bool) -> tuple[Properties, list[pb.CheckFailure]]:
        """Call a function; secret arguments make a secret result, where the provider does not say so itself."""
        if not await self.known():
            return {}, []
        told = to_struct(send(arguments, **self._takes, unknowns=False))
        reply = await self._call("Invoke", pb.InvokeRequest(tok=token, args=told, preview=preview))
        found = receive(getattr(reply, "return"))
        if has_secret(arguments) and not self._takes.get("secrets"):
            found = {key: each if has_secret(each) else secret(each) for key, each in found.items()}
        return found, list(reply.failures)

    def _in(self, message: Struct, like: Properties, state: State, preview: bool) -> Properties:
        found: Properties = receive(message)
        if not preview and has_unknown(found):
            raise EngineError(f"{self.label} returned an unknown value outside a preview", state.urn)
        if state.is_provider or not self._takes.get("secrets"):
            annotate_secrets(found, like)
        return found

    async def _ask(self, method: str, state: State, unknowns: bool, **fields: Any) -> Any:
        """Make a call about one resource. Properties are sent as the provider takes them, assets in full only where it acts on them."""
        config = state.is_provider and method != "Configure"
        for key, value in fields.items():
            if isinstance(value, dict) and key != "variables":
                takes = {"secrets": False} if config else self._takes
                fields[key] = to_struct(send(value, **takes, unknowns=unknowns, contents=(method, key) in _IN_FULL))
        if timeout := state.custom_timeouts.get(method.lower()):
            fields["timeout"] = timeout
        request = getattr(pb, f"{method}Request")(urn=state.urn, name=name_of(state.urn), type=type_of(state.urn), **fields)
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
    """The configured providers of one run, by reference (`<urn>::<id>`). Stands in as the provider of provider resources."""

    def __init__(self, plugins: Plugins) -> None:
        self._plugins = plugins
        self._configured: dict[str, Provider] = {}
        self._checked: dict[str, Provider] = {}
        self._all: list[Provider] = []

    def get(self, reference: str) -> Provider | None:
        """Return the provider with this reference, if this run has configured it."""
        return self._configured.get(reference)

    def is_own(self, state: State) -> bool:
        """Tell whether the lab itself serves the plugin of a provider resource."""
        return not self._plugins.named(Package.marked(state, state.inputs))

    async def _load(self, state: State, inputs: Properties) -> Provider:
        package = Package.marked(state, inputs)
        self._all.append(Provider(await self._plugins.attach(package), package))
        await (loaded := self._all[-1]).start()
        return loaded

    async def check(self, new: State, olds: Properties, news: Properties, preview: bool) -> Checked:  # noqa: ARG002
        """Check a provider resource, with a plugin that the next step will configure."""
        provider = await self._load(new, news)
        checked, failures = await provider.check(new, visible(olds), visible(news), True)
        if not failures:
            self._checked[new.urn] = provider
        return checked | {key: news[key] for key in ("version", INTERNAL) if key in news}, failures

    async def diff(self, old: State, olds: Properties, news: Properties, preview: bool, ignore: list[str]) -> Diff:  # noqa: ARG002
        """Compare a provider resource with its goal."""
        provider = self._checked.get(old.urn) or self._configured[f"{old.urn}::{old.id}"]
        return await provider.diff(old, visible(olds), visible(news), True, ignore) or Diff()

    async def bring(self, old: State | None, new: State, preview: bool) -> tuple[str, Properties]:
        """Configure the plugin of a provider resource that is new (it gets an id) or has changed; returns its id and outputs."""
        new.id = old.id if old else UNKNOWN if preview else str(uuid.uuid4())
        await self.take(new, new.inputs, anew=True)
        return new.id, visible(new.inputs)

    async def take(self, state: State, inputs: Properties, anew: bool = False) -> None:
        """Have a provider resource's plugin configured, under its id and its present and former URNs."""
        if anew or f"{state.urn}::{state.id}" not in self._configured:
            provider = self._checked.pop(state.urn, None) or await self._load(state, inputs)
            provider.configure(state, visible(inputs))
            self._configured.update({f"{urn}::{state.id}": provider for urn in (state.urn, *state.aliases)})

    async def close(self, cancel: bool) -> None:
        """Close every connection."""
        await asyncio.gather(*(each.close(cancel) for each in self._all))
