"""Every mistake has a fix computed from the value: applied to the configuration, it makes the mistake go away."""

from __future__ import annotations

import copy
import json
from collections import Counter
from typing import Any

import pytest

from containment.config.parser import KEYS
from containment.config.spec import StackContext, resolve
from containment.errors import InputError, Problem, Replacement
from containment.loaders.aws_regions import read_aws_regions
from containment.loaders.presets import load_library
from tests.broken.cases import cases
from tests.broken.tables import read
from tests.support.configs import TODAY

LIBRARY = load_library()
AROUND = StackContext(day=TODAY, regions=read_aws_regions())
GOOD = {"awsAccessAccount": "aws-lab", "agentImageId": "ami-0123456789abcdef0"}
FILE = "Pulumi.made-up.yaml"
TABLES = read("configs.yaml")
WRITTEN = [("written", row["config"], row["key"]) for row in (*TABLES["values"], *TABLES["between"])]
GENERATED = list(cases())
LIBRARY_WORDS = (
    "Input should be",
    "type=",
    "validation error",
    "Traceback",
    "Value error",
    "Field required",
    "pydantic",
    "extra inputs",
    "too short",
    "invalid character",
    "outside expected",
)


def problems_of(config: dict[str, Any]) -> tuple[Problem, ...]:
    try:
        resolve({**GOOD, **config}, LIBRARY, "made-up", around=AROUND)
    except InputError as error:
        return error.problems
    return ()


def applied(config: dict[str, Any], found: Replacement) -> dict[str, Any]:
    """Return a configuration with the value that a fix names."""
    out = copy.deepcopy({**GOOD, **config})
    for key in [key for key, value in out.items() if isinstance(value, str) and value[:1] in ("[", "{") and key == found.path[0]]:
        out[key] = json.loads(out[key])
    *way, last = found.path
    at: Any = out
    for step in way:
        at = at[step]
    if found.renames:
        at[found.value] = at.pop(last)
    else:
        at[last] = found.value
    return out


def mistakes(kind: str, config: dict[str, Any], key: str) -> list[str]:
    """Return what is wrong with how a broken configuration is reported."""
    problems = problems_of(config)
    where = f"{kind} {json.dumps(config, default=str)[:100]}"
    wrong = [] if f"{FILE}:{key}" in {one.where for one in problems} else [f"{where}: not reported at {key}: {[p.where for p in problems]}"]
    for one in problems:
        text = str(one)
        wrong += [f"{where}: {word!r} in {text}" for word in LIBRARY_WORDS if word in text]
        if not one.fix.strip() or len(one.why) < 10:
            wrong.append(f"{where}: no fix or why in {text}")
        if one.replacement is None:
            continue
        value = one.replacement.value
        if isinstance(value, str | int) and not isinstance(value, bool) and value != "" and str(value) not in one.fix:
            wrong.append(f"{where}: the fix does not name {value!r}: {one.fix}")
        left = problems_of(applied(config, one.replacement))
        if (one.where, one.what) in {(other.where, other.what) for other in left}:
            wrong.append(f"{where}: the fix changes nothing: {text}")
    return wrong


@pytest.mark.slow
@pytest.mark.parametrize("kind", sorted({kind for kind, _, _ in [*GENERATED, *WRITTEN]}))
def test_a_mistake_names_its_key_and_its_fix_mends_it(kind: str) -> None:
    found = [text for case in [*GENERATED, *WRITTEN] if case[0] == kind for text in mistakes(*case)]
    assert not found, "\n".join(found[:40])


def test_the_cases_are_many_and_have_every_key() -> None:
    kinds = Counter(kind for kind, _, _ in GENERATED)
    assert len(GENERATED) >= 300
    assert len(kinds) >= 15
    assert {key for _, _, key in GENERATED} >= set(KEYS)


@pytest.mark.slow
def test_a_fix_that_is_a_value_is_found_for_most_mistakes() -> None:
    """A regression here is a fix that has become words alone."""
    total = [one for _, config, _ in GENERATED for one in problems_of(config)]
    assert sum(one.replacement is not None for one in total) * 2 > len(total)
