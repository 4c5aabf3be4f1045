"""What every test run needs: no chatter of gRPC's, nothing of the user's cloud, and the files that take longest first.

Workers take whole files: one that takes minutes and comes last keeps a single core busy.
"""

from __future__ import annotations

import gc
import os

import pytest

LONGEST = (
    "tests/deployment/test_faults.py",
    "tests/policypack/test_product.py",
    "tests/deployment/test_killed.py",
    "tests/policypack/test_samples.py",
    "tests/containment/lab/providers/test_aws_faults.py",
    "tests/deployment/test_seed_rows.py",
    "tests/deployment/test_broken_config.py",
    "tests/deployment/test_dedicated_controller.py",
    "tests/deployment/test_life.py",
    "tests/containment/lab/providers/test_aws_types.py",
    "tests/containment/model/reach/test_bugs.py",
    "tests/policypack/test_mutants.py",
    "tests/policypack/test_samples_in_the_lab.py",
    "tests/containment/lab/engine/",
    "tests/deployment/",
    "tests/containment/lab/",
)

gc.set_threshold(50_000, 20, 100)  # thousands of tests stay; looking through them again and again finds nothing
os.environ["GRPC_VERBOSITY"] = "NONE"
for name in [key for key in os.environ if key.startswith(("AWS_", "PULUMI_", "AVIATRIX_"))]:
    del os.environ[name]
os.environ.pop("CONTAINMENT_LAB_HOME", None)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put what takes longest first; within a file the order stays."""

    def place(item: pytest.Item) -> int:
        return next((number for number, path in enumerate(LONGEST) if item.nodeid.startswith(path)), len(LONGEST))

    items.sort(key=place)
