"""A request is decoded once, whatever the number of rules, and the SDK's service answers it all the same."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pulumi_policy.policy
import pytest
from google.protobuf import json_format, struct_pb2
from pulumi.runtime.proto import analyzer_pb2 as pb
from pulumi.runtime.proto import analyzer_pb2_grpc
from pulumi_policy import EnforcementLevel

from policypack.adapter import build_policies
from policypack.finding import Rule, Severity, Violation
from policypack.graph import request_decoder
from policypack.graph.plain_data import UNKNOWN
from policypack.graph.resources import Graph, Resource
from policypack.request_memory import RequestMemory

UNKNOWN_STRING = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
SECRET = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", "value": "s"}


def rules(number: int, seen: list[Any]) -> tuple[Rule, ...]:
    def check_resource(resource: Resource, before: Any) -> list[Violation]:
        seen.append((resource.name, dict(resource.props), dict(resource.default_tags), [one.name for one in before]))
        return [Violation(resource.urn, f"{resource.name} is refused")]

    def check_stack(graph: Graph) -> list[Violation]:
        seen.append([(one.name, dict(one.props), dict(one.outputs), one.parent, one.dependencies) for one in graph.resources])
        return [Violation("", "the stack is refused")]

    return tuple(
        Rule(f"rule-{index}", Severity.LOW, "info", "why", "fix", check_resource=check_resource, check_stack=check_stack)
        for index in range(number)
    )


def service(ruled: tuple[Rule, ...]) -> request_decoder.DecodingServicer:
    memory = RequestMemory()
    inner = pulumi_policy.policy._PolicyAnalyzerServicer("pack", "0.0.1", build_policies(ruled, memory), EnforcementLevel.MANDATORY)
    return request_decoder.DecodingServicer(inner, memory.keep_request, memory.keep_stack)


def one(name: str, properties: dict[str, Any]) -> Any:
    request = pb.AnalyzeRequest(urn=f"urn::{name}", type="aws:s3/bucket:Bucket", name=name)
    json_format.ParseDict(properties, request.properties)
    return request


def test_each_rule_reports_under_its_own_name_about_the_same_decoded_resource() -> None:
    seen: list[Any] = []
    served = service(rules(2, seen))
    answer = served.Analyze(one("a", {"x": UNKNOWN_STRING, "y": SECRET, "n": 443}), None)
    served.Analyze(one("b", {}), None)
    assert [each.policyName for each in answer.diagnostics] == ["rule-0", "rule-1"]
    assert all("a is refused" in each.message for each in answer.diagnostics)
    assert seen[:2] == [("a", {"x": UNKNOWN, "y": "s", "n": 443}, {}, [])] * 2
    assert seen[2:] == [("b", {}, {}, ["a"])] * 2


def test_the_stack_has_the_inputs_that_were_analysed_and_the_outputs_given() -> None:
    seen: list[Any] = []
    served = service(rules(2, seen))
    served.Analyze(one("a", {"x": 1}), None)
    seen.clear()
    whole = pb.AnalyzeStackRequest()
    made = whole.resources.add(urn="urn::a", type="aws:s3/bucket:Bucket", name="a", parent="urn::p", dependencies=["urn::b"])
    json_format.ParseDict({"x": 1, "id": "i"}, made.properties)
    answer = served.AnalyzeStack(whole, None)
    assert [each.policyName for each in answer.diagnostics] == ["rule-0", "rule-1"]
    assert seen == [[("a", {"x": 1}, {"x": 1, "id": "i"}, "urn::p", ("urn::b",))]] * 2


def test_a_stack_is_read_once_for_all_rules_and_again_for_the_next_question() -> None:
    seen: list[Graph] = []
    ruled = tuple(replace(rule, check_stack=lambda graph: seen.append(graph) or []) for rule in rules(2, []))
    served = service(ruled)
    for _ in range(2):
        served.AnalyzeStack(pb.AnalyzeStackRequest(resources=[pb.AnalyzerResource(urn="urn::a", type="t", name="a")]), None)
    assert seen[0] is seen[1]
    assert seen[1] is not seen[2]


def test_the_tags_of_the_provider_are_decoded_too() -> None:
    seen: list[Any] = []
    request = one("a", {})
    json_format.ParseDict({"defaultTags": '{"tags": {"Role": "agent"}}'}, request.provider.properties)
    service(rules(1, seen)).Analyze(request, None)
    assert seen == [("a", {}, {"Role": "agent"}, [])]


@pytest.mark.parametrize("number", [1, 40])
def test_the_number_of_rules_does_not_change_how_often_properties_are_decoded(number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    decoded: list[Any] = []
    decode = json_format.MessageToDict

    def counted(message: Any, *arguments: Any) -> Any:
        decoded.append(len(message.fields) if isinstance(message, struct_pb2.Struct) else 0)
        return decode(message, *arguments)

    monkeypatch.setattr(json_format, "MessageToDict", counted)
    served = service(rules(number, []))
    served.Analyze(one("a", {"x": 1}), None)
    whole = pb.AnalyzeStackRequest()
    json_format.ParseDict({"x": 1}, whole.resources.add(urn="urn::a", type="t", name="a").properties)
    served.AnalyzeStack(whole, None)
    assert [size for size in decoded if size] == [1, 1]


def test_what_is_not_about_properties_is_answered_by_the_sdk() -> None:
    served = service(rules(1, []))
    assert [each.name for each in served.GetAnalyzerInfo(None, None).policies] == ["rule-0", "waivers-hold", "waived-findings"]
    served.Configure(pb.ConfigureAnalyzerRequest(policyConfig={"rule-0": pb.PolicyConfig(enforcementLevel=pb.DISABLED)}), None)
    assert list(served.Analyze(one("a", {}), None).diagnostics) == []


def test_a_check_that_raises_leaves_nothing_behind() -> None:
    memory = RequestMemory()
    with pytest.raises(ValueError, match="boom"), memory.keep_request(one("a", {})):
        raise ValueError("boom")
    assert memory.asked.value is None


def test_the_sdk_starts_its_service_through_the_replaced_function(monkeypatch: pytest.MonkeyPatch) -> None:
    assert pulumi_policy.policy.analyzer_pb2_grpc is analyzer_pb2_grpc
    added: list[Any] = []
    monkeypatch.setattr(analyzer_pb2_grpc, "add_AnalyzerServicer_to_server", lambda servicer, server: added.append(servicer))
    memory = RequestMemory()
    request_decoder.wrap_service(memory.keep_request, memory.keep_stack)
    for _ in range(2):
        analyzer_pb2_grpc.add_AnalyzerServicer_to_server(analyzer_pb2_grpc.AnalyzerServicer(), None)
    assert [isinstance(servicer, request_decoder.DecodingServicer) for servicer in added] == [True, False]
