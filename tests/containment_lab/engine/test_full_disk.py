"""A disk that is full in the middle of a run: one error, the checkpoint whole, and the next run finishes."""

from __future__ import annotations

import errno
import json
import os
import re
from pathlib import Path

import pytest
from kit import Bench

from containment_lab import storage
from containment_lab.errors import Exit


@pytest.mark.parametrize("room", [1, 4])
def test_the_old_checkpoint_stays_whole_and_the_next_run_goes_on_from_it(bench: Bench, monkeypatch: pytest.MonkeyPatch, room: int) -> None:
    real, written = os.fsync, list[str]()

    def fsync(handle: int) -> None:
        name = Path(f"/proc/self/fd/{handle}").readlink().name
        if bench.state_file.name in name:
            written.append(name)
            if len(written) > room:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        real(handle)

    with monkeypatch.context() as patched:
        patched.setattr(storage.os, "fsync", fsync)
        ended = bench.step("up+skip-preview", "six")
    assert len(written) > room
    assert ended.exit == Exit.ERROR
    errors = [each["message"] for each in ended.json["diagnostics"] if each["severity"] == "error"]
    assert len(errors) == 1, errors
    assert re.search(r"No space left on device\n +why: .*\n +fix: make room there", errors[0])
    assert [path.name for path in bench.state_file.parent.iterdir() if path.name.endswith(".new")] == []
    whole = json.loads(bench.state_file.read_text())["deployment"]
    assert whole["resources"] or whole["pending_operations"], "what was under way is written down"

    finished = bench.step("up+skip-preview", "six")
    assert finished.exit == Exit.OK, finished.json["diagnostics"]
    assert set(bench.step("up+skip-preview", "six").json["changes"]) == {"same"}
