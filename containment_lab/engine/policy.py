"""Policy packs: a pack runs as a child process and checks each resource, and at the end the whole stack.

A pack that cannot start is an error with the pack's own words, never an endless wait and never a pass; a check that raises has failed.
Remediation and configuration of policies are not supported: a pack that needs them is refused by name.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import grpc
from google.protobuf import empty_pb2
from pulumi.runtime.proto import analyzer_pb2 as pb
from pulumi.runtime.proto import analyzer_pb2_grpc

from containment_lab.engine.child import Child
from containment_lab.engine.providers import GRPC_OPTIONS
from containment_lab.engine.steps import Goal, Run
from containment_lab.errors import EngineError, LabError
from containment_lab.formats.config import PACK_FILE, Config, Project
from containment_lab.formats.state import State, get_name
from containment_lab.formats.values import Properties
from containment_lab.wire import convert_to_struct

_START_SECONDS = 60


class Analyzer:
    """One running policy pack."""

    def __init__(self, name: str, child: Child, channel: Any) -> None:
        self.name, self._child, self._channel = name, child, channel
        self._stub = analyzer_pb2_grpc.AnalyzerStub(channel)

    @classmethod
    async def start(cls, folder: Path, run: Run, config: Config, engine: str) -> Analyzer:
        """Start a policy pack and configure it for the stack.

        Args:
            folder: The pack's folder.
            run: The run it checks.
            config: The configuration of the stack.
            engine: The address of the engine's log.
        """
        pack = Project.load(folder, PACK_FILE)
        env = config.build_environment() | {f"PULUMI_{key.upper()}": str(value) for key, value in run.where.items()}
        env["PULUMI_DRY_RUN"] = str(run.preview).lower()
        child = await Child.start([pack.python, "-u", "-m", "pulumi.policy", engine, str(pack.program)], folder, env, run.report.print_line)
        port = await child.read_first_line(_START_SECONDS)
        child.listen(lambda line: run.report.record_diagnostic("info", line))
        if not port.isdigit():
            await child.stop(grace=1)
            words = "\n  ".join([port, *child.last_words[-6:]]).strip()
            what = f"policy pack {folder} did not start ({pack.python} -m pulumi.policy):\n  {words or 'it printed nothing'}"
            raise LabError(what, why="the stack would be deployed unchecked", fix="correct what it printed, or leave out --policy-pack")
        found = cls(pack.name, child, grpc.aio.insecure_channel(f"127.0.0.1:{port}", options=GRPC_OPTIONS))
        hidden = {"config": config.values, "config_secret_keys": sorted(config.secret_keys)}
        await found._call_pack("ConfigureStack", pb.AnalyzerStackConfigureRequest(**run.where, **hidden))  # type: ignore[arg-type]
        info = await found._call_pack("GetAnalyzerInfo", empty_pb2.Empty())
        found.name = info.name
        needy = [each.name for each in info.policies if any("default" in one for one in each.configSchema.properties.values())]
        needy += [each.name for each in info.policies if each.configSchema.required or each.enforcementLevel == pb.REMEDIATE]
        if needy or info.initialConfig:
            what = f"policy pack {found.name!r}: the lab engine does not support policy configuration or remediation ({needy or 'all'})"
            raise LabError(what, why="its policies would not run as written", fix="run this pack with the official Pulumi CLI")
        return found

    async def _call_pack(self, method: str, request: Any) -> Any:
        try:
            return await getattr(self._stub, method)(request)
        except grpc.aio.AioRpcError as failed:
            told = f"policy pack {self.name!r} failed in {method}: {failed.details() or failed.code().name}"
            raise EngineError(told, getattr(request, "urn", "")) from failed

    async def analyze(self, run: Run, goal: Goal, new: State) -> bool:
        """Report the violations of one resource's inputs; return True when a mandatory policy is violated."""
        reply = await self._call_pack("Analyze", pb.AnalyzeRequest(**_build_fields(run, goal, new, new.inputs)))
        record = run.report.record_violation
        return any([record(each.policyName, new.urn, each.enforcementLevel, each.message) for each in reply.diagnostics])  # noqa: C419

    async def analyze_stack(self, run: Run, root: str) -> None:
        """Report the violations of all resources with their outputs."""
        request = pb.AnalyzeStackRequest()
        for urn, state in run.news.items():
            needs = {key: pb.AnalyzerPropertyDependencies(urns=urns) for key, urns in state.property_dependencies.items() if urns}
            links = {"parent": state.parent, "dependencies": state.dependencies, "propertyDependencies": needs}
            request.resources.add(**_build_fields(run, run.goals[urn], state, state.outputs), **links)
        for each in (await self._call_pack("AnalyzeStack", request)).diagnostics:
            run.report.record_violation(each.policyName, each.urn if each.urn in run.news else root, each.enforcementLevel, each.message)

    async def stop(self) -> None:
        """End the pack."""
        await self._channel.close()
        await self._child.stop()


def _build_fields(run: Run, goal: Goal, new: State, properties: Properties) -> dict[str, Any]:
    """Return the fields that both requests have."""
    first = {"deleteBeforeReplace": bool(goal.delete_before_replace), "deleteBeforeReplaceDefined": goal.delete_before_replace is not None}
    more = {"additionalSecretOutputs": new.additional_secret_outputs, "aliases": new.aliases, "parent": new.parent, "protect": new.protect}
    timeouts = pb.AnalyzerResourceOptions.CustomTimeouts(**new.custom_timeouts)
    options = pb.AnalyzerResourceOptions(ignoreChanges=new.ignore_changes, customTimeouts=timeouts, **first, **more)  # type: ignore[arg-type]
    by = run.goals.get(new.provider_urn)
    where = pb.AnalyzerProviderResource(**_build_state_fields(by.new, by.new.inputs)) if by else None
    return {**_build_state_fields(new, properties), "options": options, "provider": where}


def _build_state_fields(state: State, properties: Properties) -> dict[str, Any]:
    shown = {key: value for key, value in properties.items() if not key.startswith("__")}
    return {"urn": state.urn, "type": state.type, "name": get_name(state.urn), "properties": convert_to_struct(shown)}
