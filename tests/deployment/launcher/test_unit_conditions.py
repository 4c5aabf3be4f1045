"""The launcher starts under the conditions that its systemd unit makes: no network, a covered /proc, read-only folders, a user namespace.

tests/deployment/units runs the unit itself, where systemd can be the first process of a place.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from containment.confinement.filesystem.landlock import read_version
from containment.confinement.requirements import find_confinement_refusal
from tests.containment.launcher.profiles import write_profile
from tests.deployment import plain_user
from tests.deployment.lab import REPOSITORY

_LACKING = (
    find_confinement_refusal()
    or ("" if read_version() else "this kernel has no Landlock")
    or ("" if os.geteuid() == 0 else "the mounts of a unit need root")
    or plain_user.impossible()
)
pytestmark = [pytest.mark.namespaces, pytest.mark.skipif(bool(_LACKING), reason=_LACKING)]
CONDITIONS = """
set -e
mount -t tmpfs none /run; mkdir /run/whole-proc
[ "$1" = covered ] || mount --rbind /proc /run/whole-proc
mount --bind /usr /usr; mount -o remount,bind,ro,nosuid /usr
mount --bind /tmp /tmp; mount --bind /var/tmp /var/tmp
mount --bind /proc/sys /proc/sys; mount -o remount,bind,ro /proc/sys
mount --bind /dev/null /proc/kmsg
mount -o remount,bind,ro /
shift; exec "$@"
"""


@pytest.mark.parametrize(("proc", "starts"), [("whole", True), ("covered", False)])
def test_it_starts_where_a_whole_proc_is_visible(proc: str, *, starts: bool) -> None:
    folder = Path(tempfile.mkdtemp(prefix="unit-", dir="/var/tmp"))  # a folder that stays writable
    try:
        shutil.chown(folder, plain_user.NOBODY, plain_user.NOBODY)
        profile = write_profile(folder)
        profile.chmod(0o644)
        conditions = ["unshare", "-m", "-n", "--propagation", "private", "sh", "-c", CONDITIONS, "unit", proc]
        user = [*plain_user.words(), "unshare", "-U", "--map-current-user", "-m"]
        launcher = [sys.executable, "-m", "containment.launcher", "run", "--quiet", "--profile", str(profile)]
        command = ["--event-log", str(folder / "events.jsonl"), "--", "bash", "-c", "echo /proc/[0-9]*; echo x > /tmp/x; cat /tmp/x"]
        done = subprocess.run([*conditions, *user, *launcher, *command], capture_output=True, text=True, check=False, cwd=REPOSITORY)
    finally:
        shutil.rmtree(folder)
    if starts:
        assert done.stdout.split() == ["/proc/1", "/proc/2", "/proc/3", "x"], done.stderr
    else:
        assert done.returncode == 1
        assert "bwrap could not create the namespaces and mounts" in done.stderr
