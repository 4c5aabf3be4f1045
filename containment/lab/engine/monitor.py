"""The two services a Pulumi program talks to: the resource monitor and the engine's log.

Owns the translation of requests into goals (inheritance from parents, providers of components, default providers, dependencies) and of states
into replies. Features the engine does not have are refused by name when a program uses them: transforms, hooks, remote components, methods,
stack references, state migrations, extension packages.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Coroutine
from pathlib import Path
from typing import Any

import grpc
from google.protobuf import empty_pb2
from pulumi.runtime.proto import alias_pb2, engine_pb2, engine_pb2_grpc, resource_pb2_grpc
from pulumi.runtime.proto import resource_pb2 as pb

from containment.lab.engine.config import Config
from containment.lab.engine.errors import Aborted, EngineError
from containment.lab.engine.providers import GRPC_OPTIONS, Package
from containment.lab.engine.state import PROVIDER_TYPE, STACK_TYPE, State, make_urn, type_of
from containment.lab.engine.steps import Alias, Goal, Run
from containment.lab.engine.values import output_dependencies, receive, receive_value, send
from containment.lab.wire import secret, to_plain, to_struct

FEATURES = (0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11)
"""secrets, resource references, output values, alias specs, replacement trigger, deletedWith, replaceWith, parameterization; and transforms and
hooks (7, 8, 10, 11), claimed so that their use reaches us and is refused by name."""

_SEVERITIES = {engine_pb2.DEBUG: "debug", engine_pb2.INFO: "info", engine_pb2.WARNING: "warning", engine_pb2.ERROR: "error"}
_UNITS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}


def refuse(what: str, where: str = "") -> EngineError:
    """Return the error for something the lab engine does not do."""
    return EngineError(f"the lab engine does not support {what}{f' ({where})' if where else ''}; see docs/lab-engine.md", where)


class Monitor(resource_pb2_grpc.ResourceMonitorServicer):
    """Serves one program. `register` and `read` are the deployment's; they return the settled state."""

    def __init__(self, run: Run, config: Config, root: Path, deployment: Any) -> None:
        self._run, self._config, self._root, self._deployment = run, config, root, deployment
        self._packages: dict[str, Package] = {}
        self._defaults: dict[Package, asyncio.Task[State]] = {}
        self._of_component: dict[str, dict[str, str]] = {}

    async def _serve(self, context: Any, work: Coroutine[Any, Any, Any]) -> Any:
        """Do `work` unless the run is stopping: then, and when it fails, the program is told that the monitor is gone, as Pulumi does."""
        task = self._deployment.executor.start(self._guard(work))
        stop = asyncio.ensure_future(self._run.stopping.wait())
        await asyncio.wait([task, stop], return_when=asyncio.FIRST_COMPLETED)
        stop.cancel()
        if not task.done() or task.result() is None:
            await context.abort(grpc.StatusCode.UNAVAILABLE, "resource monitor shut down")
        return task.result()

    async def _guard(self, work: Coroutine[Any, Any, Any]) -> Any:
        try:
            return await work
        except Exception as failed:  # noqa: BLE001 - whatever went wrong ends the run, with its message
            self._run.fail(failed)
            return None

    async def GetDeploymentInfo(self, request: Any, context: Any) -> pb.DeploymentInfo:  # noqa: N802, ARG002
        """Say which stack this is and what is supported."""
        run = self._run
        return pb.DeploymentInfo(
            project=run.project, stack=run.stack, organization="organization", dryRun=run.preview, parallel=16,
            config=self._config.values, configSecretKeys=sorted(self._config.secret_keys), supportedFeatures=FEATURES,
        )  # fmt: skip

    async def SignalAndWaitForShutdown(self, request: Any, context: Any) -> empty_pb2.Empty:  # noqa: N802, ARG002
        """Let the program end: there are no hooks to wait for."""
        return empty_pb2.Empty()

    async def RegisterPackage(self, request: Any, context: Any) -> pb.RegisterPackageResponse:  # noqa: N802
        """Take in a (parameterized) package; equal ones get the same reference."""
        if request.HasField("extension"):
            return await self._serve(context, _raise(refuse("extension packages", request.extension.name)))  # type: ignore[no-any-return]
        told = request.parameterization
        parameter = (told.name, told.version, told.value) if request.HasField("parameterization") else None
        package = Package(request.name, request.version, request.download_url.removesuffix("/"), parameter)
        known = next((ref for ref, each in self._packages.items() if each == package), f"package-{len(self._packages)}")
        self._packages[known] = package
        return pb.RegisterPackageResponse(ref=known)

    async def RegisterResource(self, request: Any, context: Any) -> pb.RegisterResourceResponse:  # noqa: N802
        """Register a resource: plan it, carry it out, answer with its state."""
        return await self._serve(context, self._register(request))  # type: ignore[no-any-return]

    async def ReadResource(self, request: Any, context: Any) -> pb.ReadResourceResponse:  # noqa: N802
        """Read a resource that something else manages."""
        return await self._serve(context, self._read(request))  # type: ignore[no-any-return]

    async def RegisterResourceOutputs(self, request: Any, context: Any) -> empty_pb2.Empty:  # noqa: N802
        """Take a component's outputs."""

        async def take() -> empty_pb2.Empty:
            self._deployment.take_outputs(request.urn, receive(request.outputs, self._root))
            return empty_pb2.Empty()

        return await self._serve(context, take())  # type: ignore[no-any-return]

    async def Invoke(self, request: Any, context: Any) -> pb.ResourceInvokeResponse:  # noqa: N802
        """Call a provider's function."""
        try:
            return await self._invoke(request)
        except EngineError as failed:
            await context.abort(grpc.StatusCode.UNKNOWN, f"invocation of {request.tok} returned an error: {failed}")
            raise

    async def Call(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Refuse methods."""
        return await self._serve(context, _raise(refuse("methods of resources", request.tok)))

    async def RegisterStackTransform(self, request: Any, context: Any) -> Any:  # noqa: N802, ARG002
        """Refuse transforms."""
        return await self._serve(context, _raise(refuse("stack transforms")))

    async def RegisterStackInvokeTransform(self, request: Any, context: Any) -> Any:  # noqa: N802, ARG002
        """Refuse transforms."""
        return await self._serve(context, _raise(refuse("invoke transforms")))

    async def RegisterResourceHook(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Refuse hooks."""
        return await self._serve(context, _raise(refuse("resource hooks", request.name)))

    async def RegisterErrorHook(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Refuse hooks."""
        return await self._serve(context, _raise(refuse("error hooks", request.name)))

    async def _register(self, request: Any) -> pb.RegisterResourceResponse:
        run, name = self._run, request.name
        for feature, used in (("transforms", request.transforms), ("remote components", request.remote), ("hooks", request.HasField("hooks"))):
            if used and (feature != "hooks" or request.hooks.ByteSize()):
                raise refuse(feature, f"{request.type} {name}")
        above = run.goals.get(request.parent)
        protect = request.protect if request.HasField("protect") else above.protect if above else None
        retain = request.retainOnDelete if request.HasField("retainOnDelete") else above.retain_on_delete if above else None
        providers = {**(self._of_component.get(request.parent, {}) if not request.custom else {}), **request.providers}
        raw = to_plain(request.object)
        inputs = receive(request.object, self._root)
        dependencies = sorted(set(request.dependencies))
        by_property = {key: sorted(each.urns) for key, each in request.propertyDependencies.items()} or dict.fromkeys(inputs, dependencies)
        for key in inputs:
            by_property[key] = sorted({*by_property.get(key, ()), *output_dependencies(raw[key])})
        is_provider = request.type.startswith(PROVIDER_TYPE)
        if is_provider:
            self._mark(request, inputs)
        timeouts = {key: _seconds(getattr(request.customTimeouts, key)) for key in ("create", "update", "delete", "read")}
        new = State(
            urn=make_urn(run.stack, run.project, request.parent, request.type, name),
            type=request.type,
            custom=request.custom,
            inputs=inputs,
            parent=request.parent,
            protect=bool(protect),
            dependencies=dependencies,
            property_dependencies=by_property,
            provider=await self._provider_for(request) if request.custom and not is_provider else "",
            additional_secret_outputs=list(request.additionalSecretOutputs),
            custom_timeouts={key: seconds for key, seconds in timeouts.items() if seconds},
            import_id=request.importId,
            retain_on_delete=bool(retain),
            deleted_with=request.deletedWith or (above.new.deleted_with if above else ""),
            replace_with=list(request.replace_with),
            ignore_changes=list(request.ignoreChanges),
            hide_diff=list(request.hideDiffs),
            replace_on_changes=list(request.replaceOnChanges),
            replacement_trigger=receive_value(request.replacement_trigger) if request.HasField("replacement_trigger") else None,
        )
        first = request.deleteBeforeReplace if request.deleteBeforeReplaceDefined or request.deleteBeforeReplace else None
        aliases = [Alias(urn=urn) for urn in request.aliasURNs] + [_alias(each) for each in request.aliases]
        state = await self._deployment.register(Goal(new, aliases, first, protect, retain))
        if not request.custom:
            self._of_component[state.urn] = providers
        outputs = state.outputs if request.custom else {}
        return pb.RegisterResourceResponse(urn=state.urn, id=state.id, object=to_struct(_reply(outputs, request)))

    def _mark(self, request: Any, inputs: dict[str, Any]) -> None:
        if request.version or request.pluginDownloadURL:
            Package("", request.version, request.pluginDownloadURL).mark(inputs)
        if request.packageRef:
            self._package(request).mark(inputs)
        if request.envVarMappings:
            raise refuse("envVarMappings of providers", request.name)

    def _package(self, request: Any, token: str = "") -> Package:
        if request.packageRef:
            if request.packageRef not in self._packages:
                raise EngineError(f"unknown provider package {request.packageRef!r}")
            return self._packages[request.packageRef]
        return Package((token or request.type).split(":")[0], request.version, request.pluginDownloadURL.removesuffix("/"))

    async def _provider_for(self, request: Any, token: str = "") -> str:
        """Return the reference of the provider in charge: named, inherited from the parents, or the package's default."""
        if request.provider:
            return str(request.provider)
        name = (token or request.type).split(":")[0]
        offered = {**self._of_component.get(request.parent, {}), **getattr(request, "providers", {})}
        if name in offered:
            return offered[name]
        above = self._run.goals.get(request.parent)
        if above is not None and type_of(above.new.provider_urn or "::::").rpartition(":")[2] == name:
            return above.new.provider
        package = self._package(request, token)
        if package not in self._defaults:
            self._defaults[package] = asyncio.ensure_future(self._default(package))
        state = await asyncio.shield(self._defaults[package])
        return f"{state.urn}::{state.id}"

    async def _default(self, package: Package) -> State:
        denied = self._config.of_package("pulumi").get("disable-default-providers", ("", False))[0]
        if f'"{package.name}"' in denied or '"*"' in denied:
            raise EngineError(f"default provider for {package.name!r} disabled by pulumi:disable-default-providers; give the resource a provider")
        if package.name in ("pulumi", "pulumi-python"):
            raise refuse("stack references" if package.name == "pulumi" else "dynamic providers")
        chosen = self._config.of_package(package.name).items()
        inputs = {key: secret(value) if hidden else value for key, (value, hidden) in chosen}
        package.mark(inputs)
        urn = make_urn(self._run.stack, self._run.project, "", PROVIDER_TYPE + package.name, package.default_name)
        state: State = await self._deployment.register(Goal(State(urn=urn, type=PROVIDER_TYPE + package.name, custom=True, inputs=inputs)))
        return state

    async def _read(self, request: Any) -> pb.ReadResourceResponse:
        run = self._run
        urn = make_urn(run.stack, run.project, request.parent, request.type, request.name)
        new = State(
            urn=urn,
            type=request.type,
            custom=True,
            id=request.id,
            inputs=receive(request.properties, self._root),
            parent=request.parent,
            external=True,
            dependencies=sorted(request.dependencies),
            provider=await self._provider_for(request),
            additional_secret_outputs=list(request.additionalSecretOutputs),
        )
        state = await self._deployment.read(Goal(new))
        return pb.ReadResourceResponse(urn=urn, properties=to_struct(_reply(state.outputs, request)), id=state.id)

    async def _invoke(self, request: Any) -> pb.ResourceInvokeResponse:
        arguments = receive(request.args, self._root)
        if request.tok == "pulumi:pulumi:getResource":
            found = self._run.news.get(arguments["urn"])
            if found is None:
                raise EngineError(f"unknown resource {arguments['urn']}")
            told = {"urn": found.urn, "id": found.id, "provider": found.provider, "state": found.outputs}
            return pb.ResourceInvokeResponse(**{"return": to_struct(told)})
        try:
            provider = self._run.registry.get(await self._provider_for(request, request.tok))
        except Aborted as stopped:
            raise EngineError("resource monitor shut down") from stopped
        except EngineError as failed:
            self._run.fail(failed)
            raise
        if provider is None:
            raise EngineError(f"unknown provider {request.provider!r}")
        reply = await provider.invoke(request.tok, arguments, self._run.preview)
        found_ = send(receive(getattr(reply, "return")), resources=request.acceptResources)
        return pb.ResourceInvokeResponse(failures=reply.failures, **{"return": to_struct(found_)})


class EngineLog(engine_pb2_grpc.EngineServicer):
    """The engine service: programs and packs log here."""

    def __init__(self, say: Callable[[str, str, str], None]) -> None:
        self._say, self._root = say, ""

    async def Log(self, request: Any, context: Any) -> empty_pb2.Empty:  # noqa: N802, ARG002
        """Take a log line; debug lines are dropped."""
        if request.severity != engine_pb2.DEBUG:
            self._say(_SEVERITIES[request.severity], request.message.rstrip(), request.urn)
        return empty_pb2.Empty()

    async def GetRootResource(self, request: Any, context: Any) -> engine_pb2.GetRootResourceResponse:  # noqa: N802, ARG002
        """Return the stack's URN."""
        return engine_pb2.GetRootResourceResponse(urn=self._root)

    async def SetRootResource(self, request: Any, context: Any) -> engine_pb2.SetRootResourceResponse:  # noqa: N802, ARG002
        """Remember the stack's URN."""
        self._root = request.urn
        return engine_pb2.SetRootResourceResponse()

    async def RequirePulumiVersion(self, request: Any, context: Any) -> engine_pb2.RequirePulumiVersionResponse:  # noqa: N802, ARG002
        """Accept any range: the lab engine is no Pulumi release; its version is that of the installed SDK."""
        return engine_pb2.RequirePulumiVersionResponse()


async def serve(register: Callable[[Any], None]) -> tuple[Any, str]:
    """Serve on a free loopback port; returns the server and its address."""
    server = grpc.aio.server(options=GRPC_OPTIONS)
    register(server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    return server, f"127.0.0.1:{port}"


def _reply(outputs: dict[str, Any], request: Any) -> dict[str, Any]:
    return dict(send(outputs, secrets=request.acceptSecrets, resources=request.acceptResources))


def _alias(told: alias_pb2.Alias) -> Alias:
    if told.urn:
        return Alias(urn=told.urn)
    spec = told.spec
    parent = "" if spec.noParent else spec.parentUrn or None
    if parent and type_of(parent) == STACK_TYPE:
        parent = ""
    return Alias(name=spec.name, type=spec.type, stack=spec.stack, project=spec.project, parent=parent)


def _seconds(duration: str) -> float:
    """Return a Go duration ("1h30m", "5s") in seconds."""
    parts = re.findall(r"([\d.]+)(ns|us|µs|ms|s|m|h)", duration)
    if duration and "".join(map("".join, parts)) != duration:
        raise EngineError(f"custom timeout {duration!r} is not a duration (write 30s, 5m or 1h30m)")
    return sum(float(number) * _UNITS[unit] for number, unit in parts)


async def _raise(failed: EngineError) -> Awaitable[None]:
    raise failed
