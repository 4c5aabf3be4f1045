"""Policy packs: a pack runs as a child process and is asked about each resource, and at the end about the whole stack.

A pack that cannot start is an error with the pack's own words, never a hang and never a pass. Policies get the defaults of their
configuration schema and what the pack itself configures; there is no configuration from outside.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import grpc
from google.protobuf import empty_pb2, json_format
from pulumi.runtime.proto import analyzer_pb2 as pb
from pulumi.runtime.proto import analyzer_pb2_grpc

from containment.lab.engine.child import Child
from containment.lab.engine.config import Config, Project
from containment.lab.engine.errors import EngineError
from containment.lab.engine.providers import GRPC_OPTIONS
from containment.lab.engine.report import Report
from containment.lab.engine.state import State, name_of
from containment.lab.engine.steps import Goal, Run
from containment.lab.engine.values import Properties, receive
from containment.lab.wire import to_struct

_START_SECONDS = 60


class Analyzer:
    """One running policy pack."""

    def __init__(self, name: str, child: Child, channel: Any) -> None:
        self.name, self._child, self._channel = name, child, channel
        self._stub = analyzer_pb2_grpc.AnalyzerStub(channel)
        self._remediates = False

    @classmethod
    async def start(cls, folder: Path, run: Run, config: Config, engine: str) -> Analyzer:
        """Start the pack in `folder` and tell it which stack it is to judge."""
        pack = Project.load(folder, "PulumiPolicy.yaml")
        where = {"PULUMI_PROJECT": run.project, "PULUMI_STACK": run.stack, "PULUMI_ORGANIZATION": "organization"}
        env = {**config.environment(), **where, "PULUMI_DRY_RUN": str(run.preview).lower()}
        command = [pack.python, "-u", "-m", "pulumi.policy", engine, str(pack.program)]
        child = await Child.start(command, folder, env, run.report.say)
        port = await child.first_line(_START_SECONDS)
        child.listen()
        if not port.isdigit():
            await child.ended() if not port else await child.stop()
            words = "\n  ".join([port, *child.last_words[-6:]]).strip()
            raise EngineError(f"policy pack {folder} did not start ({pack.python} -m pulumi.policy):\n  {words or 'it said nothing'}")
        found = cls(pack.name, child, grpc.aio.insecure_channel(f"127.0.0.1:{port}", options=GRPC_OPTIONS))
        request = pb.AnalyzerStackConfigureRequest(stack=run.stack, project=run.project, organization="organization", dry_run=run.preview)
        request.config.update(config.values)
        request.config_secret_keys.extend(sorted(config.secret_keys))
        await found._configure(request)
        return found

    async def _configure(self, stack: pb.AnalyzerStackConfigureRequest) -> None:
        try:
            await self._stub.ConfigureStack(stack)
        except grpc.aio.AioRpcError as failed:
            if failed.code() != grpc.StatusCode.UNIMPLEMENTED:
                raise
        info = await self._ask("GetAnalyzerInfo", empty_pb2.Empty())
        self.name = info.name
        every = info.initialConfig["all"] if "all" in info.initialConfig else None
        request = pb.ConfigureAnalyzerRequest()
        for policy in info.policies:
            chosen = info.initialConfig[policy.name] if policy.name in info.initialConfig else every
            mine = request.policyConfig[policy.name]
            mine.enforcementLevel = policy.enforcementLevel if chosen is None else chosen.enforcementLevel
            schema = json_format.MessageToDict(policy.configSchema.properties)
            mine.properties.update({key: item["default"] for key, item in schema.items() if "default" in item})
            if chosen is not None:
                mine.properties.update(json_format.MessageToDict(chosen.properties))
            self._remediates |= mine.enforcementLevel == pb.REMEDIATE
        await self._ask("Configure", request)

    async def _ask(self, method: str, request: Any) -> Any:
        try:
            return await getattr(self._stub, method)(request)
        except grpc.aio.AioRpcError as failed:
            urn = getattr(request, "urn", "")
            raise EngineError(f"policy pack {self.name!r} failed in {method}: {failed.details() or failed.code().name}", urn) from failed

    async def remediate(self, goal: Goal, new: State, provider: State | None, report: Report) -> None:
        """Let the pack's remediations change the inputs."""
        if not self._remediates:
            return
        reply = await self._ask("Remediate", _request(goal, new, provider))
        for each in reply.remediations:
            if each.diagnostic:
                report.violation(each.policyName, new.urn, pb.ADVISORY, each.diagnostic)
            else:
                report.say(f"policy {each.policyName} of {self.name} changed the inputs of {new.urn}")
                new.inputs = receive(each.properties)

    async def analyze(self, goal: Goal, new: State, provider: State | None, report: Report) -> bool:
        """Report what the pack says about one resource's inputs; True when a mandatory policy is violated."""
        reply = await self._ask("Analyze", _request(goal, new, provider))
        return any([report.violation(each.policyName, new.urn, each.enforcementLevel, each.message) for each in reply.diagnostics])

    async def analyze_stack(self, run: Run, root: str, providers: dict[str, State]) -> None:
        """Report what the pack says about all resources and their outputs."""
        request = pb.AnalyzeStackRequest()
        for urn, state in run.news.items():
            one = _request(run.goals.get(urn, Goal(state)), state, providers.get(state.provider_urn))
            needs = {key: pb.AnalyzerPropertyDependencies(urns=urns) for key, urns in state.property_dependencies.items() if urns}
            more = request.resources.add(urn=urn, type=state.type, name=one.name, options=one.options, parent=state.parent)
            more.properties.CopyFrom(_visible(state.outputs))
            more.dependencies.extend(state.dependencies)
            for key, urns in needs.items():
                more.propertyDependencies[key].CopyFrom(urns)
            if one.HasField("provider"):
                more.provider.CopyFrom(one.provider)
        for each in (await self._ask("AnalyzeStack", request)).diagnostics:
            run.report.violation(each.policyName, each.urn if each.urn in run.news else root, each.enforcementLevel, each.message)

    async def stop(self) -> None:
        """End the pack."""
        await self._channel.close()
        await self._child.stop()


def _request(goal: Goal, new: State, provider: State | None) -> pb.AnalyzeRequest:
    options = pb.AnalyzerResourceOptions(
        protect=new.protect,
        ignoreChanges=new.ignore_changes,
        deleteBeforeReplace=bool(goal.delete_before_replace),
        deleteBeforeReplaceDefined=goal.delete_before_replace is not None,
        additionalSecretOutputs=new.additional_secret_outputs,
        aliases=new.aliases,
        customTimeouts=pb.AnalyzerResourceOptions.CustomTimeouts(**new.custom_timeouts),
        parent=new.parent,
    )
    request = pb.AnalyzeRequest(urn=new.urn, type=new.type, name=name_of(new.urn), properties=_visible(new.inputs), options=options)
    if provider is not None:
        request.provider.CopyFrom(
            pb.AnalyzerProviderResource(
                urn=provider.urn, type=provider.type, name=name_of(provider.urn), properties=_visible(provider.inputs)
            )
        )
    return request


def _visible(properties: Properties) -> Any:
    """Return properties for a policy: without the engine's own keys."""
    return to_struct({key: value for key, value in properties.items() if not key.startswith("__")})
