"""Bugs put into the analyser are caught by the comparisons: a few here, one in each of its modules from `BUGS=15` on.

`BUGS` is how many, `BUGS_SEED` which; `python -m tests.proofs.bugs` (`make soak`) tries every one there is.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.proofs.mutate import FILES

ROOT = Path(__file__).parents[3]
BUGS = os.environ.get("BUGS", "6")
SEED = os.environ.get("BUGS_SEED", "1")


@pytest.mark.long
@pytest.mark.slow
def test_every_bug_of_a_sample_is_caught() -> None:
    told = subprocess.run(
        [sys.executable, "-m", "tests.proofs.bugs", "--count", BUGS, "--seed", SEED],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=800,
        check=False,
    )
    assert told.returncode == 0, f"BUGS={BUGS} BUGS_SEED={SEED}\n{told.stdout}{told.stderr}"
    assert re.search(rf"^{BUGS} of {BUGS} bugs caught, 0 survived", told.stdout, re.MULTILINE)
    named = [name for name in FILES if re.search(rf"^{name} +[0-9]", told.stdout, re.MULTILINE)]
    assert len(named) == min(int(BUGS), len(FILES)), "the bugs of the sample are in different modules"
