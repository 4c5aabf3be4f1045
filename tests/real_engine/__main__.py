"""`make real-engine`: find or build the official CLI, then run the tests that need it; pytest's summary is the last line.

Skipped with the reason where there is no CLI; with REAL_ENGINE=required in the environment, missing Go is a failure.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from tests.real_engine.cli import Unavailable, find_or_build
from tests.real_engine.conftest import REASON

WORKERS = "2"
TEST_SECONDS = "1800"
"""A whole life is a dozen commands, which a busy machine needs far longer for than an idle one; each command has its own limit."""


def main(arguments: list[str]) -> str:
    """Run the tests in place of this process; return an error's text where there is no CLI and that is a failure."""
    try:
        find_or_build(lambda line: print(line, flush=True))
    except Unavailable as reason:
        if reason.is_failure(os.environ.get("REAL_ENGINE") == "required"):
            return f"error: {reason}"
        os.environ[REASON] = str(reason)
        print(f"SKIPPED: {reason}", flush=True)
    folder = Path(__file__).parent
    selection = ["-m", "", "-n", WORKERS, "--dist", "load", "--timeout", TEST_SECONDS, "-v", str(folder)]
    return os.execv(sys.executable, [sys.executable, "-m", "pytest", *selection, *arguments])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
