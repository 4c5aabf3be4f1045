"""Under the launcher, every permitted connection has an end in the record, also if the session ends first."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from containment.confinement.filesystem.landlock import read_version
from containment.confinement.requirements import find_confinement_refusal
from containment.sandbox.profile import format_profile
from tests.containment.local_proxy.machine import PRIVATE
from tests.containment.local_proxy.samples import make_entry, make_profile
from tests.containment.local_proxy.world import REPOSITORY, find_refusal, start_world

REFUSED = find_refusal() or find_confinement_refusal() or ("" if read_version() else "this kernel has no Landlock")
pytestmark = [pytest.mark.namespaces, pytest.mark.slow, pytest.mark.skipif(bool(REFUSED), reason=REFUSED)]
BASH = "/usr/bin/bash"
SESSIONS = 4
COMMAND = (
    f"exec 3<>/dev/tcp/127.0.0.1/3128; printf 'CONNECT {PRIVATE}:7000 HTTP/1.1\\r\\nHost: {PRIVATE}:7000\\r\\n\\r\\n' >&3; "
    'read -r line <&3; printf 12345 >&3; echo "$line"; sleep 0.2; kill -9 $$'
)


def test_a_session_that_ends_with_an_open_connection_records_its_end(tmp_path: Path) -> None:
    entry = make_entry(BASH, scheme="tcp", host=None, networks=["10.20.0.0/24"], ports=[{"first": 7000, "last": 7000}])
    files = {"readOnly": ["/usr"], "readWrite": ["/home/agent", "/tmp"]}
    profile = make_profile(entry, programs=(BASH, "/usr/bin/sleep"), files=files)
    (tmp_path / "profile.json").write_text(format_profile(profile))
    log = tmp_path / "log" / "events.jsonl"
    with start_world(tmp_path, profile, {}) as world:
        for _ in range(SESSIONS):
            launcher = (sys.executable, "-m", "containment.launcher", "run", "--quiet", "--event-log", str(log))
            done = subprocess.run(
                [
                    "nsenter",
                    f"--net=/proc/{world.host}/ns/net",
                    *launcher,
                    "--profile",
                    str(tmp_path / "profile.json"),
                    "--",
                    BASH,
                    "-c",
                    COMMAND,
                ],
                capture_output=True,
                text=True,
                cwd=REPOSITORY,
                env=os.environ | {"PYTHONPATH": str(REPOSITORY)},
                timeout=60,
                check=False,
            )
            assert "200 Connection established" in done.stdout, done.stderr
    events = [one for one in map(json.loads, log.read_text().splitlines()) if one["class_uid"] == 4001]
    assert Counter(one["activity_name"] for one in events) == {"Open": SESSIONS, "Close": SESSIONS}
    assert {one["traffic"]["bytes_out"] for one in events if one["activity_name"] == "Close"} == {5}
