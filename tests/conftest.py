"""What every test run needs: no chatter of gRPC's, nothing of the user's cloud, kept bytecode, and the files that take longest first.

Workers take whole files: one that takes minutes and comes last keeps a single core busy. Without kept bytecode each worker rewrites every
test's assertions, and each program, pack and engine compiles this repository, again.
"""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Iterator
from functools import cache
from typing import Any

import hypothesis
import pytest

from tests.support import cases

LONGEST = (
    "tests/real_engine/test_stacks.py",  # with the previews, so that one worker alone brings the platform up
    "tests/real_engine/test_previews.py",
    "tests/deployment/test_fleet.py",
    "tests/deployment/test_faults.py",
    "tests/policypack/test_samples.py",
    "tests/deployment/test_killed.py",
    "tests/policypack/test_product.py",
    "tests/containment_lab/providers/aws/test_faults.py",
    "tests/deployment/test_undecided.py",
    "tests/deployment/test_seed_rows.py",
    "tests/deployment/test_broken_config.py",
    "tests/deployment/test_dedicated_controller.py",
    "tests/deployment/test_life.py",
    "tests/containment_lab/providers/aws/test_types.py",
    "tests/containment/analysis/test_bugs.py",
    "tests/policypack/test_mutants.py",
    "tests/policypack/test_samples_in_the_lab.py",
    "tests/containment_lab/engine/",
    "tests/deployment/",
    "tests/containment_lab/",
)

hypothesis.settings.register_profile("busy", suppress_health_check=[hypothesis.HealthCheck.too_slow], deadline=None)
hypothesis.settings.load_profile("busy")  # a busy machine draws slowly; that is no fault of what is tested
gc.set_threshold(50_000, 20, 100)  # thousands of tests stay; looking through them again and again finds nothing
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
os.environ["GRPC_VERBOSITY"] = "NONE"
for name in [key for key in os.environ if key.startswith(("AWS_", "PULUMI_", "AVIATRIX_"))]:
    del os.environ[name]
os.environ.pop("CONTAINMENT_LAB_HOME", None)


@pytest.fixture(autouse=True, scope="module")
def environment_as_before() -> Iterator[None]:
    """Restore the process's environment after each module, and refuse one that leaves the lab's patches of moto to the next module."""
    before = dict(os.environ)
    yield
    os.environ.clear()
    os.environ.update(before)
    if "containment_lab.cloud.moto_patches" in sys.modules:
        from moto.ec2.models import EC2Backend

        assert not hasattr(EC2Backend.delete_subnet, "__wrapped__"), "start the lab's cloud in a process of its own"


def pytest_addoption(parser: pytest.Parser) -> None:
    cases.add_option(parser)


@pytest.hookimpl(trylast=True)  # after `-m` and `-k`
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Apply `--cases`, and put the files that take longest first; within a file the order stays."""
    cases.choose(config, items)

    @cache
    def place(file: str) -> int:
        return next((number for number, path in enumerate(LONGEST) if file.startswith(path)), len(LONGEST))

    items.sort(key=lambda item: place(item.nodeid.partition("::")[0]))


def pytest_collection_finish() -> None:
    """Take the collected tests and their modules out of garbage collection: they stay until the end, and pytest collects there."""
    gc.freeze()


def pytest_sessionfinish(session: pytest.Session) -> None:
    cases.report_to_controller(session.config)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    cases.receive_from_worker(node)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if line := cases.describe_left_out(config):
        terminalreporter.write_line(line)
