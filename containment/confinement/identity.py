"""The user id of a confined command outside of its namespaces: one that owns no process, no file and no account.

Root takes an id that no convention uses, and locks it while the command runs, so that two commands never share one. A caller that may not
change its user id keeps it, in a user namespace without rights over the network (`entry`).
"""

from __future__ import annotations

import contextlib
import os
import pwd
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

from containment.confinement.errors import ConfinementError

FREE_RANGE: Final = range(1_900_000_000, 1_900_004_096)
"""Ids that systemd's assignments leave unused (systemd.io/UIDS-GIDS): between the ids of containers and foreign ids."""
_MOST_TRIED: Final = 4096
_FIRST_ORDINARY_USER: Final = 1000
_TAKEN_BY_KERNEL: Final = frozenset({65534, 65535, 2**32 - 2, 2**32 - 1})
"""Overflow ids and "no change"."""


class Identity(NamedTuple):
    """A user id and group id outside of the command's namespaces; `changed` if they are not the caller's."""

    user: int
    group: int
    changed: bool

    def assume(self) -> None:
        """Change this process to the id, if it is another one."""
        if self.changed:
            os.setgroups([])
            os.setresgid(self.group, self.group, self.group)
            os.setresuid(self.user, self.user, self.user)


@contextlib.contextmanager
def reserve_identity() -> Iterator[Identity]:
    """Yield the id of one confined command and lock it until the end; raise ConfinementError if root finds none."""
    if os.geteuid() != 0:
        yield Identity(os.geteuid(), os.getegid(), changed=False)
        return
    mapped = (_read_mapped_ids("uid"), _read_mapped_ids("gid"))
    if any(sum(map(len, ranges)) == 1 for ranges in mapped):
        yield Identity(0, 0, changed=False)  # a user namespace that maps one id: its root has no other id, and no rights outside
        return
    owners = _find_process_owners()
    for number in _find_candidates(*mapped):
        if number in owners or number in _TAKEN_BY_KERNEL or _has_account(number):
            continue
        with socket.socket(socket.AF_UNIX) as lock:
            try:
                lock.bind(f"\0containment-confined-user-{number}")
            except OSError:
                continue  # another command uses it
            yield Identity(number, number, changed=True)
            return
    raise ConfinementError(
        "no unused user id is left for the command: end other confined commands, or map more user ids into this container"
    )


def _find_candidates(users: list[range], groups: list[range]) -> Iterator[int]:
    """Return the ids to try: the free range, else the highest ids that this user namespace maps for users and groups."""

    def is_mapped(number: int) -> bool:
        return all(any(number in each for each in ranges) for ranges in (users, groups))

    if is_mapped(FREE_RANGE.start) and is_mapped(FREE_RANGE[-1]):
        yield from FREE_RANGE
        return
    top = min(max(each.stop for each in ranges) for ranges in (users, groups))
    yield from filter(is_mapped, range(top - 1, max(_FIRST_ORDINARY_USER, top - _MOST_TRIED) - 1, -1))


def _read_mapped_ids(kind: str) -> list[range]:
    """Return the ids that this user namespace maps."""
    rows = [list(map(int, line.split())) for line in Path(f"/proc/self/{kind}_map").read_text().splitlines()]
    return [range(first, first + count) for first, _, count in rows]


def _find_process_owners() -> set[int]:
    owners = set()
    for entry in os.scandir("/proc"):
        if entry.name.isdigit():
            with contextlib.suppress(OSError):  # the process ended meanwhile
                owners.add(entry.stat().st_uid)
    return owners


def _has_account(number: int) -> bool:
    try:
        pwd.getpwuid(number)
    except KeyError:
        return False
    return True
