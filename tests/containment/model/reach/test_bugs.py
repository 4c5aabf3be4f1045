"""Bugs put into the analyser are caught by the comparisons: a sample over all its modules.

`BUGS` says how many, `BUGS_SEED` which; `python -m tests.proofs.bugs` tries every one there is.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.proofs.mutate import FILES

ROOT = Path(__file__).parents[4]
BUGS = os.environ.get("BUGS", "54")
SEED = os.environ.get("BUGS_SEED", "1")


@pytest.mark.slow
def test_every_bug_of_a_sample_is_caught() -> None:
    told = subprocess.run(
        [sys.executable, "-m", "tests.proofs.bugs", "--count", BUGS, "--seed", SEED, "--rounds", "40"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=500,
        check=False,
    )
    assert told.returncode == 0, told.stdout + told.stderr
    assert re.search(rf"^{BUGS} of {BUGS} bugs caught, 0 survived", told.stdout, re.MULTILINE)
    assert all(re.search(rf"^{name} +[0-9]", told.stdout, re.MULTILINE) for name in FILES), "every module has a bug in the sample"
