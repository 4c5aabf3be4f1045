"""Record the conformance cases anew with the official CLI: `python -m tests.real_engine.record [--newer] [CASE ...]`.

Done by hand for a new release of the CLI; `git diff tests/conformance` then is what changed in Pulumi. With --newer the recordings that the
lab engine is compared with stay, and what this release does is kept in `newer/` for the official engine alone.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.real_engine.cases import run_case
from tests.real_engine.cli import Unavailable, find_or_build
from tests.real_engine.driver import make_tools
from tests.support.recordings import CASES, recording_file
from tests.support.warm import interpreter

NEWER = "--newer"


def newer_file(case: str) -> Path:
    """Return where the recording is of a case that a newer release does differently than the lab engine."""
    return Path(__file__).parent / "newer" / f"{case}.json"


def main(arguments: list[str]) -> str | None:
    """Record cases, all by default; return an error's text."""
    cases = [each for each in arguments if each != NEWER]
    if unknown := [case for case in cases if case not in CASES]:
        return f"error: no such case: {', '.join(unknown)}; tests/conformance/cases.json and extra/cases.json have them"
    try:
        cli = find_or_build(print)
    except Unavailable as reason:
        return f"error: {reason}"
    version = subprocess.run([cli, "version"], capture_output=True, text=True, check=True).stdout.strip()
    with tempfile.TemporaryDirectory() as scratch:
        tools = Path(scratch, "tools")
        make_tools(tools, interpreter())
        for case in cases or CASES:
            root = Path(scratch, case)
            root.mkdir()
            steps = list(run_case(case, root, cli, tools))
            target = newer_file(case) if NEWER in arguments else recording_file(case)
            target.parent.mkdir(exist_ok=True)
            target.write_text(json.dumps({"engine": version, "steps": steps}, indent=1, sort_keys=True) + "\n")
            print(case, [(step["command"], step["exit"]) for step in steps], flush=True)
    return None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
