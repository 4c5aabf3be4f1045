"""Run one task in a virtual machine: boot, wait for the task, take its output, and leave nothing.

Rules kept here:
- the image, the disks and the output are memory of this process (memfd): there is no file that could remain;
- qemu is not root, may not fork or load a program (its sandbox), and is killed with this process by the kernel;
- the machine ends at its limit in any case: by itself, else by this process.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
import secrets
import selectors
import signal
import subprocess
import sys
import tarfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Final

from containment.confinement.identity import Identity, reserve_identity
from containment.programs import find_program
from containment_lab.linux import netns
from containment_lab.linux.tools import find_tool
from containment_lab.vm.archive import build_archive
from containment_lab.vm.errors import VmError
from containment_lab.vm.guest import FAILED, RESULT, STARTED, Task, build_members
from containment_lab.vm.image import Image, load_image
from containment_lab.vm.network import Tap, open_tap

QEMU: Final = "qemu-system-x86_64"
PACKAGE: Final = "qemu-system-x86"
_MEMORY_MB: Final = 192
_DISK_MB, _SWAP_MB = 64, 64
_BOOT_SECONDS: Final = 120.0
_SAVE_SECONDS: Final = 20.0
"""Time after the limit and the grace in which the machine saves its output and switches itself off."""
_LONGEST_OUTPUT: Final = 1 << 20
"""Bytes of the machine's own messages that are kept for an error."""
EXPIRED: Final = 124
"""The exit code of a task that was ended at its limit, as of timeout(1)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VmResult:
    """The end of a machine.

    Attributes:
        code: the task's exit code; 124 if it was ended at its limit.
        expired: whether the limit ended the task, or the machine.
        saved: whether the task's output was saved.
        image: the digest of the image and of the blank disks at the start.
        boot_seconds: seconds from the start to the task's start.
        output: the paths of the saved output.
    """

    code: int
    expired: bool
    saved: bool
    image: str
    boot_seconds: float
    output: tuple[str, ...] = ()


def find_problem() -> str | None:
    """Return why no virtual machine can run here, in one line; None when one can. Nothing is built."""
    if os.geteuid() != 0:
        return "a virtual machine needs root here, since its tap is in the agent's network namespace: run the command as root"
    if find_program(QEMU) is None:
        return f"{QEMU} is not installed: install the package {PACKAGE}"
    if not Path("/dev/net/tun").exists():
        return "/dev/net/tun is missing: run it on a kernel, or in a container, with tap devices"
    return None


def require_machine() -> None:
    """Raise VmError where no virtual machine can run."""
    if problem := find_problem():
        what, _, fix = problem.partition(": ")
        raise VmError(what, fix=fix)


def run_task(
    task: Task,
    *,
    namespace: str | None,
    output: Path | None = None,
    show: Callable[[bytes], None] | None = None,
    inspect: Callable[[int, int], None] | None = None,
    image: Image | None = None,
) -> VmResult:
    """Run a task in a new machine and return its end.

    Args:
        task: the task; its network is set here.
        namespace: the network namespace of the agent; None for a machine without a network.
        output: an empty or missing folder that gets the content of the task's /output.
        show: receives the task's standard output and error.
        inspect: receives the descriptors of the disk and the swap after the end, before they are gone; for tests.
        image: the image; by default the cache's.

    Raises:
        VmError: the machine cannot be started, or failed before the task's end.
    """
    require_machine()
    _require_empty(output)
    found = image or load_image()
    with ExitStack() as stack:
        tap = stack.enter_context(open_tap(namespace)) if namespace else None
        if tap:
            task = replace(task, address=tap.guest, gateway=tap.host)
        identity = stack.enter_context(reserve_identity())
        initramfs = found.initramfs + build_archive(build_members(task, secrets.token_bytes(64)))
        files = {
            "kernel": stack.enter_context(_open_memory("kernel", found.kernel, identity)),
            "initramfs": stack.enter_context(_open_memory("initramfs", initramfs, identity)),
            "disk": stack.enter_context(_open_blank("disk", _DISK_MB, identity)),
            "swap": stack.enter_context(_open_blank("swap", _SWAP_MB, identity)),
            "output": stack.enter_context(_open_blank("output", task.output_mb + 1, identity)),
        }
        digest = _digest_start(found, files["disk"], files["swap"])
        result = _Run(task, show or _write_out).run(files, tap, identity, namespace)
        if inspect is not None:
            inspect(files["disk"], files["swap"])
        names = _save_output(files["output"], output) if output is not None and result.saved else ()
        return replace(result, image=digest, output=names)


class _Run:
    """One run of qemu, followed by its two serial lines: the machine's messages, and the task's output."""

    def __init__(self, task: Task, show: Callable[[bytes], None]) -> None:
        self._task, self._show = task, show
        self._messages = b""
        self._started: float | None = None

    def run(self, files: dict[str, int], tap: Tap | None, identity: Identity, namespace: str | None) -> VmResult:
        begun = time.monotonic()
        with _open_pipe(identity) as (console, console_end), _open_pipe(identity) as (shown, shown_end):
            command = _build_command(files, tap, console_end, shown_end, identity, namespace)
            passed = (*files.values(), console_end, shown_end, *((tap.descriptor,) if tap else ()))
            process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, pass_fds=passed, start_new_session=True
            )
            os.close(console_end)
            os.close(shown_end)
            try:
                was_killed = self._follow(process, console, shown, begun)
            finally:
                if process.poll() is None:
                    process.kill()
                process.wait()
                assert process.stdout, "it is a pipe"
                said = process.stdout.read().decode(errors="replace").strip()
                process.stdout.close()
        return self._conclude(said, begun, was_killed=was_killed)

    def _follow(self, process: subprocess.Popen[bytes], console: int, shown: int, begun: float) -> bool:
        """Read both lines until the machine ends or must end; return whether it had to be killed."""
        with selectors.DefaultSelector() as selector:
            selector.register(console, selectors.EVENT_READ, self._note)
            selector.register(shown, selectors.EVENT_READ, self._show)
            while selector.get_map():
                left = self._find_deadline(begun) - time.monotonic()
                if left <= 0:
                    process.send_signal(signal.SIGKILL)
                    return True
                for key, _ in selector.select(min(left, 1.0)):
                    data = os.read(key.fd, 65536)
                    if data:
                        key.data(data)
                    else:
                        selector.unregister(key.fd)
        try:
            process.wait(_SAVE_SECONDS)
        except subprocess.TimeoutExpired:
            return True
        return False

    def _note(self, data: bytes) -> None:
        self._messages = (self._messages + data)[-_LONGEST_OUTPUT:]
        if self._started is None and STARTED.encode() in self._messages:
            self._started = time.monotonic()

    def _find_deadline(self, begun: float) -> float:
        if self._started is None:
            return begun + _BOOT_SECONDS
        return self._started + self._task.limit + self._task.grace + _SAVE_SECONDS

    def _conclude(self, said: str, begun: float, *, was_killed: bool) -> VmResult:
        text = self._messages.decode(errors="replace")
        if self._started is None:
            failed = next((line for line in text.splitlines() if FAILED in line), "")
            last = failed or said or " / ".join(text.strip().splitlines()[:3]) or "it wrote nothing"
            why = f"it did not start the task within {_BOOT_SECONDS:g} s" if was_killed else "it ended before the task began"
            raise VmError(f"the virtual machine failed: {why}: {last[-300:]}", fix="repeat the command when the machine is less busy")
        line = next((one for one in text.splitlines() if one.startswith(RESULT)), "")
        fields = dict(each.partition("=")[::2] for each in line.removeprefix(RESULT).split())
        expired = fields.get("expired") == "1" or was_killed
        code = EXPIRED if expired else int(fields.get("code", 1))
        return VmResult(code=code, expired=expired, saved=fields.get("saved") == "1", image="", boot_seconds=self._started - begun)


def _build_command(
    files: dict[str, int], tap: Tap | None, console: int, shown: int, identity: Identity, namespace: str | None
) -> list[str]:
    def path(name: str) -> str:
        return f"/proc/self/fd/{files[name]}"

    enter = netns.build_entering_command(namespace) if namespace else [find_tool("unshare"), "--net", "--"]
    drop = [
        find_tool("setpriv"),
        f"--reuid={identity.user}",
        f"--regid={identity.group}",
        "--clear-groups",
        "--no-new-privs",
        "--bounding-set=-all",
        "--inh-caps=-all",
        "--pdeathsig=KILL",
        "--",
    ]
    disks = [
        each
        for name in ("disk", "swap", "output")
        for each in ("-drive", f"file={path(name)},format=raw,if=virtio,cache=unsafe,file.locking=off")
    ]
    net = ["-netdev", f"tap,id=net0,fd={tap.descriptor}", "-device", "virtio-net-pci,netdev=net0"] if tap else ["-net", "none"]
    return [
        *enter,
        *drop,
        str(find_program(QEMU)),
        *("-machine", "pc,accel=tcg,usb=off", "-cpu", "max", "-smp", "1", "-m", str(_MEMORY_MB)),
        *("-nodefaults", "-no-user-config", "-display", "none", "-no-reboot", "-monitor", "none"),
        *("-sandbox", "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny"),
        *("-rtc", "base=utc,clock=host", "-device", "virtio-rng-pci"),
        *("-kernel", path("kernel"), "-initrd", path("initramfs")),
        *("-append", "console=ttyS0 quiet loglevel=3 panic=-1 random.trust_cpu=on"),
        *("-chardev", f"file,id=console,path=/proc/self/fd/{console}", "-serial", "chardev:console"),
        *("-chardev", f"file,id=shown,path=/proc/self/fd/{shown}", "-serial", "chardev:shown"),
        *disks,
        *net,
    ]


@contextlib.contextmanager
def _open_memory(name: str, content: bytes, identity: Identity) -> Iterator[int]:
    """Yield a file in memory that the machine's user can open."""
    descriptor = os.memfd_create(f"containment-vm-{name}", os.MFD_CLOEXEC)
    try:
        with os.fdopen(os.dup(descriptor), "wb") as file:
            file.write(content)
        os.fchown(descriptor, identity.user, identity.group)
        os.lseek(descriptor, 0, os.SEEK_SET)
        yield descriptor
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def _open_blank(name: str, megabytes: int, identity: Identity) -> Iterator[int]:
    with _open_memory(name, b"", identity) as descriptor:
        os.ftruncate(descriptor, megabytes << 20)
        yield descriptor


@contextlib.contextmanager
def _open_pipe(identity: Identity) -> Iterator[tuple[int, int]]:
    """Yield both ends of a pipe; the block closes the writing end."""
    reading, writing = os.pipe2(os.O_CLOEXEC)
    try:
        os.fchown(writing, identity.user, identity.group)
        yield reading, writing
    finally:
        os.close(reading)


def _digest_start(image: Image, *disks: int) -> str:
    """Return the digest of the image and of the disks as they are before the start."""
    found = hashlib.sha256(image.digest.encode())
    for descriptor in disks:
        with os.fdopen(os.dup(descriptor), "rb") as file:
            file.seek(0)
            found.update(hashlib.file_digest(file, "sha256").digest())
    return f"sha256:{found.hexdigest()}"


def _require_empty(output: Path | None) -> None:
    if output is not None and output.exists() and (not output.is_dir() or any(output.iterdir())):
        why = "the task's output would be mixed with other files"
        raise VmError(f"{output} is not an empty folder", why=why, fix="name another folder with --folder, or empty it")


def _save_output(descriptor: int, folder: Path) -> tuple[str, ...]:
    """Unpack the task's output: regular files and folders in the folder only, without special rights."""
    with os.fdopen(os.dup(descriptor), "rb") as file:
        file.seek(0)
        data = io.BytesIO(file.read())
    folder.mkdir(parents=True, exist_ok=True)
    names = []
    try:
        with tarfile.open(fileobj=data, mode="r:") as archive:
            for member in archive:
                if member.isfile() or member.isdir():
                    archive.extract(member, folder, filter="data")
                    if member.isfile():
                        names.append(member.name.removeprefix("./"))
    except (tarfile.TarError, OSError) as error:
        why = "what the task leaves is untrusted, and only plain files are kept"
        fix = "make room there, or name another folder with --folder"
        raise VmError(f"the task's output cannot be saved in {folder}: {error}", why=why, fix=fix) from None
    return tuple(sorted(names))


def _write_out(data: bytes) -> None:
    out: IO[bytes] = sys.stdout.buffer
    out.write(data)
    out.flush()
