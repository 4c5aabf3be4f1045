"""The verdict: each message once with all its resources, what exists, what to do next, and the exit code with its meaning."""

from __future__ import annotations

import pytest
from pulumi.runtime.proto import analyzer_pb2 as pb

from containment.cli.lab.screen.verdict import Ending, Verb, format_advisories, format_verdict
from containment_lab.engine.report import Report
from containment_lab.engine.steps import Op, Step
from containment_lab.formats.state import State

URN = "urn:pulumi:dev::p::kit:index/thing:Thing::"


def new_report(*, preview: bool) -> Report:
    return Report(preview, lambda *_: None, lambda _: None)


def lines_of(report: Report, verb: Verb = Verb.UP, planned: int | None = None) -> list[str]:
    report.conclude()
    return format_verdict(Ending(verb=verb, stack="dev", report=report, planned=planned, seconds=12.4, packs=True))


def begin(report: Report, name: str, op: Op = Op.CREATE) -> Step:
    step = Step(op, None, State(urn=URN + name, type="kit:index/thing:Thing", custom=True))
    report.begin(step)
    return step


def test_the_same_message_for_several_resources_is_printed_once() -> None:
    report = new_report(preview=True)
    for name in ("a", "b", "a"):
        report.record_violation("no-red", URN + name, pb.MANDATORY, "red is refused\nfix: use blue")
    report.record_violation("no-red", URN + "c", pb.MANDATORY, "red is refused\nfix: use green")
    assert lines_of(report) == [
        "",
        "REFUSED: preview of dev",
        "  rule no-red",
        "    red is refused",
        "    on kit:index:Thing a, kit:index:Thing b",
        "      fix: use blue",
        "    on kit:index:Thing c",
        "      fix: use green",
        "next: apply each fix, then run the same command again",
        "exit 3: a mandatory policy is violated; nothing was created or changed",
    ]


def test_an_advisory_policy_refuses_nothing_and_is_shown_before_the_verdict() -> None:
    report = new_report(preview=False)
    report.record_violation("prefer-blue", URN + "a", pb.ADVISORY, "blue would be better")
    assert format_advisories(report) == ["  advice of rule prefer-blue", "    on kit:index:Thing a", "      blue would be better"]
    assert lines_of(report) == ["dev is up: nothing to change"]


def test_an_interruption_names_what_exists_and_what_is_pending() -> None:
    report = new_report(preview=False)
    report.end(begin(report, "a"))
    for name in ("b", "c", "d", "e"):
        begin(report, name)
    report.interrupted = True
    report.record_error("interrupted by SIGINT")
    assert lines_of(report, planned=7)[-2:] == [
        "next: run the same command again (it resumes)",
        (
            "exit 5: interrupted; 1 created of 7 planned before it stopped, and kept in the stack's state; "
            "under way, recorded as pending: kit:index:Thing b, kit:index:Thing c, kit:index:Thing d and 1 more"
        ),
    ]


def test_a_failure_prints_an_error_once_with_every_resource_that_has_it() -> None:
    report = new_report(preview=False)
    for name in ("a", "b"):
        report.fail(begin(report, name))
        report.record_error("quota exceeded\nask for more", URN + name)
    assert lines_of(report) == [
        "",
        "FAILED: up of dev",
        "  error: quota exceeded (on kit:index:Thing a, kit:index:Thing b)",
        "    ask for more",
        "next: correct what the error names, then run the same command again (it resumes)",
        "exit 1: the program, a provider or the engine failed; nothing was created or changed",
    ]


@pytest.mark.parametrize(
    ("verb", "preview", "changes", "expected"),
    [
        (Verb.UP, False, {Op.CREATE: 79}, "dev is up: 79 created in 12 s"),
        (Verb.UP, False, {Op.UPDATE: 4, Op.CREATE: 1, Op.SAME: 74}, "dev is up: 4 updated, 1 created, 74 unchanged in 12 s"),
        (Verb.UP, False, {Op.SAME: 79}, "dev is up: nothing to change (79 unchanged)"),
        (Verb.PREVIEW, True, {Op.CREATE: 2, Op.DELETE: 1}, "dev: 2 to create, 1 to delete; no mandatory policy is violated"),
        (Verb.PREVIEW, True, {Op.SAME: 3}, "dev: nothing to change (3 unchanged); no mandatory policy is violated"),
        (Verb.REFRESH, False, {Op.SAME: 3}, "dev is refreshed: everything is as recorded (3 unchanged) in 12 s"),
        (Verb.REFRESH, False, {Op.UPDATE: 1, Op.SAME: 2}, "dev is refreshed: 1 updated, 2 unchanged in 12 s"),
        (Verb.DESTROY, False, {Op.DELETE: 3}, "dev is destroyed: 3 deleted in 12 s"),
        (Verb.DESTROY, False, {}, "dev is destroyed: it had no resources"),
    ],
)
def test_a_success_is_one_line(verb: Verb, preview: bool, changes: dict[str, int], expected: str) -> None:
    report = new_report(preview=preview)
    report.changes.update(changes)
    assert lines_of(report, verb) == [expected]


def test_secrets_of_the_configuration_are_in_no_verdict() -> None:
    report = new_report(preview=False)
    report.hidden = ["hunter2"]
    report.record_error("the provider answered: bad password hunter2")
    assert "hunter2" not in "\n".join(lines_of(report))


PLACES = {"ami-0000000000000dead": "Pulumi.dev.yaml:agentImageId", "company": "--config awsAccessAccount", "t3.medium": "Pulumi.yaml:size"}


@pytest.mark.parametrize(
    ("message", "written"),
    [
        ("The image id '[ami-0000000000000dead]' does not exist", ["ami-0000000000000dead is written in Pulumi.dev.yaml:agentImageId"]),
        ("image ami-0000000000000dead: no such image", ["ami-0000000000000dead is written in Pulumi.dev.yaml:agentImageId"]),
        ("image ami-0000000000000dead0 is gone", []),
        ("agentImageId: ami-0000000000000dead is gone", []),
        ('account "company" is unknown', ["company is written in --config awsAccessAccount"]),
        ("the company has no account", []),
        ("t3.medium.", ["t3.medium is written in Pulumi.yaml:size"]),
        ("t3.medium.metal", []),
        (
            "(company) may not start t3.medium",
            ["company is written in --config awsAccessAccount", "t3.medium is written in Pulumi.yaml:size"],
        ),
    ],
)
def test_a_value_that_a_provider_refuses_is_followed_by_the_place_where_it_is_written(message: str, written: list[str]) -> None:
    report = new_report(preview=False)
    report.places = PLACES
    report.record_error(message, URN + "a")
    lines = lines_of(report)
    assert lines[2] == f"  error: {message} (on kit:index:Thing a)"
    assert lines[3:-2] == [f"    {each}" for each in written]
