"""The two services that a Pulumi program calls: the resource monitor and the engine's log.

Owns the translation of requests into goals (inheritance from parents, providers of components, default providers, dependencies) and of
states into replies. Unsupported features are refused by name when a program uses them: transforms, hooks, remote components, methods, stack
references, dynamic providers, extension packages, state migrations.
"""

# ruff: noqa: N802 - the methods have the names that gRPC gives them

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import grpc
from google.protobuf import empty_pb2
from pulumi.runtime.proto import engine_pb2 as log
from pulumi.runtime.proto import engine_pb2_grpc, resource_pb2_grpc
from pulumi.runtime.proto import resource_pb2 as pb
from pulumi.runtime.proto.alias_pb2 import Alias

from containment_lab.engine.providers import GRPC_OPTIONS
from containment_lab.engine.steps import Goal, Run
from containment_lab.errors import EngineError
from containment_lab.formats.config import Config
from containment_lab.formats.package import Package
from containment_lab.formats.state import PROVIDER_TYPE, State, get_type, make_urn
from containment_lab.formats.values import find_output_dependencies, parse_duration, receive, send
from containment_lab.wire import convert_to_plain, convert_to_struct, wrap_secret

FEATURES = (0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11)
"""Secrets, resource references, output values, alias specs, replacement trigger, deletedWith, replaceWith, parameterization (9).

Transforms and hooks (7, 8, 10, 11) are claimed so that their use reaches the engine and is refused by name.
"""

PARALLEL = 16
"""Largest number of simultaneous registrations of a program."""
_ENDED = "Resource monitor has terminated"

_REFUSED_OPTIONS = {
    "transforms": "transforms",
    "state_migrations": "state migrations",
    "remote": "remote components",
    "envVarMappings": "envVarMappings",
}
_REFUSED_PACKAGES = {"pulumi": "stack references", "pulumi-python": "dynamic providers"}


def refuse(what: str, where: str = "") -> EngineError:
    """Return the error for a feature that the lab engine does not support."""
    return EngineError(f"the lab engine does not support {what}{f' ({where})' if where else ''}; see docs/lab-engine.md", where)


def _serve_request(work: Callable[..., Coroutine[Any, Any, Any]]) -> Callable[..., Coroutine[Any, Any, Any]]:
    """Make a gRPC method of `work`; when the run stops, or `work` fails and so stops it, the program gets UNAVAILABLE."""

    async def serve(self: Monitor, request: Any, context: Any) -> Any:
        task = self.deployment.executor.start(self.guard(work(self, request)))
        if not await self.run.wait_for(task) or task.result() is None:
            await context.abort(grpc.StatusCode.UNAVAILABLE, "resource monitor shut down")
        return task.result()

    return serve


def _refuse_method(what: str) -> Any:
    async def refused(_: Monitor, request: Any) -> Any:
        raise refuse(what, getattr(request, "tok", "") or getattr(request, "name", ""))

    return _serve_request(refused)


class Monitor(resource_pb2_grpc.ResourceMonitorServicer, engine_pb2_grpc.EngineServicer):
    """Serves one program, and takes the log of the packs too. `deployment` registers, reads and takes outputs; this only translates."""

    Call = _refuse_method("methods of resources")
    RegisterStackTransform = _refuse_method("stack transforms")
    RegisterStackInvokeTransform = _refuse_method("invoke transforms")
    RegisterResourceHook = _refuse_method("resource hooks")
    RegisterErrorHook = _refuse_method("error hooks")

    def __init__(self, run: Run, config: Config, root: Path, deployment: Any) -> None:
        self.run, self._config, self._root, self.deployment = run, config, root, deployment
        self._packages: dict[str, Package] = {}
        self._defaults: dict[Package, asyncio.Task[State]] = {}
        self._of_component: dict[str, dict[str, str]] = {}

    async def serve(self) -> tuple[Any, str]:
        """Serve both services on a free loopback port; return the server and its address."""
        server = grpc.aio.server(options=GRPC_OPTIONS)
        resource_pb2_grpc.add_ResourceMonitorServicer_to_server(self, server)
        engine_pb2_grpc.add_EngineServicer_to_server(self, server)
        port = server.add_insecure_port("127.0.0.1:0")
        await server.start()
        return server, f"127.0.0.1:{port}"

    async def Log(self, request: Any, context: Any) -> empty_pb2.Empty:  # noqa: ARG002
        """Take a log line; debug lines are dropped."""
        echo = self.run.stopping.is_set() and request.message.startswith(_ENDED)  # the reason why the run stops has been reported
        if request.severity != log.DEBUG and not echo:
            self.run.report.record_diagnostic(log.LogSeverity.Name(request.severity).lower(), request.message.rstrip(), request.urn)
        return empty_pb2.Empty()

    async def RequirePulumiVersion(self, request: Any, context: Any) -> log.RequirePulumiVersionResponse:  # noqa: ARG002
        """Accept any range: the lab engine is no Pulumi release."""
        return log.RequirePulumiVersionResponse()

    async def guard(self, work: Coroutine[Any, Any, Any]) -> Any:
        """Run `work`; return None when it failed, which ends the run with its message."""
        try:
            return await work
        except Exception as failed:  # noqa: BLE001 - every failure ends the run
            self.run.fail(failed)
            return None

    @_serve_request
    async def GetDeploymentInfo(self, _: Any) -> pb.DeploymentInfo:
        """Return the stack, the settings of the run and the supported features."""
        told: dict[str, Any] = {**self.run.where, "config": self._config.values, "configSecretKeys": sorted(self._config.secret_keys)}
        return pb.DeploymentInfo(supportedFeatures=FEATURES, parallel=PARALLEL, dryRun=told.pop("dry_run"), **told)  # type: ignore[arg-type]

    @_serve_request
    async def SignalAndWaitForShutdown(self, _: Any) -> empty_pb2.Empty:
        """Let the program end: there are no hooks to wait for."""
        return empty_pb2.Empty()

    @_serve_request
    async def RegisterPackage(self, request: Any) -> Any:
        """Register a (possibly parameterized) package; equal ones get the same reference."""
        if request.HasField("extension"):
            raise refuse("extension packages", request.extension.name)
        told = request.parameterization
        parameter = (told.name, told.version, told.value) if request.HasField("parameterization") else None
        package = Package(request.name, request.version, request.download_url.removesuffix("/"), parameter)
        known = next((ref for ref, each in self._packages.items() if each == package), f"package-{len(self._packages)}")
        self._packages[known] = package
        return pb.RegisterPackageResponse(ref=known)

    @_serve_request
    async def RegisterResource(self, request: Any) -> pb.RegisterResourceResponse:
        """Register a resource: plan it, carry it out, return its state."""
        above, is_provider = self._find_parent(request), request.type.startswith(PROVIDER_TYPE)
        used = [what for field, what in _REFUSED_OPTIONS.items() if getattr(request, field)]
        if used or request.hooks.ByteSize():
            raise refuse(used[0] if used else "resource hooks", f"{request.type} {request.name}")
        new, raw, first = self._build_state(request, request.object), convert_to_plain(request.object), request.deleteBeforeReplace or None
        needs = {key: set(each.urns) for key, each in request.propertyDependencies.items()} or {
            key: set(new.dependencies) for key in new.inputs
        }
        if is_provider:
            self._write_plugin(request, new.inputs)
        new.custom = request.custom
        new.protect = request.protect if request.HasField("protect") else above.protect
        new.retain_on_delete = request.retainOnDelete if request.HasField("retainOnDelete") else above.retain_on_delete
        new.provider = await self._find_provider(request) if request.custom and not is_provider else ""
        new.property_dependencies = {
            key: sorted(needs.get(key, set()) | find_output_dependencies(raw.get(key))) for key in {**raw, **needs}
        }
        new.custom_timeouts = {
            key: each for key in ("create", "update", "delete", "read") if (each := parse_duration(getattr(request.customTimeouts, key)))
        }
        new.import_id, new.deleted_with = request.importId, request.deletedWith or above.deleted_with
        new.ignore_changes, new.hide_diff, new.replace_on_changes, new.replace_with = map(
            list, (request.ignoreChanges, request.hideDiffs, request.replaceOnChanges, request.replace_with)
        )
        if request.HasField("replacement_trigger"):
            new.replacement_trigger = receive(request.replacement_trigger)
        aliases = [*(Alias(urn=urn) for urn in request.aliasURNs), *request.aliases]
        goal = Goal(new, aliases, request.deleteBeforeReplace if request.deleteBeforeReplaceDefined else first)
        state = await self.deployment.register(goal)
        if not request.custom:
            self._of_component[state.urn] = {**self._of_component.get(request.parent, {}), **request.providers}
        return pb.RegisterResourceResponse(urn=state.urn, id=state.id, object=_reply(state.outputs if request.custom else {}, request))

    @_serve_request
    async def ReadResource(self, request: Any) -> pb.ReadResourceResponse:
        """Read a resource that something else manages."""
        new = self._build_state(request, request.properties)
        new.custom, new.external, new.id, new.provider = True, True, request.id, await self._find_provider(request)
        state = await self.deployment.read(Goal(new))
        return pb.ReadResourceResponse(urn=state.urn, properties=_reply(state.outputs, request), id=state.id)

    def _find_parent(self, request: Any) -> State:
        """Return the goal state of the parent, whose options are inherited; an empty one without a parent."""
        goal = self.run.goals.get(request.parent)
        return goal.new if goal else State("", "")

    def _build_state(self, request: Any, properties: Any) -> State:
        urn = make_urn(self.run.stack, self.run.project, request.parent, request.type, request.name)
        inputs = receive(properties, self._root)
        needs, hidden = sorted(set(request.dependencies)), list(request.additionalSecretOutputs)
        return State(urn, request.type, inputs=inputs, parent=request.parent, dependencies=needs, additional_secret_outputs=hidden)

    @_serve_request
    async def RegisterResourceOutputs(self, request: Any) -> empty_pb2.Empty:
        """Take a component's outputs."""
        self.deployment.take_outputs(request.urn, receive(request.outputs, self._root))
        return empty_pb2.Empty()

    async def Invoke(self, request: Any, context: Any) -> Any:
        """Call a provider's function; its failure is an error in the program, which may catch it."""
        try:
            told, failures = await self._invoke(request.tok, receive(request.args, self._root), request)
            reply: dict[str, Any] = {"return": convert_to_struct(send(told, resources=request.acceptResources))}
            return pb.ResourceInvokeResponse(failures=failures, **reply)
        except EngineError as failed:
            await context.abort(grpc.StatusCode.UNKNOWN, f"invocation of {request.tok} returned an error: {failed}")

    async def _invoke(self, token: str, arguments: dict[str, Any], request: Any) -> tuple[dict[str, Any], list[Any]]:
        if token == "pulumi:pulumi:getResource":  # noqa: S105
            found = self.run.news.get(arguments["urn"])
            if found is None:
                raise EngineError(f"unknown resource {arguments['urn']}")
            return {"urn": found.urn, "id": found.id, "provider": found.provider, "state": found.outputs}, []
        reference = await self.guard(self._find_provider(request, token))
        provider = self.run.registry.get(reference or "")
        if provider is None:
            raise EngineError(f"no provider {reference or request.provider}")
        return await provider.invoke(token, arguments, self.run.preview)

    def _find_package(self, request: Any, token: str = "") -> Package:
        name = (token or request.type).removeprefix(PROVIDER_TYPE).split(":")[0]
        if not request.packageRef:
            version, url = self.deployment.installed.get(name, ("", ""))
            return Package(name, request.version or version, (request.pluginDownloadURL or url).removesuffix("/"))
        if request.packageRef not in self._packages:
            raise EngineError(f"unknown provider package {request.packageRef!r}")
        return self._packages[request.packageRef]

    def _write_plugin(self, request: Any, inputs: dict[str, Any]) -> None:
        """Write the plugin to use into an explicit provider's inputs. The installed SDK's version takes precedence, as in Pulumi."""
        package = self._find_package(request)
        package.write_inputs(inputs)
        version, _ = self.deployment.installed.get(package.name, ("", ""))
        if version and not (request.version or request.pluginDownloadURL):
            inputs["version"] = version

    async def _find_provider(self, request: Any, token: str = "") -> str:
        """Return the reference of the responsible provider: named, inherited from the parents, or the package's default."""
        name, above = (token or request.type).split(":")[0], self._find_parent(request)
        offered = {**self._of_component.get(request.parent, {}), **getattr(request, "providers", {})}
        if request.provider or name in offered:
            return str(request.provider or offered[name])
        if above.provider and get_type(above.provider_urn) == PROVIDER_TYPE + name:
            return above.provider
        package = self._find_package(request, token)
        if package not in self._defaults:
            self._defaults[package] = asyncio.ensure_future(self._ensure_default_provider(package))
        state = await asyncio.shield(self._defaults[package])
        return f"{state.urn}::{state.id}"

    async def _ensure_default_provider(self, package: Package) -> State:
        denied = self._config.select_package("pulumi").get("disable-default-providers", ("", False))[0]
        if f'"{package.name}"' in denied or '"*"' in denied:
            raise EngineError(
                f"default provider for {package.name!r} disabled by pulumi:disable-default-providers; give the resource a provider"
            )
        if package.name in _REFUSED_PACKAGES:
            raise refuse(_REFUSED_PACKAGES[package.name])
        config = self._config.select_package(package.name)
        inputs = {key: wrap_secret(value) if hidden else value for key, (value, hidden) in config.items()}
        package.write_inputs(inputs)
        urn = make_urn(self.run.stack, self.run.project, "", PROVIDER_TYPE + package.name, package.default_name)
        return await self.deployment.register(Goal(State(urn, get_type(urn), custom=True, inputs=inputs)))  # type: ignore[no-any-return]


def _reply(outputs: dict[str, Any], request: Any) -> Any:
    return convert_to_struct(send(outputs, secrets=request.acceptSecrets, resources=request.acceptResources))
