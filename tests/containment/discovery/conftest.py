"""One machine with planted agents, discovered once for all tests that ask about it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support.child import REPOSITORY


@pytest.fixture(scope="session")
def machine(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Return what discovery found on the planted machine; skip where no namespaces can be made."""
    folder: Path = tmp_path_factory.mktemp("machine")
    if os.geteuid() != 0:
        pytest.skip("namespaces with addresses and mounts need root")
    outside = subprocess.Popen(["/bin/sleep", "608"])
    try:
        words = ["unshare", "--pid", "--fork", "--kill-child", "--mount", "--mount-proc", "--net"]
        done = subprocess.run(
            [*words, sys.executable, "-m", "tests.containment.discovery.machine", str(folder)],
            cwd=REPOSITORY, capture_output=True, text=True, timeout=300, check=False,
        )  # fmt: skip
    finally:
        outside.kill()
        outside.wait()
    if not (folder / "result.json").exists() and "unshare failed" in done.stderr:
        pytest.skip(f"no namespaces here: {done.stderr.strip()}")
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads((folder / "result.json").read_text())
    return found | {"folder": str(folder)}
