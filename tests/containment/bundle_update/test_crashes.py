"""A kill, a full disk or an error at any step leaves a whole bundle active, and the next run goes on."""

from __future__ import annotations

import errno
import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from containment.bundle.files import read_folder
from containment.bundle.refusal import BundleCode
from containment.bundle_update.update import Result
from tests.containment.bundle.desk import STACK
from tests.containment.bundle_update.host import Host

STEPS = ("fsync", "rename", "replace", "symlink", "mkdir", "unlink", "chmod", "fchmod", "open", "rmdir")
"""Calls of the operating system by which the updater changes or opens files."""


class Fault:
    """Counts the calls, and does something at one of them."""

    def __init__(self, at: int, act: str) -> None:
        self.at, self.act, self.count = at, act, 0

    def __call__(self, name: str, target: Any, arguments: Any, options: Any) -> Any:
        number, self.count = self.count, self.count + 1
        if number == self.at and self.act == "kill":
            try:
                target(*arguments, **options)
            finally:
                os.kill(os.getpid(), signal.SIGKILL)
        if self.act == "disk full" and number >= self.at and name in ("fsync", "symlink", "mkdir", "rename", "replace"):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        if self.act == "read-only" and number == self.at:
            raise OSError(errno.EROFS, os.strerror(errno.EROFS))
        return target(*arguments, **options)


@contextmanager
def plant(fault: Fault) -> Iterator[None]:
    """Let every call of STEPS pass the fault."""
    with pytest.MonkeyPatch.context() as patch:
        for name in STEPS:
            target = getattr(os, name)
            patch.setattr(os, name, lambda *a, _name=name, _target=target, **o: fault(_name, _target, a, o))
        yield


def count_steps(template: Host, folder: Path) -> int:
    """Return the number of calls of one run that replaces a bundle."""
    host = copy_host(template, folder)
    fault = Fault(-1, "")
    with plant(fault):
        assert host.run().result is Result.ACTIVATED
    return fault.count


def make_host(folder: Path) -> Host:
    """Return a host with revision 7 active, 6 before it, and 8 at the source."""
    host = Host(folder)
    for revision in (5, 6, 7):
        host.publish(revision)
        host.run()
    host.publish(8)
    return host


def copy_host(template: Host, folder: Path) -> Host:
    """Return a host with the same files and signer in another folder."""
    shutil.copytree(template.folder, folder, symlinks=True)
    return Host(folder, template.desk)


@pytest.mark.long
def test_a_kill_after_any_step_leaves_a_whole_bundle_active(tmp_path: Path) -> None:
    template = make_host(tmp_path / "template")
    steps, seen = count_steps(template, tmp_path / "count"), set[int]()
    old = template.desk.make(revision=7)
    assert steps > 20
    for at in range(steps):
        host = copy_host(template, tmp_path / str(at))
        child = os.fork()
        if child == 0:
            with plant(Fault(at, "kill")):
                host.run()
            os._exit(7)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL, f"step {at} was not reached"
        seen.add(revision := host.read_revision())
        assert revision in (7, 8)
        new = read_folder(host.source)
        host.publish_files(old)
        host.run()
        assert host.read_revision() == revision, "an older bundle is not accepted after the crash"
        host.publish_files(new)
        again = host.run()
        assert again.refusal is None
        assert host.read_revision() == 8
        assert not list(host.places.versions.glob(".staging*"))
    assert seen == {7, 8}, "kills before and after the replacement were tried"


@pytest.mark.parametrize("act", ["disk full", "read-only"])
def test_an_error_of_the_disk_at_any_step_leaves_a_whole_bundle_active(tmp_path: Path, act: str) -> None:
    template = make_host(tmp_path / "template")
    steps, refused = count_steps(template, tmp_path / "count"), 0
    for at in range(steps):
        host = copy_host(template, tmp_path / str(at))
        with plant(Fault(at, act)):
            found = host.run()
        revision = host.read_revision()
        assert revision == (8 if found.result is Result.ACTIVATED else revision)
        assert revision in (7, 8)
        refused += found.result is Result.REFUSED
        again = host.run()
        assert again.refusal is None
        assert host.read_revision() == 8
    assert refused > 5


@contextmanager
def mount_small_disk(folder: Path, size: str) -> Iterator[None]:
    """Mount a small file system on a folder; skip the test where that is not possible."""
    folder.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size},mode=755", "tmpfs", str(folder)], capture_output=True, check=False)
    if done.returncode:
        pytest.skip(f"no file system can be mounted, so a full disk is NOT TESTED: {done.stderr.decode().strip()}")
    try:
        yield
    finally:
        subprocess.run(["umount", str(folder)], check=True)


@pytest.mark.parametrize("full", ["bundles", "counters"])
def test_a_disk_that_is_really_full_leaves_the_last_good_bundle_active(tmp_path: Path, full: str) -> None:
    host = Host(tmp_path)
    place = getattr(host.places, full)
    with mount_small_disk(place, "64k"):
        host.publish(7)
        assert host.run().result is Result.ACTIVATED
        counter = host.places.get_counter(STACK).read_bytes()
        with suppress(OSError), (place / "filler").open("wb", buffering=0) as filler:
            while filler.write(b"x" * 512):
                pass
        host.publish(8)
        found = host.run()
        assert found.refusal is not None
        assert found.refusal.code is BundleCode.NOT_INSTALLED
        assert (host.read_revision(), host.places.get_counter(STACK).read_bytes()) == (7, counter)
        (place / "filler").unlink()
        assert host.run().result is Result.ACTIVATED
        assert host.read_revision() == 8
