"""The description of a confined command: everything that it may see, write to and use. Nothing else is visible."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from types import MappingProxyType
from typing import Any, Final, NamedTuple

HOME: Final = PurePosixPath("/home/agent")
"""Path of the granted folder for the command: its home and working folder."""
CA_BUNDLE: Final = PurePosixPath("/etc/ssl/certs/ca-certificates.crt")
USER: Final = "agent"
USER_ID: Final = 1000
"""The user id as the command sees it; outside of its namespaces it is another one (`identity`)."""
ACCOUNTS: Final = {
    "/etc/passwd": f"root:x:0:0:root:/root:/bin/sh\n{USER}:x:{USER_ID}:{USER_ID}:{USER}:{HOME}:/bin/bash\n"
    "nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n",
    "/etc/group": f"root:x:0:\n{USER}:x:{USER_ID}:\nnogroup:x:65534:\n",
}
"""The users and groups that a command sees, none of which are the machine's."""
_MIB: Final = 1 << 20
SEARCH_PATH: Final = ("/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin")
_CA_VARIABLES: Final = ("SSL_CERT_FILE", "CURL_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS")
KEPT_VARIABLES: Final = ("TERM", "COLORTERM", "LINES", "COLUMNS", "NO_COLOR")
"""Variables that are passed on, because they describe the terminal."""


_NOTHING: Final[Mapping[str, Any]] = MappingProxyType({})


class Network(NamedTuple):
    """A network namespace, and the user namespace that owns it if that is not the current one."""

    namespace: Path
    user_namespace: Path | None = None


class Limits(NamedTuple):
    """Resource limits: sizes in bytes, per process unless noted. The sum over all processes is unlimited."""

    processes: int = 1024
    """For the user id, threads included."""
    data: int = 4096 * _MIB
    """Private writable memory. Address space is unlimited, because a JavaScript engine reserves far more than it uses."""
    file_size: int = 4096 * _MIB
    open_files: int = 8192
    temporary: int = 1024 * _MIB
    """Size of /tmp, which is in memory."""
    shared_memory: int = 256 * _MIB
    """Size of /dev/shm."""


class Mount(NamedTuple):
    """A path as the command sees it, and its source outside; without a source it is a folder in memory.

    Files that are not `executable` can be neither executed nor mapped as code, by the dynamic loader neither. `size` and `folders` are the
    bytes and the folders of a folder in memory.
    """

    path: str
    source: Path | None
    writable: bool = False
    executable: bool = True
    size: int = 0
    folders: tuple[str, ...] = ()


class Profile(NamedTuple):
    """A command to confine.

    `files` are generated files: path as seen by the command -> content. `read_only` are files and folders of the machine: path as seen by
    the command -> path outside. `folder` is writable and visible as `HOME`. If `network` is None, the command has no network. `mounts`
    are further paths, in the order in which they are mounted; with them, nothing else of the machine is visible, and /tmp and /dev/shm
    exist only if they are among them.
    """

    command: tuple[str, ...]
    network: Network | None
    folder: Path | None
    files: Mapping[str, bytes] = _NOTHING
    read_only: Mapping[str, Path] = _NOTHING
    mounts: tuple[Mount, ...] = ()
    search_path: tuple[str, ...] = SEARCH_PATH
    variables: Mapping[str, str] = _NOTHING
    limits: Limits = Limits()

    def collect_files(self) -> dict[str, bytes]:
        """Return the generated files together with those of every command."""
        return {path: text.encode() for path, text in ACCOUNTS.items()} | dict(self.files)


def build_environment(profile: Profile, inherited: Mapping[str, str]) -> dict[str, str]:
    """Return the complete environment of a command; only the terminal's variables are inherited."""
    return {
        "PATH": ":".join(profile.search_path),
        "HOME": str(HOME),
        "USER": USER,
        "LOGNAME": USER,
        "LANG": "C.UTF-8",
        "TMPDIR": "/tmp",  # noqa: S108 - the command's
        **dict.fromkeys(_CA_VARIABLES, str(CA_BUNDLE)),
        **{name: inherited[name] for name in KEPT_VARIABLES if name in inherited},
        **profile.variables,
    }
