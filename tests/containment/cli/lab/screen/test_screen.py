"""What a screen prints where: data on stdout, talk on stderr, remarks of a preview not again, the verdict after everything."""

from __future__ import annotations

import signal

import pytest

from containment.cli.lab.deployment import build_interruption
from containment.cli.lab.output import DetailLevel, Screen
from containment.cli.lab.screen.verdict import Verb
from containment.cli.signals import Interrupted, raise_on_signals
from containment_lab.engine.report import Report
from containment_lab.engine.steps import Op, Step
from containment_lab.formats.state import State


def new_screen(verb: Verb = Verb.UP, *, quiet: bool = False, detail: DetailLevel | None = None) -> Screen:
    return Screen(verb, "dev", color=None, quiet=quiet, detail=detail or DetailLevel())


def create(report: Report, name: str, *, custom: bool = True) -> None:
    kind = "kit:index/thing:Thing"
    step = Step(Op.CREATE, None, State(urn=f"urn:pulumi:dev::p::{kind}::{name}", type=kind, custom=custom, inputs={"value": name}))
    report.begin(step)
    report.end(step)


def test_a_remark_of_the_preview_is_not_repeated_by_the_update(capsys: pytest.CaptureFixture[str]) -> None:
    screen = new_screen()
    screen.start_phase(True).record_diagnostic("warning", "careful")
    screen.start_phase(False).record_diagnostic("warning", "careful")
    second = screen.start_phase(False)
    second.record_diagnostic("info", "news")
    second.record_diagnostic("info", "news")
    assert capsys.readouterr().err.splitlines() == ["warning: careful", "news", "news"]


def test_a_clean_preview_within_up_is_one_line_and_details_are_on_request(capsys: pytest.CaptureFixture[str]) -> None:
    for detail, expected in (
        (DetailLevel(), []),
        (DetailLevel(diff=True), ["Preview:", " +  kit:index:Thing a (create)", '     +        value: "a"']),
    ):
        screen = new_screen(detail=detail)
        report = screen.start_phase(True)
        create(report, "a")
        screen.show(report)
        assert capsys.readouterr().out.splitlines() == expected


def test_a_component_has_no_line_in_a_pipe_and_a_resource_one(capsys: pytest.CaptureFixture[str]) -> None:
    report = new_screen().start_phase(False)
    create(report, "component", custom=False)
    create(report, "a")
    assert capsys.readouterr().err.splitlines() == [" +  kit:index:Thing a created (0.0 s)"]


def test_with_json_everything_but_the_object_is_on_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    screen = new_screen(quiet=True)
    report = screen.start_phase(False)
    create(report, "a")
    report.outputs = {"a": 1}
    screen.show(report)
    screen.conclude(report)
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.splitlines()[-1].startswith("dev is up: 1 created in ")


def test_an_error_after_a_phase_that_failed_unseen_ends_in_a_verdict(capsys: pytest.CaptureFixture[str]) -> None:
    screen = new_screen()
    screen.start_phase(True).record_error("the provider does not answer")
    screen.fail("the stack could not be refreshed")
    lines = capsys.readouterr().err.splitlines()
    assert "  error: the provider does not answer" in lines
    assert lines[-1].startswith("exit 1: ")


def test_an_error_before_any_phase_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    new_screen().fail("no such stack")
    assert capsys.readouterr().err == "error: no such stack\n"


@pytest.mark.parametrize("name", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_outside_of_a_phase_ends_the_command_with_a_verdict(name: signal.Signals, capsys: pytest.CaptureFixture[str]) -> None:
    before = signal.getsignal(name)
    with pytest.raises(Interrupted, match=name.name) as raised, raise_on_signals():
        signal.raise_signal(name)
    assert signal.getsignal(name) is before
    new_screen().conclude(build_interruption(str(raised.value)))
    lines = capsys.readouterr().err.splitlines()
    assert f"  error: interrupted by {name.name} before anything was changed" in lines
    assert lines[-1] == "exit 5: interrupted; nothing was created or changed"
