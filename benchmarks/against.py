"""Compare the policy pack of this tree with that of another revision: many stacks offline, and one stack inside an engine.

The other revision is checked out as a git worktree in the clone's `.lab`, and runs with this virtualenv. Both evaluate the same
stacks, the ones that this tree's program registers. Runs alternate (this, that, that, this), and a ratio is the median of pairs, so
that other load on the machine affects both. Times are processor time of the process and its children; wall-clock ratios are shown too.
"""

from __future__ import annotations

import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import psutil

from benchmarks.offline import REPOSITORY, write_stacks
from tests.policypack.mutants.program import Stack
from tests.policypack.pack import Pack, Registration

BOUND: Final = 1.1
"""Maximum ratio of this tree's time to the other revision's."""

PAIRS: Final = 5
"""Pairs of runs behind each ratio."""

WARM_UP: Final = 3
_LINKS: Final = (".venv",)
"""Paths that `PulumiPolicy.yaml` names and a worktree lacks."""


@dataclass(frozen=True)
class TimeSpent:
    """Seconds of processor time and of wall clock."""

    processor: float
    wall: float


@contextmanager
def check_out_revision(revision: str) -> Iterator[Path]:
    """Yield a git worktree of a revision; raises SystemExit with git's reason when there is none."""
    known = _run_git("rev-parse", "--verify", "--end-of-options", f"{revision}^{{commit}}")
    if known.returncode:
        raise SystemExit(f"error: {revision} is no commit of this clone: {known.stderr.strip()} (a shallow clone: git fetch --unshallow)")
    (REPOSITORY / ".lab").mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="against-", dir=REPOSITORY / ".lab") as folder:
        tree = Path(folder) / "tree"
        made = _run_git("worktree", "add", "--detach", str(tree), known.stdout.strip())
        if made.returncode:
            raise SystemExit(f"error: {revision} cannot be checked out: {made.stderr.strip()}")
        try:
            for name in _LINKS:
                if (REPOSITORY / name).exists() and not (tree / name).exists():
                    (tree / name).symlink_to((REPOSITORY / name).resolve())
            _assert_runs(tree)
            yield tree
        finally:
            _run_git("worktree", "remove", "--force", str(tree))


def compare(
    revision: str, made: dict[str, list[Registration]], stacks: Sequence[Stack], count: int, runs: int
) -> Iterator[tuple[str, bool]]:
    """Compare this tree with a revision; yield a line per measurement and whether its ratio is within the bound.

    Args:
        revision: The git revision to compare with.
        made: The registrations of one stack by form (`preview`, `known`).
        stacks: The stacks to copy for the offline run.
        count: The number of copies.
        runs: Runs per measurement in an engine.
    """
    with check_out_revision(revision) as other, tempfile.TemporaryDirectory() as folder:
        trees = (REPOSITORY, other)
        for form in ("preview", "known"):
            yield _format_line(
                f"one stack in an engine, {form}, {len(made[form])} resources", revision, _measure_in_engine(trees, made[form], runs)
            )
        write_stacks(stacks, count, Path(folder))
        files = sorted(map(str, (Path(folder) / "exports").iterdir()))
        yield _format_line(
            f"containment check, all rules, {count} stacks", revision, _run_alternately(trees, lambda tree: _check(tree, files))
        )


def _format_line(what: str, revision: str, pairs: Sequence[tuple[TimeSpent, TimeSpent]]) -> tuple[str, bool]:
    ratio = statistics.median(this.processor / that.processor for this, that in pairs)
    walls = statistics.median(this.wall / that.wall for this, that in pairs)
    this, that = (statistics.median(side.processor for side in sides) for sides in zip(*pairs, strict=True))
    unit, scale = ("s", 1.0) if that >= 1 else ("ms", 1e3)
    verdict = "PASS" if ratio <= BOUND else f"FAIL: more than {BOUND} times"
    times = f"{scale * this:.1f} {unit}, {revision} {scale * that:.1f} {unit} of processor time"
    return f"{what}: {times}, {ratio:.2f} times ({walls:.2f} by wall clock), median of {len(pairs)} pairs: {verdict}", ratio <= BOUND


def _run_alternately(trees: tuple[Path, Path], run: Callable[[Path], TimeSpent]) -> list[tuple[TimeSpent, TimeSpent]]:
    """Return pairs of (this tree, the other), the one that runs first in turn."""
    pairs = []
    for number in range(PAIRS):
        first, second = trees if number % 2 == 0 else reversed(trees)
        spent = {first: run(first), second: run(second)}
        pairs.append((spent[trees[0]], spent[trees[1]]))
    return pairs


def _measure_in_engine(trees: tuple[Path, Path], stack: list[Registration], runs: int) -> list[tuple[TimeSpent, TimeSpent]]:
    """Return the time that the packs of both trees take for one stack, called over gRPC as an engine does, in seconds per run."""
    with ExitStack() as open_packs:
        packs = {tree: open_packs.enter_context(Pack(tree / "policypack", build_environment(tree))) for tree in trees}
        for tree, pack in packs.items():
            found = [pack.judge(stack) for _ in range(WARM_UP)][-1]
            assert tree != REPOSITORY or not found, [one.message for one in found]

        def judge(tree: Path) -> TimeSpent:
            process, before, started = psutil.Process(packs[tree].pid), 0.0, time.perf_counter()
            before = sum(process.cpu_times()[:2])
            for _ in range(runs):
                packs[tree].judge(stack)
            return TimeSpent((sum(process.cpu_times()[:2]) - before) / runs, (time.perf_counter() - started) / runs)

        return _run_alternately(trees, judge)


def _check(tree: Path, files: Sequence[str]) -> TimeSpent:
    """Return the time of a tree's `containment check` on these files; it must find the holes made in them."""
    command = [sys.executable, "-m", "containment", "check", *files, "--format", "json"]
    before, started = _get_children_time(), time.perf_counter()
    done = subprocess.run(command, cwd=tree, env=build_environment(tree), capture_output=True, text=True, check=False)
    spent = TimeSpent(_get_children_time() - before, time.perf_counter() - started)
    assert done.stdout, done.stderr[-2000:]
    assert any(case["status"] == "failed" for case in json.loads(done.stdout)["cases"]), "no hole was found"
    return spent


def build_environment(tree: Path) -> dict[str, str]:
    """Return the environment in which this virtualenv runs the code of a tree."""
    return {**os.environ, "PYTHONPATH": str(tree), "PYTHONHASHSEED": "0"}


def _assert_runs(tree: Path) -> None:
    """Stop unless this virtualenv takes both packages from the tree."""
    code = "import containment, policypack; print(containment.__file__); print(policypack.__file__)"
    done = subprocess.run([sys.executable, "-c", code], cwd=tree, env=build_environment(tree), capture_output=True, text=True, check=True)
    foreign = [line for line in done.stdout.splitlines() if not Path(line).is_relative_to(tree)]
    assert not foreign, f"the code that would be measured is not the revision's: {foreign}"


def _get_children_time() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _run_git(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["git", "-C", str(REPOSITORY), *arguments], capture_output=True, text=True, check=False)
