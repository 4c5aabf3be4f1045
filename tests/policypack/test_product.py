"""This repository's own program passes its own pack: every class in every mode, and 200 configurations that nobody wrote.

What a configuration switches off knowingly, and the pack then refuses unless it is waived, is listed in LOOSENED: nothing
else may be found, and nothing at all while those switches are on.
"""

from __future__ import annotations

from functools import cache
from itertools import islice, zip_longest
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, given, settings

from containment.library import load_library
from containment.model.names import PolicyMode
from policypack.judge import check_stack
from tests.policypack.loosened import CONNECTION, LOOSENED, Config, tightened
from tests.policypack.pack import Pack
from tests.policypack.product import registrations
from tests.policypack.record import FORMS, resource_of
from tests.policypack.test_samples import PACK, refused
from tests.support.configs import as_pulumi, configs
from tests.support.deploy import stack_config

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1500)]

LIBRARY = load_library()
SHIPPED = [f"{name}-{mode.value}" for name in LIBRARY.presets for mode in PolicyMode]
GENERATED: Final = 200
ALSO_KNOWN: Final = 10
"""Each of how many configurations is also judged with every id known; all are as a first preview."""
AS_DRAWN: Final = 14
"""How many configurations are also run with what they switch off."""


@cache
def drawn() -> list[Config]:
    """Return configurations of every class and mode, the same on every run."""
    found: list[Config] = []

    @settings(max_examples=5 * GENERATED, database=None, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck))
    @given(configs(LIBRARY))
    def collect(config: Config) -> None:
        found.append(config)

    collect()
    kinds: dict[tuple[str, str], list[Config]] = {}
    for config in {str(config): config for config in found}.values():
        kinds.setdefault((config["agentClass"], config["policyMode"]), []).append(config)
    in_turn = (config for each in zip_longest(*kinds.values()) for config in each if config is not None)
    chosen = list(islice(in_turn, GENERATED))
    assert len(chosen) == GENERATED
    return chosen


def found_in(made: dict[str, Any]) -> set[str]:
    """Return the rules that are broken in any form that is there, by the pack's own reasoning; the program must have run."""
    assert made["error"] is None, made["error"]
    return {finding.id for form in FORMS if form in made for finding in check_stack(map(resource_of, made[form]))}


def test_every_shipped_stack_passes_the_pack() -> None:
    runs = registrations((stack, stack_config(stack)) for stack in SHIPPED)
    with Pack(PACK) as pack:
        for stack, made in zip(SHIPPED, runs, strict=True):
            assert made["error"] is None, (stack, made["error"])
            assert {form: refused(pack, made[form]) for form in FORMS} == {form: set() for form in FORMS}, stack


def test_200_configurations_that_nobody_wrote_pass_the_pack() -> None:
    wanted = [tightened(config) for config in drawn()]
    assert {(config["agentClass"], config["policyMode"]) for config in wanted} == {
        (name, mode.value) for name in LIBRARY.presets for mode in PolicyMode
    }
    tasks = [("generated", {**CONNECTION, **as_pulumi(config)}) for config in wanted]
    known = dict(zip(range(0, GENERATED, ALSO_KNOWN), registrations(tasks[::ALSO_KNOWN], ["known"]), strict=True))
    for number, (config, made) in enumerate(zip(wanted, registrations(tasks, ["preview"]), strict=True)):
        assert found_in(made) == set(), config
        assert number not in known or found_in(known[number]) == set(), config


def test_what_a_configuration_switches_off_is_refused_by_its_rule_and_by_no_other() -> None:
    loose = [config for config in drawn() if any(is_asked(config) for is_asked, _ in LOOSENED.values())][:AS_DRAWN]
    runs = registrations(("generated", {**CONNECTION, **as_pulumi(config)}) for config in loose)
    for config, made in zip(loose, runs, strict=True):
        asked = {rule for rule, (is_asked, _) in LOOSENED.items() if is_asked(config)}
        if made["error"] is None:
            assert found_in(made) == asked, config
        else:  # the program refuses by itself what one resource says, and stops there
            assert made["error"].startswith("refused, before it is made:\n"), made["error"]
            assert made["error"].splitlines()[1].split(":")[0] in asked, made["error"]
