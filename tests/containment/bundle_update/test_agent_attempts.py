"""An unprivileged user can neither change nor stop the updater: each attempt succeeds for root, as the control, and fails for the user.

Every attempt is a small program that is started twice on a host of its own, with one signed bundle active and a higher one at the source:
as root, where it must have its effect, and as the user, where it must have none. The effect is looked for by root afterwards, so that an
attempt cannot claim it.
"""

from __future__ import annotations

import ctypes
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from containment.bundle.index import LAUNCHER_FILE
from tests.containment.bundle.desk import STACK
from tests.containment.bundle_update.host import Host

USER = 65534
SLEEPER = "import time\nwhile True: time.sleep(0.05)\n"
needs_root = pytest.mark.skipif(
    os.geteuid() != 0, reason="the attempts of another user are NOT TESTED: only root starts programs as a user"
)


@dataclass
class Scene:
    """A host, a folder that the user may write, and a process of root's that has the updater's lock, as a run has it."""

    host: Host
    own: Path
    updater: subprocess.Popen[bytes]

    @property
    def names(self) -> dict[str, str]:
        places = self.host.places
        return {
            "bundles": str(places.bundles),
            "active": str(places.active),
            "profile": str(places.active / LAUNCHER_FILE),
            "version": str(places.active.resolve()),
            "counter": str(places.get_counter(STACK)),
            "counters": str(places.counters),
            "trust": str(places.trust_root),
            "log": str(places.event_log),
            "own": str(self.own),
            "pid": str(self.updater.pid),
        }


def describe(scene: Scene) -> dict[str, object]:
    """Return everything that the user must not be able to change."""
    found: dict[str, object] = {}
    for top in (
        scene.host.places.bundles,
        scene.host.places.counters,
        scene.host.places.trust_root.parent,
        scene.host.places.event_log.parent,
    ):
        for path in (top, *sorted(top.rglob("*"))):
            state = path.lstat()
            content = str(path.readlink()) if path.is_symlink() else path.read_bytes() if path.is_file() else b""
            found[str(path)] = (state.st_mode, state.st_uid, state.st_nlink if path.is_file() else 0, content)
    found["updater"] = is_running(scene.updater)
    found["effects"] = sorted(path.name for path in scene.host.folder.glob("effect*"))
    return found


def is_running(process: subprocess.Popen[bytes]) -> bool:
    """Return whether a process has neither ended nor been stopped."""
    if process.poll() is not None:
        return False
    state = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()[0]
    return state not in ("T", "t", "Z")


@pytest.fixture
def make_scene() -> Iterator[Callable[[], Scene]]:
    made: list[Scene] = []

    def make() -> Scene:
        top = Path(tempfile.mkdtemp(prefix="bundle-attempts-", dir="/var/tmp"))
        top.chmod(0o755)
        (top / "host").mkdir()
        host = Host(top / "host")
        host.publish(7)
        host.places.event_log.parent.mkdir()
        host.places.event_log.write_text("{}\n")
        host.run()
        host.publish(8)
        own = top / "own"
        own.mkdir(mode=0o700)
        os.chown(own, USER, USER)
        scene = Scene(host, own, subprocess.Popen([sys.executable, "-I", "-c", SLEEPER]))
        made.append(scene)
        return scene

    yield make
    for scene in made:
        scene.updater.kill()
        scene.updater.wait()
        shutil.rmtree(scene.host.folder.parent)


def attempt(scene: Scene, code: str, user: int) -> None:
    """Run a program as a user of this machine, without further groups; its own errors are its failure."""
    names = "".join(f"{name} = {value!r}\n" for name, value in scene.names.items())
    text = f"import ctypes, os, signal, sys, subprocess, time\nfrom pathlib import Path\n{names}{code}"
    command = ["/usr/bin/python3", "-I", "-c", text]
    subprocess.run(command, user=user, group=user, extra_groups=[], cwd="/", capture_output=True, timeout=30, check=False)


PTRACE = """
libc = ctypes.CDLL(None, use_errno=True)
libc.ptrace.restype = ctypes.c_long
assert libc.ptrace(16, int(pid), None, None) == 0, os.strerror(ctypes.get_errno())
os.waitpid(int(pid), 0)
os.kill(int(pid), signal.SIGKILL)
"""
ATTEMPTS: dict[str, str] = {
    "write the active profile": "Path(profile).write_text('{}')",
    "append to the trust root": "open(trust, 'a').write('key')",
    "rename the active link": "os.rename(active, bundles + '/gone')",
    "replace the active link by an own folder": "os.symlink(own, own + '/l'); os.replace(own + '/l', active)",
    "replace the folder of bundles": "os.rename(bundles, bundles + '.old'); os.mkdir(bundles)",
    "lower the counter": "Path(counter).write_text('{}')",
    "remove the counter": "os.unlink(counter)",
    "put a link in place of the counter": "os.unlink(counter); os.symlink(own + '/c', counter)",
    "hard link of the profile in an own folder": "os.link(profile, own + '/p'); open(own + '/p', 'a').write('x')",
    "race for the temporary file of the counter": (
        "\nend = time.time() + 1\nwhile time.time() < end:\n    os.symlink(own + '/c', f'{counters}/.x.{pid}.new'); break"
    ),
    "change the mode of the trust root": "os.chmod(trust, 0o666)",
    "change the owner of the counter": "os.chown(counter, 65534, 65534)",
    "truncate the event log": "os.truncate(log, 0)",
    "kill the updater": "os.kill(int(pid), signal.SIGKILL)",
    "stop the updater": "os.kill(int(pid), signal.SIGSTOP)",
    "trace the updater": PTRACE,
    "write through /proc of the updater": "Path(f'/proc/{pid}/root{profile}').write_text('{}')",
    "write the memory of the updater": (
        "\nfor line in open(f'/proc/{pid}/maps'):\n    if '[stack]' in line:\n"
        "        memory = open(f'/proc/{pid}/mem', 'r+b', 0); memory.seek(int(line.split('-')[1].split()[0], 16) - 4096)\n"
        "        memory.write(b'x' * 4096); os.kill(int(pid), 9)"
    ),
    "lower its limits, so that it cannot write": (
        "import resource\nresource.prlimit(int(pid), resource.RLIMIT_FSIZE, (0, 0)); os.kill(int(pid), 9)"
    ),
    "bind another folder over the bundles": (
        "libc = ctypes.CDLL(None, use_errno=True)\n"
        "assert libc.mount(own.encode(), bundles.encode(), None, 4096, None) == 0\n"
        "Path(bundles + '/mounted').write_text('x')"
    ),
    "enter its mount namespace": "os.close(os.open(f'/proc/{pid}/ns/mnt', os.O_RDONLY)); Path(counters + '/entered').write_text('x')",
}


@needs_root
@pytest.mark.parametrize("name", ATTEMPTS)
def test_an_attempt_has_an_effect_for_root_and_none_for_the_user(name: str, make_scene: Callable[[], Scene]) -> None:
    control, tried = make_scene(), make_scene()
    before = describe(control)
    attempt(control, ATTEMPTS[name], 0)
    try:
        assert wait_for_change(control, before), "the control has no effect: the attempt is NOT TESTED"
    finally:
        if "mount" in ATTEMPTS[name]:
            ctypes.CDLL(None).umount2(str(control.host.places.bundles).encode(), 2)
        os.kill(control.updater.pid, signal.SIGCONT) if control.updater.poll() is None else None
    before = describe(tried)
    attempt(tried, ATTEMPTS[name], USER)
    time.sleep(0.05)
    assert describe(tried) == before
    tried.host.run()
    assert tried.host.read_revision() == 8, "and the updater still updates"


def wait_for_change(scene: Scene, before: dict[str, object]) -> bool:
    """Return whether something changes within a second: a signal takes a moment."""
    for _ in range(20):
        if describe(scene) != before:
            return True
        time.sleep(0.05)
    return False


INJECTED = "from pathlib import Path\nimport os\nPath({effect!r}).write_text('x')\n"


@needs_root
@pytest.mark.parametrize("name", ["PYTHONPATH", "PYTHONSTARTUP", "working folder", "user site"])
def test_code_of_the_user_is_not_loaded_by_the_command_of_the_unit(name: str, make_scene: Callable[[], Scene]) -> None:
    scene = make_scene()
    effect = scene.host.folder / "effect"
    for module in ("yaml.py", "containment.py", "sitecustomize.py", "usercustomize.py", "argparse.py"):
        (scene.own / module).write_text(INJECTED.format(effect=str(effect)) + "raise ImportError\n")
    places = scene.host.places
    words = [
        "-m",
        "containment.bundle_update",
        "--stack",
        STACK,
        "--source",
        str(scene.host.source),
        "--trust-root",
        str(places.trust_root),
    ]
    words += ["--bundles", str(places.bundles), "--counters", str(places.counters), "--event-log", str(places.event_log)]
    environment = {"PATH": "/usr/bin:/bin"} | ({name: str(scene.own)} if name.startswith("PYTHON") else {"HOME": str(scene.own)})
    if name == "PYTHONSTARTUP":
        environment["PYTHONPATH"] = str(scene.own)
    if name == "user site":
        site = scene.own / ".local" / "lib" / f"python{sys.version_info[0]}.{sys.version_info[1]}" / "site-packages"
        site.mkdir(parents=True)
        (site / "usercustomize.py").write_text(INJECTED.format(effect=str(effect)))
        environment["PYTHONUSERBASE"] = str(scene.own / ".local")
        environment["PYTHONPATH"] = str(scene.own)
    folder = scene.own if name == "working folder" else Path("/")
    done = subprocess.run(
        [sys.executable, "-I", *words], cwd=folder, env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert not effect.exists()
    assert (done.returncode, scene.host.read_revision()) == (0, 8), done.stderr
    subprocess.run([sys.executable, *words], cwd=folder, env=environment, capture_output=True, timeout=60, check=False)
    assert effect.exists(), "the control: without -I the code is loaded"


@needs_root
def test_the_user_cannot_let_the_updater_wait_for_a_lock(make_scene: Callable[[], Scene]) -> None:
    scene = make_scene()
    lock = scene.host.places.bundles / ".lock"
    hold = "import fcntl, os, sys, time\nfcntl.flock(os.open(sys.argv[1], os.O_RDONLY), fcntl.LOCK_EX)\n"
    hold += "print('held', flush=True)\ntime.sleep(60)\n"
    words = ["/usr/bin/python3", "-I", "-c", hold]
    control = subprocess.Popen([*words, str(lock)], stdout=subprocess.PIPE)
    holder = subprocess.Popen(
        [*words, str(lock)], user=USER, group=USER, extra_groups=[], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    other = subprocess.Popen([*words, str(lock.parent)], user=USER, group=USER, extra_groups=[], stdout=subprocess.PIPE)
    assert control.stdout is not None
    assert control.stdout.readline() == b"held\n"
    try:
        assert holder.wait(10) != 0, "the user cannot open the lock"
        assert other.stdout is not None
        assert other.stdout.readline() == b"held\n", "a folder that everybody may read can be locked"
        updater = os.fork()
        if updater == 0:
            scene.host.run()
            os._exit(0)
        time.sleep(0.5)
        assert os.waitpid(updater, os.WNOHANG) == (0, 0), "the control: root's lock is waited for"
        control.kill()
        control.wait()
        os.waitpid(updater, 0)
        assert scene.host.read_revision() == 8, "and the user's is not"
    finally:
        for each in (control, holder, other):
            each.kill()
            each.wait()


@needs_root
def test_the_user_cannot_run_the_updater_nor_preload_code_into_a_process_of_roots(make_scene: Callable[[], Scene]) -> None:
    scene = make_scene()
    before = describe(scene)
    from containment.bundle_update.command_line import main

    pid = os.fork()
    if pid == 0:
        os.setgroups([])
        os.setresgid(USER, USER, USER)
        os.setresuid(USER, USER, USER)
        os._exit(main(["--stack", STACK, "--source", str(scene.host.source), "--bundles", str(scene.host.places.bundles)]))
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 1
    assert describe(scene) == before
    preload = f"import os; open('/proc/{scene.updater.pid}/environ', 'w').write('LD_PRELOAD=/x')"
    attempt(scene, preload, USER)
    attempt(scene, "Path('/etc/ld.so.preload').write_text('/x')", USER)
    attempt(scene, "Path('/etc/cron.d/agent').write_text('* * * * * root rm -rf /var/lib/containment-counter')", USER)
    attempt(scene, "Path('/etc/systemd/system/containment-bundle-update.service').write_text('')", USER)
    assert not any(Path(one).exists() for one in ("/etc/ld.so.preload", "/etc/cron.d/agent"))
    assert describe(scene) == before
