"""A Pulumi resource provider over raw gRPC: one `Provider` serves the `Handler`s of a package.

Owns the protocol: preview, unknowns, secrets, diffs, refresh, import, errors. `recovery` makes a create or delete run to its end even if
its caller dies, a handler implements a type (see `handler`), and `__main__` chooses the ports.

Works with the official CLI (`PULUMI_DEBUG_PROVIDERS=aws:PORT`; Cancel ends nothing) and with `containment_lab.engine`. Configuration is
kept per connection, because requests do not contain the provider resource to which they belong: a client that configures two provider
resources differently needs a channel for each (in grpc-python: option `grpc.use_local_subchannel_pool`).

    provider = Provider("aviatrix", "10.0.1", handlers=[SmartGroup(), ...], invokes={"aviatrix:index/getX:getX": get_x}, journal=path)

An invoke is a function (call, args) -> result. `fallback(token)` may return a handler for unlisted types.
"""

from __future__ import annotations

import asyncio
import hashlib
import importlib
import json
import secrets
import traceback
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import grpc
from google.protobuf import empty_pb2
from pulumi.runtime.proto import plugin_pb2, provider_pb2_grpc
from pulumi.runtime.proto import provider_pb2 as pb

from containment.errors import ContainmentError
from containment_lab.providers.handler import Call, Handler, Props, RefusedError, add_unknowns
from containment_lab.providers.hooks import call_hooks
from containment_lab.providers.journal import Journal
from containment_lab.providers.recovery import Recovery
from containment_lab.testing.paths import PAUSE
from containment_lab.wire import UNKNOWN, convert_to_plain, convert_to_struct, has_unknown, is_secret, unwrap_values, wrap_secret

Invoke = Callable[[Call, Props], Props]
DONE = empty_pb2.Empty


class Provider(provider_pb2_grpc.ResourceProviderServicer):
    """Serves one package. `accepts(token)` may return a type's inputs (used on import and refresh); None accepts every live property."""

    def __init__(
        self,
        package: str,
        version: str,
        *,
        handlers: Iterable[Handler],
        journal: Path,
        invokes: Mapping[str, Invoke] | None = None,
        fallback: Callable[[str], Handler | None] = lambda _: None,
        accepts: Callable[[str], frozenset[str] | None] = lambda _: None,
    ) -> None:
        self.package, self.version = package, version
        self._handlers = {handler.token: handler for handler in handlers}
        self._invokes = dict(invokes or {})
        self._fallback, self._accepts = fallback, accepts
        self._journal = Journal(journal)
        self._recovery = Recovery(self._journal)
        self._configs: dict[str, Props] = {}
        self._last_config: Props = {}

    # -- the package ----------------------------------------------------------------------------------------------------

    async def Handshake(self, request: Any, context: Any) -> pb.ProviderHandshakeResponse:  # noqa: N802, ARG002
        return pb.ProviderHandshakeResponse(accept_secrets=True, accept_resources=False, accept_outputs=False)

    async def Attach(self, request: Any, context: Any) -> empty_pb2.Empty:  # noqa: N802, ARG002
        return DONE()

    async def Cancel(self, request: Any, context: Any) -> empty_pb2.Empty:  # noqa: N802, ARG002
        return DONE()

    async def GetPluginInfo(self, request: Any, context: Any) -> plugin_pb2.PluginInfo:  # noqa: N802, ARG002
        return plugin_pb2.PluginInfo(version=self.version)

    async def GetSchema(self, request: Any, context: Any) -> pb.GetSchemaResponse:  # noqa: N802, ARG002
        return pb.GetSchemaResponse(schema=json.dumps({"name": self.package, "version": self.version}))

    async def Parameterize(self, request: pb.ParameterizeRequest, context: Any) -> pb.ParameterizeResponse:  # noqa: N802, ARG002
        return pb.ParameterizeResponse(name=request.value.name or self.package, version=request.value.version or self.version)

    async def CheckConfig(self, request: pb.CheckRequest, context: Any) -> pb.CheckResponse:  # noqa: N802, ARG002
        return pb.CheckResponse(inputs=request.news)

    async def DiffConfig(self, request: pb.DiffRequest, context: Any) -> pb.DiffResponse:  # noqa: N802, ARG002
        old = unwrap_values(convert_to_plain(request.old_inputs if request.HasField("old_inputs") else request.olds))
        new = unwrap_values(convert_to_plain(request.news))
        return _build_diff_response({key: False for key in sorted({*old, *new}) if old.get(key) != new.get(key)}, old, new)

    async def Configure(self, request: pb.ConfigureRequest, context: Any) -> pb.ConfigureResponse:  # noqa: N802
        config = {key.rsplit(":", 1)[-1]: value for key, value in request.variables.items()} | unwrap_values(convert_to_plain(request.args))
        self._last_config = self._configs[context.peer()] = {key: _decode_value(value) for key, value in config.items()}
        while len(self._configs) > 1000:  # connections of engines that have ended
            self._configs.pop(next(iter(self._configs)))
        return pb.ConfigureResponse(acceptSecrets=True, supportsPreview=True, acceptResources=False, acceptOutputs=False)

    async def Invoke(self, request: pb.InvokeRequest, context: Any) -> pb.InvokeResponse:  # noqa: N802
        if request.tok == PAUSE and PAUSE not in self._invokes:
            self._invokes[PAUSE] = importlib.import_module("containment_lab.testing.pause").invoke
        invoke = self._invokes.get(request.tok)
        if invoke is None:
            served = ", ".join(sorted(self._invokes.keys() - {PAUSE}))
            message = f"the lab does not serve the function {request.tok}; it serves {served or 'none'}"
            await context.abort(grpc.StatusCode.UNIMPLEMENTED, message)
            raise AssertionError("abort raises")
        result = await self._run(context, invoke, self._call(context, "", request.tok), unwrap_values(convert_to_plain(request.args)))
        return pb.InvokeResponse(**{"return": convert_to_struct(result)})  # type: ignore[arg-type]

    # -- a resource -----------------------------------------------------------------------------------------------------

    async def Check(self, request: pb.CheckRequest, context: Any) -> pb.CheckResponse:  # noqa: N802
        handler, call = await self._find_handler(context, request.urn), self._call(context, request.urn)
        given, olds = convert_to_plain(request.news), unwrap_values(convert_to_plain(request.olds))
        plain = unwrap_values(given)
        before = dict(plain)
        for key, value in handler.defaults.items():
            plain.setdefault(key, value)
        if handler.autoname and handler.autoname not in plain:
            plain[handler.autoname] = olds.get(handler.autoname) or _generate_name(call.name, request.randomSeed)
        failures = [(key, f"missing required property '{key}'") for key in sorted(handler.required - plain.keys())]
        failures += await self._run(context, lambda: list(handler.check(call, plain)))
        inputs = {key: given[key] if key in given and before.get(key) == value else value for key, value in plain.items()}
        return pb.CheckResponse(
            inputs=convert_to_struct(inputs), failures=[pb.CheckFailure(property=key, reason=reason) for key, reason in failures]
        )

    async def Diff(self, request: pb.DiffRequest, context: Any) -> pb.DiffResponse:  # noqa: N802
        handler = await self._find_handler(context, request.urn)
        self._journal.forget(request.urn, request.id)
        state, new = unwrap_values(convert_to_plain(request.olds)), unwrap_values(convert_to_plain(request.news))
        old = unwrap_values(convert_to_plain(request.old_inputs)) if request.HasField("old_inputs") else state
        ignored = {path.split(".")[0].split("[")[0] for path in request.ignoreChanges}
        keys = [key for key in handler.find_changes(old, state, new) if key not in ignored]
        replacing = handler.find_replacements(keys, {**state, **old}, new)
        return _build_diff_response({key: key in replacing for key in keys}, old, new, delete_first=handler.delete_first)

    async def Create(self, request: pb.CreateRequest, context: Any) -> pb.CreateResponse:  # noqa: N802
        handler, call = await self._find_handler(context, request.urn), self._call(context, request.urn)
        given = convert_to_plain(request.properties)
        inputs = unwrap_values(given)
        if request.preview:
            known = await self._run(context, handler.compute_preview, call, inputs)
            return pb.CreateResponse(
                id="", properties=convert_to_struct(self._wrap_secrets(handler, {**add_unknowns(inputs, handler), **known}, given))
            )
        if has_unknown(inputs):
            await context.abort(grpc.StatusCode.INVALID_ARGUMENT, f"{call.token} {call.name}: create has unknown inputs")
        await self._enter(context, "Create", call.urn)
        ident, outputs = await self._run(context, self._recovery.create, handler, call, inputs)
        if not context.done():
            self._journal.confirm_delivery(call.urn)
        return pb.CreateResponse(id=ident, properties=convert_to_struct(self._wrap_secrets(handler, {**outputs, "id": ident}, given)))

    async def Read(self, request: pb.ReadRequest, context: Any) -> pb.ReadResponse:  # noqa: N802
        handler, call = await self._find_handler(context, request.urn), self._call(context, request.urn)
        self._journal.forget(request.urn, request.id)
        wrapped_inputs, wrapped_state = convert_to_plain(request.inputs), convert_to_plain(request.properties)
        old_inputs, state = unwrap_values(wrapped_inputs), unwrap_values(wrapped_state)
        live = await self._run(context, handler.read, call, request.id, state)
        if live is None:
            return pb.ReadResponse(id="")
        inputs = handler.derive_inputs(old_inputs, live, self._accepts(call.token))
        outputs = handler.settle_outputs({**{k: v for k, v in state.items() if k not in old_inputs}, **inputs}, live)
        given = {**wrapped_state, **wrapped_inputs}
        return pb.ReadResponse(
            id=request.id,
            properties=convert_to_struct(self._wrap_secrets(handler, {**outputs, "id": request.id}, given)),
            inputs=convert_to_struct(self._wrap_secrets(handler, inputs, given, declared=False)),
        )

    async def Update(self, request: pb.UpdateRequest, context: Any) -> pb.UpdateResponse:  # noqa: N802
        handler, call = await self._find_handler(context, request.urn), self._call(context, request.urn)
        self._journal.forget(request.urn, request.id)
        state, given = unwrap_values(convert_to_plain(request.olds)), convert_to_plain(request.news)
        inputs, old = unwrap_values(given), unwrap_values(convert_to_plain(request.old_inputs))
        kept = {key: value for key, value in state.items() if key not in old or key in inputs or key in handler.computed}
        if request.preview:
            renewed = dict.fromkeys(handler.find_renewed(handler.find_changes(old, state, inputs), inputs), UNKNOWN)
            outputs = {**kept, **inputs, **renewed, **await self._run(context, handler.compute_preview, call, inputs)}
        else:
            if has_unknown(inputs):
                await context.abort(grpc.StatusCode.INVALID_ARGUMENT, f"{call.token} {call.name}: update has unknown inputs")
            settled = handler.settle_outputs(inputs, await self._run(context, handler.update, call, request.id, state, inputs))
            outputs = {**kept, **settled, "id": request.id}
        return pb.UpdateResponse(properties=convert_to_struct(self._wrap_secrets(handler, outputs, given)))

    async def Delete(self, request: pb.DeleteRequest, context: Any) -> empty_pb2.Empty:  # noqa: N802
        handler, call = await self._find_handler(context, request.urn), self._call(context, request.urn)
        await self._enter(context, "Delete", call.urn)
        await self._run(context, self._recovery.delete, handler, call, request.id, unwrap_values(convert_to_plain(request.properties)))
        return DONE()

    # -- parts ----------------------------------------------------------------------------------------------------------

    async def _find_handler(self, context: Any, urn: str) -> Handler:
        token = _parse_token(urn)
        handler = self._handlers.get(token) or self._fallback(token)
        if handler is None:
            message = f"the lab does not serve {token}; it serves {', '.join(sorted(self._handlers))}"
            await context.abort(grpc.StatusCode.UNIMPLEMENTED, message)
            raise AssertionError("abort raises")
        return handler

    def _call(self, context: Any, urn: str, token: str = "") -> Call:
        return Call(
            urn=urn,
            token=token or _parse_token(urn),
            name=urn.rsplit("::", 1)[-1],
            config=self._configs.get(context.peer(), self._last_config),
        )

    async def _enter(self, context: Any, method: str, urn: str) -> None:
        """Run the hook before a call, which does nothing except in tests."""
        try:
            await call_hooks().enter(method, urn)
        except RefusedError as error:
            await context.abort(grpc.StatusCode.UNKNOWN, str(error))

    async def _run(self, context: Any, work: Callable[..., Any], *args: Any) -> Any:
        """Run blocking work in a thread, to its end even if the caller dies; an error becomes one message."""
        try:
            return await asyncio.shield(asyncio.to_thread(work, *args))
        except ContainmentError as error:
            await context.abort(grpc.StatusCode.UNKNOWN, str(error))
        except Exception as error:  # noqa: BLE001  (any exception of a handler is the engine's one message; the log has the rest)
            traceback.print_exc()
            await context.abort(grpc.StatusCode.UNKNOWN, str(error) or repr(error))

    @staticmethod
    def _wrap_secrets(handler: Handler, values: Props, given: Props, *, declared: bool = True) -> Props:
        """Return `values` with secrets marked: values that were given as secrets, and the handler's own."""
        out = {key: _copy_secrecy(value, given.get(key)) for key, value in values.items()}
        for key in handler.secrets & out.keys() if declared else ():
            if not is_secret(out[key]) and out[key] != UNKNOWN:
                out[key] = wrap_secret(out[key])
        return out


def _copy_secrecy(value: Any, given: Any) -> Any:
    if is_secret(given):
        return wrap_secret(value)
    if isinstance(value, dict) and isinstance(given, dict):
        return {key: _copy_secrecy(item, given.get(key)) for key, item in value.items()}
    if isinstance(value, list) and isinstance(given, list) and len(value) == len(given):
        return [_copy_secrecy(one, other) for one, other in zip(value, given, strict=True)]
    return value


def _build_diff_response(keys: Mapping[str, bool], old: Props, new: Props, *, delete_first: bool = False) -> pb.DiffResponse:
    """Return the answer for changed keys (each with: does it force a replacement)."""
    kind = pb.PropertyDiff.Kind
    detailed = {}
    for key, replaces in keys.items():
        if key not in old:
            which = kind.ADD_REPLACE if replaces else kind.ADD
        elif key not in new:
            which = kind.DELETE_REPLACE if replaces else kind.DELETE
        else:
            which = kind.UPDATE_REPLACE if replaces else kind.UPDATE
        detailed[key] = pb.PropertyDiff(kind=which, inputDiff=True)
    replaces_on = [key for key, replaces in keys.items() if replaces]
    return pb.DiffResponse(
        changes=pb.DiffResponse.DIFF_SOME if keys else pb.DiffResponse.DIFF_NONE,
        diffs=list(keys),
        replaces=replaces_on,
        deleteBeforeReplace=bool(replaces_on) and delete_first,
        detailedDiff=detailed,
        hasDetailedDiff=True,
    )


def _parse_token(urn: str) -> str:
    """Return the type token of a URN (`urn:pulumi:stack::project::parent$type::name`)."""
    return urn.split("::")[2].rsplit("$", 1)[-1]


def _generate_name(name: str, seed: bytes) -> str:
    return f"{name}-{hashlib.sha256(seed).hexdigest()[:7] if seed else secrets.token_hex(4)[:7]}"


def _decode_value(value: Any) -> Any:
    """Return a configuration value; Pulumi passes nested ones as JSON text."""
    if isinstance(value, str) and value[:1] in ("{", "["):
        try:
            return json.loads(value)
        except json.JSONDecodeError:
            return value
    return value


async def serve(servicers: Mapping[int, provider_pb2_grpc.ResourceProviderServicer]) -> list[grpc.aio.Server]:
    """Start a gRPC server on 127.0.0.1 per port; raise RuntimeError when a port is in use."""
    servers = []
    for port, servicer in servicers.items():
        server = grpc.aio.server(
            options=[("grpc.so_reuseport", 0), ("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]
        )
        provider_pb2_grpc.add_ResourceProviderServicer_to_server(servicer, server)
        server.add_insecure_port(f"127.0.0.1:{port}")
        await server.start()
        servers.append(server)
    return servers
