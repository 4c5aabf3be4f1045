"""Runs commands as a user who is not root, in tests that root runs: what a plain user of this machine may do, and no more.

The interpreter or the checkout may lie below a folder that only root may enter; then a mount namespace shows that folder to the user with
these in it and nothing else. A test run by a plain user runs commands as that user.
"""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

NOBODY = 65534
REPOSITORY = Path(__file__).parents[2]
_SHOW = """
set -e
count=$1; shift
mount -t tmpfs none /mnt
index=0
for place in $(seq "$count"); do
  mkdir "/mnt/$index"; mount --bind "$1" "/mnt/$index"; kept="$kept $1"; shift; index=$((index + 1))
done
closed=$1; shift
[ -z "$closed" ] || mount -t tmpfs -o mode=755 none "$closed"
index=0
for place in $kept; do
  mkdir -p "$place"; mount --bind "/mnt/$index" "$place"; index=$((index + 1))
done
exec "$@"
"""


def words() -> list[str]:
    """Return the words that come before a command so that a plain user runs it."""
    if os.geteuid() != 0:
        return []
    return [*in_view(), "setpriv", "--reuid", str(NOBODY), "--regid", str(NOBODY), "--clear-groups"]


def in_view() -> list[str]:
    """Return the words that come before a command of root's so that a user to whom it changes sees interpreter and checkout."""
    kept = [place for place in (Path(sys.base_prefix), REPOSITORY) if _closed(place)]
    closed = {str(_closed(place)) for place in kept}
    assert len(closed) <= 1, f"more than one folder is closed to others: {closed}"
    return ["unshare", "-m", "--propagation", "private", "sh", "-c", _SHOW, "plain", str(len(kept)), *map(str, kept), *(closed or {""})]


def impossible() -> str:
    """Return why no world can be made as a plain user here; empty when it can."""
    script = "import containment, os; assert os.geteuid() != 0"
    for command in ([sys.executable, "-c", script], ["unshare", "-Urnm", "true"]):
        done = subprocess.run([*words(), *command], capture_output=True, text=True, check=False, cwd="/", timeout=60)
        if done.returncode:
            return f"a plain user cannot do it here: {done.stderr.strip()[-300:]}"
    return ""


def _closed(place: Path) -> Path | None:
    """Return the topmost folder on the way to a place that others may not enter."""
    return next((each for each in [*reversed(place.parents), place] if not each.stat().st_mode & stat.S_IXOTH), None)
