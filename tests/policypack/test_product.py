"""The program passes the pack: every class in every mode, and generated configurations of each (`make soak` judges 2,800).

`CONFIGURATIONS` is how many are judged per class and mode, the same on every run; a failure shows the configuration.
What a configuration switches off knowingly, and the pack then refuses unless it is waived, is listed in LOOSENED: nothing
else may be found, and nothing at all while those switches are on.
"""

from __future__ import annotations

import os
from functools import cache
from typing import Any, Final

import pytest

from containment.loaders.presets import load_library
from containment.names import PolicyMode
from policypack.standalone_checks import check_stack
from tests.policypack.loosened import CONNECTION, LOOSENED, Config, tightened
from tests.policypack.pack import Pack
from tests.policypack.product import registrations
from tests.policypack.record import FORMS, resource_of
from tests.policypack.soak import STACKS, drawn_for
from tests.policypack.test_samples import PACK, found_by
from tests.support.configs import as_pulumi
from tests.support.deploy import stack_config

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1500)]

LIBRARY = load_library()
SHIPPED = [f"{name}-{mode.value}" for name in LIBRARY.presets for mode in PolicyMode]
GENERATED: Final = int(os.environ.get("CONFIGURATIONS", "1"))
DRAWN: Final = max(2, GENERATED)
"""How many configurations are drawn per class and mode; what they switch off is looked for in all of them."""
ALSO_KNOWN: Final = 5
"""Each of how many configurations is also judged with every id known; all are as a first preview."""


@cache
def drawn() -> list[list[Config]]:
    """Return configurations of each class and mode, the same on every run."""
    return [drawn_for(agent_class, mode, DRAWN) for agent_class, mode in STACKS]


def found_in(made: dict[str, Any]) -> set[str]:
    """Return the rules that are broken in any form that is there, by the pack's own reasoning; the program must have run."""
    assert made["error"] is None, made["error"]
    return {finding.id for form in FORMS if form in made for finding in check_stack(map(resource_of, made[form]))}


def test_every_shipped_stack_passes_the_pack() -> None:
    runs = registrations((stack, stack_config(stack)) for stack in SHIPPED)
    with Pack(PACK) as pack:
        for stack, made in zip(SHIPPED, runs, strict=True):
            assert made["error"] is None, (stack, made["error"])
            assert {form: found_by(pack, made[form]) for form in FORMS} == {form: set() for form in FORMS}, stack


@pytest.mark.long
def test_generated_configurations_pass_the_pack() -> None:
    wanted = [tightened(config) for some in drawn() for config in some[:GENERATED]]
    assert {(config["agentClass"], config["policyMode"]) for config in wanted} == set(STACKS)
    tasks = [("generated", {**CONNECTION, **as_pulumi(config)}) for config in wanted]
    known = dict(zip(range(0, len(wanted), ALSO_KNOWN), registrations(tasks[::ALSO_KNOWN], ["known"]), strict=True))
    for number, (config, made) in enumerate(zip(wanted, registrations(tasks, ["preview"]), strict=True)):
        assert found_in(made) == set(), config
        assert number not in known or found_in(known[number]) == set(), config


@pytest.mark.long
def test_what_a_configuration_switches_off_is_refused_by_its_rule_and_by_no_other() -> None:
    every = [config for some in drawn() for config in some]
    first = {rule: next((config for config in every if is_asked(config)), None) for rule, (is_asked, _) in LOOSENED.items()}
    assert [rule for rule, config in first.items() if config is None] == [], "no configuration that was drawn switches it off"
    loose = list({str(config): config for config in first.values() if config is not None}.values())
    runs = registrations(("generated", {**CONNECTION, **as_pulumi(config)}) for config in loose)
    for config, made in zip(loose, runs, strict=True):
        asked = {rule for rule, (is_asked, _) in LOOSENED.items() if is_asked(config)}
        if made["error"] is None:
            assert found_in(made) == asked, config
        else:  # the program refuses by itself what one resource says, and stops there
            assert made["error"].startswith("refused before it is created:\n"), made["error"]
            assert made["error"].splitlines()[1].split(":")[0] in asked, made["error"]
