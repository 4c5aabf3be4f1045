"""All paths of a command, staged in one folder that the unprivileged user can reach, whatever the permissions of their parent folders."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from containment.confinement import kernel
from containment.confinement.errors import ConfinementError
from containment.confinement.identity import Identity
from containment.confinement.profile import HOME, Mount, Profile

STAGE: Final = Path("/tmp")  # noqa: S108 - covered by a separate file system of the child
_STAGE_BYTES: Final = 64 << 20


def get_staged_path(stage: Path, path: str) -> Path:
    """Return the place where a path of the confined command is staged; never inside the place of a path that contains it."""
    return stage.joinpath(*(f"+{part}" for part in path.strip("/").split("/")), "@")


def prepare_stage(profile: Profile, identity: Identity) -> None:
    """Mount an empty file system on `STAGE` and put all paths of the profile there; the caller has its own mount namespace."""
    sources = {path: os.open(place, os.O_PATH | os.O_CLOEXEC) for path, place in profile.read_only.items()}
    mounts = [(each, _open_source(each)) for each in profile.mounts]
    folder = None if profile.folder is None else os.open(profile.folder, os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    kernel.mount("none", str(STAGE), "tmpfs", kernel.MS_NOSUID | kernel.MS_NODEV, f"mode=755,size={_STAGE_BYTES}")
    os.umask(0o022)
    for path, content in profile.collect_files().items():
        _create_parent(path).write_bytes(content)
    for path, source in sources.items():
        kernel.bind(source, _create_place(path, source))
    for each, source in mounts:
        _stage_mount(each, source, identity)
    if profile.folder is not None and folder is not None:
        _bind_writable(f"--folder {profile.folder}", folder, _create_place(str(HOME), folder), identity)


def _open_source(mount: Mount) -> int:
    return -1 if mount.source is None else os.open(mount.source, os.O_PATH | os.O_CLOEXEC)


def _create_parent(path: str) -> Path:
    """Return the place of a path on the stage, which then has a parent folder."""
    place = get_staged_path(STAGE, path)
    place.parent.mkdir(parents=True, exist_ok=True)
    return place


def _create_place(path: str, source: int) -> str:
    """Create the place of an open file or folder on the stage."""
    place = _create_parent(path)
    if os.path.isdir(f"/proc/self/fd/{source}"):  # noqa: PTH112 - an open file
        place.mkdir()
    else:
        place.touch()
    return str(place)


def _stage_mount(mount: Mount, source: int, identity: Identity) -> None:
    if mount.source is None:
        place = _create_parent(mount.path)
        place.mkdir()
        kernel.mount("none", str(place), "tmpfs", kernel.MS_NOSUID | kernel.MS_NODEV, f"mode=1777,size={mount.size}")
        for each in mount.folders:
            _create_shared_folder(place, each)
    else:
        name = _create_place(mount.path, source)
        place = Path(name)
        if mount.writable:
            _bind_writable(str(mount.source), source, name, identity)
        else:
            kernel.bind(source, name)
    if not mount.executable:
        kernel.forbid_execution(str(place))


def _create_shared_folder(place: Path, name: str) -> None:
    """Create a folder, with its parents, that every user may write to."""
    for part in Path(name).parts:
        place /= part
        place.mkdir(exist_ok=True)
        place.chmod(0o1777)


def _bind_writable(name: str, source: int, place: str, identity: Identity) -> None:
    """Bind a writable path; if another user owns it, files of the command get that user's id by an id-mapped mount."""
    found = os.fstat(source)
    if not identity.changed or found.st_uid == identity.user:
        kernel.bind(source, place)
        return
    try:
        owners = kernel.create_owner_map((found.st_uid, identity.user), (found.st_gid, identity.group))
        kernel.bind_mapped(source, place, owners)
    except OSError as error:
        raise ConfinementError(
            f"{name}: its file system does not support another user id ({error.strerror}); "
            "grant a folder on ext4, xfs, btrfs or tmpfs, or run as the user who owns it"
        ) from None
