"""The machine's image, built once into a cache: a kernel and an initramfs of Debian packages, each with its digest.

Every boot compares the digests, so that two tasks begin from the same bytes. The packages are unpacked and not installed:
the kernel's installation would configure a boot loader. The cache is `$CONTAINMENT_VM_CACHE`, else `.cache/vm`.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from containment.files.whole_files import write_whole
from containment.programs import find_program
from containment_lab.vm.archive import Member, build_archive
from containment_lab.vm.errors import VmError
from containment_lab.vm.guest import INIT, USER

KERNEL = "linux-image-cloud-amd64"
BUSYBOX = "busybox-static"
_SECONDS = 300


def find_kernel_package() -> str:
    """Return the package that the kernel's package of this distribution depends on, such as linux-image-6.1.0-50-cloud-amd64."""
    said = _run(["apt-cache", "depends", "--important", KERNEL], Path("/"))
    found = re.search(r"Depends: (linux-image-[0-9]\S*)", said)
    if found is None:
        raise VmError(f"the package {KERNEL} is not known to apt here", fix="run apt-get update")
    return found[1]


def unpack_package(name: str, folder: Path) -> Path:
    """Download a package, unpack it to a folder in `folder`, and return that folder; nothing is installed."""
    downloads, target = folder / "packages", folder / name
    downloads.mkdir(parents=True, exist_ok=True)
    _run(["apt-get", "-qq", "-o", "APT::Sandbox::User=", "download", name], downloads)
    file = max(downloads.glob(f"{name}_*.deb"), default=None)
    if file is None:
        raise VmError(f"apt-get download {name} left no file", fix="run apt-get update, and repeat the command")
    _run(["dpkg-deb", "--extract", str(file), str(target)], folder)
    file.unlink()
    return target


def _run(command: list[str], folder: Path) -> str:
    program = find_program(command[0])
    if program is None:
        raise VmError(f"{command[0]} is not here", why="a virtual machine is made of Debian packages", fix="run it on Debian or Ubuntu")
    try:
        done = subprocess.run([program, *command[1:]], cwd=folder, capture_output=True, text=True, timeout=_SECONDS, check=False)
    except subprocess.TimeoutExpired:
        raise VmError(f"{' '.join(command)} did not end within {_SECONDS} s", fix="repeat it when the mirror answers faster") from None
    if done.returncode:
        said = (done.stderr or done.stdout).strip().splitlines()
        what = f"{' '.join(command)} failed: {said[-1] if said else done.returncode}"
        raise VmError(what, fix="correct what it says; `apt-get update` renews the lists of packages")
    return done.stdout


ENV: Final = "CONTAINMENT_VM_CACHE"
MODULES: Final = ("virtio_pci", "virtio_net", "virtio_blk", "ext4", "virtio_rng")
"""Drivers that the machine needs; one that the kernel contains itself is not loaded."""
PROGRAMS: Final = ("setpriv", "curl")
"""Programs of this machine that the image contains besides busybox, with their libraries."""
_KERNEL, _INITRAMFS, _MANIFEST = "kernel", "initramfs", "manifest.json"


@dataclass(frozen=True, slots=True)
class Image:
    """The image: its files, and the digest over both."""

    kernel: bytes
    initramfs: bytes
    digest: str


def find_cache() -> Path:
    """Return the folder of the cache, which may not exist."""
    return Path(os.environ.get(ENV) or ".cache/vm").resolve()


def load_image(cache: Path | None = None) -> Image:
    """Return the image, built first if the cache has none of this recipe; raise VmError if it cannot be built or was changed."""
    folder = cache or find_cache()
    recipe = _compute_recipe()
    manifest = _read_manifest(folder)
    if manifest.get("recipe") != recipe:
        build_image(folder, recipe)
        manifest = _read_manifest(folder)
    found = {name: (folder / name).read_bytes() for name in (_KERNEL, _INITRAMFS)}
    for name, content in found.items():
        if hashlib.sha256(content).hexdigest() != manifest.get(name):
            raise VmError(f"{folder / name} is not the file that was built", fix=f"remove {folder}, and it is built again")
    digest = hashlib.sha256(b"".join(hashlib.sha256(found[name]).digest() for name in (_KERNEL, _INITRAMFS))).hexdigest()
    return Image(found[_KERNEL], found[_INITRAMFS], f"sha256:{digest}")


def build_image(folder: Path, recipe: str) -> None:
    """Build the image in a folder; a build that is killed leaves no manifest, and is repeated."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / _MANIFEST).unlink(missing_ok=True)
    work = folder / f"work-{os.getpid()}"
    try:
        kernel = unpack_package(find_kernel_package(), work)
        busybox = unpack_package(BUSYBOX, work)
        image = max((kernel / "boot").glob("vmlinuz-*"), default=None)
        if image is None:
            raise VmError("the kernel's package contains no kernel", fix="run apt-get update, and repeat the command")
        files = {_KERNEL: image.read_bytes(), _INITRAMFS: build_archive(_list_members(kernel, busybox))}
        for name, content in files.items():
            write_whole(folder / name, content)
        digests = {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
        write_whole(folder / _MANIFEST, json.dumps({"recipe": recipe, **digests}, indent=1) + "\n")
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _compute_recipe() -> str:
    """Return the digest of everything that the image is built from, apart from the packages' releases."""
    programs = {name: str(find_program(name)) for name in PROGRAMS}
    return hashlib.sha256(json.dumps([INIT, MODULES, programs, 2], sort_keys=True).encode()).hexdigest()


def _read_manifest(folder: Path) -> dict[str, str]:
    try:
        found = json.loads((folder / _MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _list_members(kernel: Path, busybox: Path) -> Iterator[Member]:
    yield Member.make_file("init", INIT.encode(), 0o755)
    yield Member.make_file("bin/busybox", (busybox / "bin/busybox").read_bytes(), 0o755)
    yield Member.make_link("bin/sh", "busybox")
    yield Member.make_file("etc/passwd", f"root:x:0:0::/root:/bin/sh\nagent:x:{USER}:{USER}::/home/agent:/bin/sh\n".encode())
    yield Member.make_file("etc/group", f"root:x:0:\nagent:x:{USER}:\n".encode())
    modules = _find_modules(kernel)
    yield Member.make_file("modules/order", "".join(f"{path.name}\n" for path in modules).encode())
    for path in modules:
        yield Member.make_file(f"modules/{path.name}", path.read_bytes())
    for name, content in _collect_programs().items():
        yield Member.make_file(name, content, 0o755)


def _find_modules(kernel: Path) -> list[Path]:
    """Return the files of the modules in the order of loading, each after those that it depends on."""
    (root,) = (kernel / "lib/modules").iterdir()
    files = {re.sub("-", "_", path.name.partition(".ko")[0]): path for path in root.rglob("*.ko")}
    builtin = {re.sub("-", "_", Path(line).name.partition(".ko")[0]) for line in (root / "modules.builtin").read_text().split()}
    order: list[str] = []

    def add(name: str) -> None:
        if name in order or name in builtin:
            return
        if name not in files:
            raise VmError(f"the kernel has no module {name}", fix="run apt-get update, and repeat the command for a newer kernel")
        for needed in _read_dependencies(files[name]):
            add(needed)
        order.append(name)

    for wanted in MODULES:
        add(wanted)
    return [files[name] for name in order]


def _read_dependencies(path: Path) -> list[str]:
    """Return the modules that a module needs, from its own information (`depends=`), and the crc32c that ext4 asks for at run time."""
    found = re.search(rb"\0depends=([^\0]*)\0", path.read_bytes())
    listed = [name.replace("-", "_") for name in found[1].decode().split(",") if name] if found else []
    return [*listed, "crc32c_generic"] if path.name.startswith("ext4.") else listed


def _collect_programs() -> dict[str, bytes]:
    """Return the programs with their libraries, by path in the image."""
    out: dict[str, bytes] = {}
    for name in PROGRAMS:
        program = find_program(name)
        if program is None:
            raise VmError(f"{name} is not installed, and the image contains it", fix=f"install the program {name}: apt-get install {name}")
        out[f"usr/bin/{name}"] = Path(program).read_bytes()
        listed = subprocess.run(["ldd", program], capture_output=True, text=True, check=False).stdout
        for library in re.findall(r"(/\S+)", listed):
            out[library.lstrip("/")] = Path(library).read_bytes()
    return out
