"""A class with regulated data takes a harness that is not ready for production only with a waiver that has not ended."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from containment.catalog.preset import Harness, Library, Maturity
from containment.config.spec import StackContext, resolve
from containment.errors import InputError
from containment.loaders.presets import load_library
from containment.loaders.stack_file import read_stack
from containment.names import REGULATED_CLASSES, PolicyMode
from tests.support.child import REPOSITORY

TODAY = date(2026, 11, 29)
LIBRARY = load_library()
VALUES = {"awsAccessAccount": "prod", "vpcCidr": "10.51.0.0/16"}


def waiver(harness: str = "nemoclaw", until: str = "2027-03-31") -> dict[str, str]:
    return {"harness": harness, "owner": "platform-team", "reason": "contained by the gateway", "until": until}


def problems_of(name: str, library: Library = LIBRARY, day: date | None = TODAY, **values: Any) -> list[str]:
    raw = {**VALUES, "agentClass": name, **{key: json.dumps(value) if isinstance(value, list) else value for key, value in values.items()}}
    try:
        resolve(raw, library, f"{name}-monitor", around=StackContext(day=day, requires_entries=True))
    except InputError as error:
        return [f"{one.where} {one.what}" for one in error.problems]
    return []


@pytest.mark.parametrize("name", sorted(REGULATED_CLASSES))
@pytest.mark.parametrize("harness", [one for one in Harness if one is not Harness.NONE])
def test_a_regulated_class_needs_a_waiver_for_its_harness(name: str, harness: Harness) -> None:
    (found,) = problems_of(name, installMode=harness.value)
    assert f"harnessWaivers has no waiver for {harness.value}" in found
    assert problems_of(name, installMode=harness.value, harnessWaivers=[waiver(harness.value)]) == []


def test_a_harness_that_is_ready_needs_none_and_takes_none() -> None:
    assert problems_of("regulated-data", installMode="none") == []
    assert problems_of("regulated-data", installMode="none", harnessWaivers=[waiver("none")])


def test_a_harness_without_a_statement_is_not_ready() -> None:
    assert problems_of("regulated-data", replace(LIBRARY, maturity={}), installMode="none")


def test_a_waiver_that_has_ended_or_has_no_date_to_compare_with_does_not_apply() -> None:
    assert problems_of("regulated-data", harnessWaivers=[waiver(until="2026-11-29")]) == []
    (ended,) = problems_of("regulated-data", harnessWaivers=[waiver(until="2026-11-28")])
    assert "until 2026-11-28, and it is 2026-11-29" in ended
    assert any("date is not given" in one for one in problems_of("regulated-data", day=None, harnessWaivers=[waiver()]))


def test_a_waiver_that_nothing_needs_is_refused() -> None:
    assert problems_of("research", harnessWaivers=[waiver()])
    assert problems_of("regulated-data", harnessWaivers=[waiver(), waiver("hermes")])


def test_a_harness_waived_twice_and_a_waiver_without_words_are_refused() -> None:
    assert any("has twice: nemoclaw" in one for one in problems_of("regulated-data", harnessWaivers=[waiver(), waiver()]))
    assert problems_of("regulated-data", harnessWaivers=[{**waiver(), "owner": "-"}])


@pytest.mark.parametrize("name", sorted(LIBRARY.presets))
@pytest.mark.parametrize("mode", list(PolicyMode))
def test_every_shipped_stack_can_be_planned(name: str, mode: PolicyMode) -> None:
    spec = read_stack(f"{name}-{mode.value}", {}, REPOSITORY)
    assert bool(spec.config.harness_waivers) is (name in REGULATED_CLASSES)


def test_every_harness_has_a_maturity_and_nemoclaw_is_a_preview() -> None:
    assert set(LIBRARY.maturity) == set(Harness)
    assert LIBRARY.maturity[Harness.NEMOCLAW].level is Maturity.PREVIEW
