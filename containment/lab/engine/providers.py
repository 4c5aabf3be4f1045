"""Provider plugins over gRPC, and the provider resources that configure them.

Owns the ResourceProvider protocol as the engine speaks it (after Pulumi's provider_plugin.go): what each call is told, secrets and unknowns
left out for a provider that does not take them, a provider whose configuration is not known yet in a preview. Every provider resource has its
own connection, and the plugin behind it must be running already: `attach` says on which port.
"""

from __future__ import annotations

import asyncio
import base64
import json
import secrets
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import grpc
from google.protobuf.struct_pb2 import Struct
from pulumi.runtime.proto import provider_pb2 as pb
from pulumi.runtime.proto import provider_pb2_grpc, status_pb2

from containment.lab.engine.errors import EngineError
from containment.lab.engine.state import State, name_of, type_of
from containment.lab.engine.values import Properties, annotate_secrets, changed_keys, has_secret, parse_path, receive, send
from containment.lab.wire import UNKNOWN, has_unknown, to_struct

GRPC_OPTIONS = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1), ("grpc.enable_http_proxy", 0)]
INTERNAL = "__internal"
UNAVAILABLE_DIFF = "the provider's configuration is not known yet: this preview may not show all changes of the update"


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
        if reply.changes == pb.DiffResponse.DIFF_UNKNOWN:
            return cls(changed=bool(fallback), keys=fallback, replaces=list(reply.replaces), delete_first=reply.deleteBeforeReplace)
        kinds = {path: pb.PropertyDiff.Kind.Name(each.kind).lower() for path, each in reply.detailedDiff.items()}
        changed = reply.changes == pb.DiffResponse.DIFF_SOME
        return cls(changed, list(reply.diffs), list(reply.replaces), kinds if reply.hasDetailedDiff else {}, reply.deleteBeforeReplace)

    def replacing_on(self, patterns: list[str], init_failed: bool) -> Diff:
        """Return the diff with `replaceOnChanges` applied; a failed initialisation counts as the property `#initerror`."""
        wanted = [parse_path(each) for each in patterns]
        paths = {key: parse_path(key) for key in self.keys} | {path: parse_path(path) for path in self.detailed}
        hit = [key for key, path in paths.items() if self.changed and any(_covers(each, path) for each in wanted)]
        broken = ["#initerror"] if init_failed and any(each[0] in ("*", "#initerror") for each in wanted if each) else []
        return Diff(
            self.changed or bool(broken), self.keys, list(dict.fromkeys([*self.replaces, *hit, *broken])), self.detailed, self.delete_first
        )

    @property
    def replaces_any(self) -> bool:
        """Whether the change needs a new resource."""
        return bool(self.replaces) or any(kind.endswith("replace") for kind in self.detailed.values())


def _covers(pattern: tuple[str | int, ...], path: tuple[str | int, ...]) -> bool:
    return len(path) >= len(pattern) and all(want in ("*", have) for want, have in zip(pattern, path, strict=False))


@dataclass(frozen=True)
class Package:
    """Which plugin serves a resource: the base plugin, and the package it is parameterized as, if it is."""

    plugin: str
    version: str = ""
    url: str = ""
    parameter: tuple[str, str, bytes] | None = None

    @property
    def name(self) -> str:
        """The package that resource types name."""
        return self.parameter[0] if self.parameter else self.plugin

    @property
    def default_name(self) -> str:
        """The name of this package's default provider resource."""
        version = self.parameter[1] if self.parameter else self.version
        parts = version.replace("-", ".").replace("+", ".").split(".") if version else []
        cleaned = ["".join(c if c.isalnum() or c in "_.-" else "_" for c in self.url)] if self.url else []
        return "_".join(["default", *parts, *cleaned])

    def mark(self, inputs: Properties) -> None:
        """Write version, url and parameterization into a provider resource's inputs, where Pulumi keeps them."""
        internal: Properties = {}
        if self.version:
            inputs["version"] = self.version
        if self.url:
            internal["pluginDownloadURL"] = self.url
        if self.parameter:
            _, version, value = self.parameter
            internal |= {"name": self.plugin, "version": self.version, "parameterization": base64.b64encode(value).decode()}
            inputs["version"] = version
        if self.version or self.url or self.parameter:
            inputs[INTERNAL] = internal

    @classmethod
    def marked(cls, state: State, inputs: Properties) -> Package:
        """Return the package that a provider resource's inputs name."""
        name, internal = state.type.rpartition(":")[2], inputs.get(INTERNAL) or {}
        version = str(inputs.get("version") or "")
        if "parameterization" in internal:
            parameter = (name, version, base64.b64decode(internal["parameterization"]))
            return cls(internal["name"], str(internal.get("version") or ""), internal.get("pluginDownloadURL", ""), parameter)
        return cls(name, version, internal.get("pluginDownloadURL", ""))


class Provider:
    """One connection to a provider plugin, configured at most once."""

    def __init__(self, port: int, label: str) -> None:
        self.label = label
        self._channel = grpc.aio.insecure_channel(f"127.0.0.1:{port}", options=GRPC_OPTIONS)
        self._stub = provider_pb2_grpc.ResourceProviderStub(self._channel)  # type: ignore[no-untyped-call]
        self._takes = {"secrets": False, "resources": False}
        self._previews = False
        self._known: asyncio.Task[bool] | None = None

    async def close(self) -> None:
        """Close the connection; the plugin goes on running."""
        if self._known is not None:
            self._known.cancel()
        await self._channel.close()

    async def cancel(self) -> None:
        """Ask the plugin to stop what it is doing."""
        await self._call("Cancel", pb.google_dot_protobuf_dot_empty__pb2.Empty(), optional=True)

    async def start(self, package: Package) -> None:
        """Shake hands, and parameterize the plugin where the package asks for it (a native plugin need not know how)."""
        hello = pb.ProviderHandshakeRequest(engine_address="", configure_with_urn=True, invoke_with_preview=True)
        shaken = await self._call("Handshake", hello, optional=True)
        if shaken is not None:
            self._accept(shaken.accept_secrets, shaken.accept_resources, True)
        if package.parameter:
            name, version, value = package.parameter
            request = pb.ParameterizeRequest(value=pb.ParameterizeRequest.ParametersValue(name=name, version=version, value=value))
            told = await self._call("Parameterize", request, optional=True)
            if told is not None and told.name != name:
                raise EngineError(f"{self.label}: parameterized as {told.name!r}, but the program expects {name!r}")

    def _accept(self, secrets_: bool, resources: bool, previews: bool) -> None:
        self._takes, self._previews = {"secrets": secrets_, "resources": resources}, previews
        self._shaken = True

    _shaken = False

    def configure(self, state: State, inputs: Properties) -> None:
        """Begin to configure; a failure is raised by the first call that needs the provider. Unknown inputs leave it unconfigured."""
        self._known = asyncio.ensure_future(self._configure(state, inputs))

    async def _configure(self, state: State, inputs: Properties) -> bool:
        if has_unknown({key: value for key, value in inputs.items() if key != "version"}):
            return False
        package, bare = state.type.rpartition(":")[2], send(inputs, secrets=False)
        variables = {f"{package}:config:{k}": v if isinstance(v, str) else json.dumps(v) for k, v in bare.items() if k != "version"}
        where = {"urn": state.urn, "name": name_of(state.urn), "type": state.type, "id": state.id}
        accepts = {"acceptSecrets": True, "acceptResources": True, "sends_old_inputs": True, "sends_old_inputs_to_delete": True}
        told = await self._call(
            "Configure", pb.ConfigureRequest(variables=variables, args=to_struct(inputs), **accepts, **where), state.urn
        )
        if not self._shaken:
            self._accept(told.acceptSecrets, told.acceptResources, told.supportsPreview)
        return True

    async def known(self) -> bool:
        """Tell whether the provider is configured; False in a preview in which its configuration is unknown."""
        assert self._known is not None, f"{self.label} is used before it is configured"
        return await asyncio.shield(self._known)

    def _out(self, value: Properties, **options: Any) -> Struct:
        return to_struct(send(value, **self._takes, **options))

    def _in(self, message: Struct, like: Properties, urn: str, preview: bool) -> Properties:
        found = receive(message)
        if not preview and has_unknown(found):
            raise EngineError(f"{self.label} returned an unknown value outside a preview", urn)
        if not self._takes["secrets"]:
            annotate_secrets(found, like)
        return found

    async def check_config(self, urn: str, olds: Properties, news: Properties) -> tuple[Properties, list[pb.CheckFailure]]:
        """Check a provider resource's inputs; a plugin without CheckConfig takes them as they are."""
        request = pb.CheckRequest(urn=urn, name=name_of(urn), type=type_of(urn), news=to_struct(send(news, secrets=False)))
        if olds:
            request.olds.CopyFrom(to_struct(send(olds, secrets=False)))
        reply = await self._call("CheckConfig", request, urn, optional=True)
        if reply is None:
            return news, []
        checked = receive(reply.inputs)
        annotate_secrets(checked, news)
        return checked, list(reply.failures)

    async def diff_config(self, urn: str, old: State, news: Properties, ignore: list[str]) -> Diff:
        """Compare a provider resource's inputs; a plugin without DiffConfig has no replacements."""
        bare = send({"old": _visible(old.inputs), "out": old.outputs, "new": news}, secrets=False)
        request = pb.DiffRequest(urn=urn, name=name_of(urn), type=type_of(urn), id=old.id, ignoreChanges=ignore)
        request.old_inputs.CopyFrom(to_struct(bare["old"]))
        request.olds.CopyFrom(to_struct(bare["out"]))
        request.news.CopyFrom(to_struct(bare["new"]))
        reply = await self._call("DiffConfig", request, urn, optional=True)
        return Diff.of(reply if reply is not None else pb.DiffResponse(), changed_keys(old.outputs, news))

    async def check(self, urn: str, olds: Properties, news: Properties, preview: bool) -> tuple[Properties, list[pb.CheckFailure]]:
        """Check a resource's inputs; returns them with the provider's defaults, and what is wrong."""
        if not await self.known():
            return news, []
        request = pb.CheckRequest(urn=urn, name=name_of(urn), type=type_of(urn), randomSeed=secrets.token_bytes(32))
        request.olds.CopyFrom(self._out(olds, unknowns=preview))
        request.news.CopyFrom(self._out(news, unknowns=preview))
        reply = await self._call("Check", request, urn)
        return self._in(reply.inputs, news, urn, preview), list(reply.failures)

    async def diff(self, state: State, old_inputs: Properties, news: Properties, preview: bool, ignore: list[str]) -> Diff | None:
        """Compare a resource with its goal; None when the provider's configuration is unknown."""
        if not await self.known():
            return None
        request = pb.DiffRequest(urn=state.urn, name=name_of(state.urn), type=state.type, id=state.id, ignoreChanges=ignore)
        for into, value in ((request.old_inputs, old_inputs), (request.olds, state.outputs), (request.news, news)):
            into.CopyFrom(self._out(value, unknowns=preview, contents=False))
        reply = await self._call("Diff", request, state.urn)
        return Diff.of(reply, changed_keys(old_inputs, news))

    async def create(self, state: State, preview: bool) -> tuple[str, Properties]:
        """Create a resource (or say what it would be); returns its id and outputs."""
        if preview and not (await self.known() and self._previews):
            return "", (dict(state.inputs) if await self.known() else {})
        await self.known()
        request = pb.CreateRequest(urn=state.urn, name=name_of(state.urn), type=state.type, preview=preview)
        request.properties.CopyFrom(self._out(state.inputs, unknowns=preview))
        request.timeout = state.custom_timeouts.get("create", 0)
        reply = await self._call("Create", request, state.urn)
        if not reply.id and not preview:
            raise EngineError(f"{self.label} returned no id from Create", state.urn)
        return reply.id, self._in(reply.properties, state.inputs, state.urn, preview)

    async def update(self, old: State, new: State, preview: bool) -> Properties:
        """Update a resource in place (or say what it would be); returns its outputs."""
        if preview and not (await self.known() and self._previews):
            return dict(new.inputs) if await self.known() else {}
        await self.known()
        request = pb.UpdateRequest(
            urn=new.urn, name=name_of(new.urn), type=new.type, id=old.id, preview=preview, ignoreChanges=new.ignore_changes
        )
        request.olds.CopyFrom(self._out(old.outputs, unknowns=False, contents=False))
        request.old_inputs.CopyFrom(self._out(old.inputs, unknowns=False, contents=False))
        request.news.CopyFrom(self._out(new.inputs, unknowns=preview))
        request.timeout = new.custom_timeouts.get("update", 0)
        reply = await self._call("Update", request, new.urn)
        return self._in(reply.properties, new.inputs, new.urn, preview)

    async def read(
        self, state: State, id_: str, inputs: Properties | None, outputs: Properties
    ) -> tuple[str, Properties | None, Properties] | None:
        """Read a resource; returns its id, inputs (None when the provider does not say) and outputs, or None when it is gone."""
        if not await self.known():
            return id_, {}, {}
        request = pb.ReadRequest(id=id_, urn=state.urn, name=name_of(state.urn), type=state.type)
        request.properties.CopyFrom(self._out(outputs, unknowns=False, contents=False))
        if inputs is not None:
            request.inputs.CopyFrom(self._out(inputs, unknowns=False, contents=False))
        request.timeout = state.custom_timeouts.get("read", 0)
        reply = await self._call("Read", request, state.urn)
        if not reply.HasField("properties") or not reply.id:
            return None
        found = self._in(reply.inputs, inputs or {}, state.urn, False) if reply.HasField("inputs") else None
        return reply.id, found, self._in(reply.properties, outputs, state.urn, False)

    async def delete(self, state: State) -> None:
        """Delete a resource."""
        await self.known()
        request = pb.DeleteRequest(id=state.id, urn=state.urn, name=name_of(state.urn), type=state.type)
        request.properties.CopyFrom(self._out(state.outputs, unknowns=False, contents=False))
        request.old_inputs.CopyFrom(self._out(state.inputs, unknowns=False, contents=False))
        request.timeout = state.custom_timeouts.get("delete", 0)
        await self._call("Delete", request, state.urn)

    async def invoke(self, token: str, arguments: Properties, preview: bool) -> pb.InvokeResponse:
        """Call a function; secret arguments make a secret result, where the provider does not say so itself."""
        if not await self.known():
            return pb.InvokeResponse()
        request = pb.InvokeRequest(tok=token, args=self._out(arguments, unknowns=False), preview=preview)
        reply: pb.InvokeResponse = await self._call("Invoke", request)
        if has_secret(arguments) and not self._takes["secrets"]:
            found = receive(getattr(reply, "return"))
            annotate_secrets(
                found, dict.fromkeys(found, {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", "value": 0})
            )
            getattr(reply, "return").CopyFrom(to_struct(found))
        return reply

    async def _call(self, method: str, request: Any, urn: str = "", optional: bool = False) -> Any:
        try:
            return await getattr(self._stub, method)(request)
        except grpc.aio.AioRpcError as failed:
            if optional and failed.code() == grpc.StatusCode.UNIMPLEMENTED:
                return None
            partial = _partial_failure(failed)
            if partial is not None:
                raise PartialFailureError(partial, urn) from failed
            if failed.code() == grpc.StatusCode.UNAVAILABLE:
                raise EngineError(f"{self.label} is not answering ({failed.details()})", urn) from failed
            raise EngineError(failed.details() or f"{method} failed: {failed.code().name}", urn) from failed


def _partial_failure(failed: grpc.aio.AioRpcError) -> pb.ErrorResourceInitFailed | None:
    for key, value in failed.trailing_metadata() or ():
        if key == "grpc-status-details-bin":
            for detail in status_pb2.Status.FromString(value).details:
                found = pb.ErrorResourceInitFailed()
                if detail.Unpack(found):
                    return found
    return None


def _visible(inputs: Properties) -> Properties:
    """Return a provider resource's inputs without the engine's own."""
    return {key: value for key, value in inputs.items() if key != INTERNAL}


class Registry:
    """The configured providers of one run, by reference (`<urn>::<id>`). Stands in as the provider of provider resources."""

    def __init__(self, attach: Callable[[Package], Awaitable[int]]) -> None:
        self._attach = attach
        self._configured: dict[str, Provider] = {}
        self._checked: dict[str, Provider] = {}
        self._all: list[Provider] = []

    def get(self, reference: str) -> Provider | None:
        """Return the provider with this reference, if this run has configured it."""
        return self._configured.get(reference)

    async def _load(self, state: State, inputs: Properties) -> Provider:
        package = Package.marked(state, inputs)
        provider = Provider(await self._attach(package), f"provider {package.name}")
        self._all.append(provider)
        await provider.start(package)
        return provider

    async def check(self, state: State, olds: Properties, news: Properties) -> tuple[Properties, list[pb.CheckFailure]]:
        """Check a provider resource, with a plugin that the next step will configure."""
        provider = await self._load(state, news)
        checked, failures = await provider.check_config(state.urn, _visible(olds), _visible(news))
        if not failures:
            self._checked[state.urn] = provider
            for key in ("version", INTERNAL):
                if key in news:
                    checked[key] = news[key]
        return checked, failures

    async def diff(self, old: State, urn: str, news: Properties, ignore: list[str]) -> Diff:
        """Compare a provider resource with its goal."""
        provider = self._checked.get(urn) or self._configured[f"{old.urn}::{old.id}"]
        return await provider.diff_config(urn, old, _visible(news), ignore)

    async def take(self, state: State, inputs: Properties, former: tuple[str, ...] = ()) -> Properties:
        """Configure a provider resource's plugin under its id (and its `former` URNs); returns its outputs."""
        if f"{state.urn}::{state.id}" not in self._configured:
            provider = self._checked.pop(state.urn, None) or await self._load(state, inputs)
            provider.configure(state, _visible(inputs))
            for urn in (state.urn, *former):
                self._configured[f"{urn}::{state.id}"] = provider
        return _visible(inputs)

    def new_id(self, preview: bool) -> str:
        """Return an id for a new provider resource."""
        return UNKNOWN if preview else str(uuid.uuid4())

    def drop(self, state: State) -> None:
        """Forget a provider that is about to be configured anew."""
        self._configured.pop(f"{state.urn}::{state.id}", None)

    async def close(self, cancel: bool) -> None:
        """Close every connection, telling the plugins to stop first where a run is interrupted."""
        if cancel:
            await asyncio.wait([asyncio.ensure_future(each.cancel()) for each in self._all] or [asyncio.sleep(0)], timeout=1)  # type: ignore[type-var]
        await asyncio.gather(*(each.close() for each in self._all))
