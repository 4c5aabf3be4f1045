"""The first program of the virtual machine, and the files of one task.

Rules kept here: the task is not root, has no capability and gains none; every disk is made anew at each start; at the limit the task gets
SIGTERM, after the grace SIGKILL; /output is written to its disk however the task ends; then the machine switches itself off.
"""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from ipaddress import IPv4Address
from typing import Final

from containment_lab.vm.archive import Member

USER: Final = 1000
STARTED: Final = "containment-vm: task started"
RESULT: Final = "containment-vm: result"
FAILED: Final = "containment-vm: failed"

INIT: Final = f"""#!/bin/busybox sh
# The machine's first program (containment_lab.vm.guest).
export PATH=/usr/bin:/bin HOME=/root
/bin/busybox mkdir -p /proc /sys /dev /tmp /run /home/agent /output /mnt /etc
/bin/busybox mount -t proc -o nosuid,nodev,noexec proc /proc
/bin/busybox mount -t sysfs -o nosuid,nodev,noexec sysfs /sys
/bin/busybox mount -t devtmpfs -o nosuid devtmpfs /dev
/bin/busybox --install -s /bin
mkdir -p /dev/shm
fail() {{
    echo "{FAILED}: $*" >/dev/ttyS0
    poweroff -f
}}
for each in $(cat /modules/order); do insmod "/modules/$each" || fail "module $each"; done
. /task/settings
cat /task/random >/dev/urandom
for each in /tmp /dev/shm; do
    mount -t tmpfs -o "nosuid,nodev,mode=1777,size=${{TMP_MB}}m" tmpfs "$each" || fail "tmpfs $each"
done
mount -t tmpfs -o "nosuid,nodev,mode=700,uid={USER},gid={USER},size=${{OUTPUT_MB}}m" tmpfs /output || fail "tmpfs /output"
mke2fs -q /dev/vda >/dev/null 2>&1 || fail "no disk"
mount -t ext4 -o nosuid,nodev /dev/vda /home/agent || mount -t ext2 -o nosuid,nodev /dev/vda /home/agent || fail "disk"
chown {USER}:{USER} /home/agent
chmod 700 /home/agent
mkswap /dev/vdb >/dev/null 2>&1 && swapon /dev/vdb || fail "no swap"
chmod 600 /dev/vd* /dev/ttyS0
chmod 622 /dev/ttyS1
ip link set lo up
if [ -n "$ADDRESS" ]; then
    ip link set eth0 up || fail "no network device"
    ip address add "$ADDRESS" dev eth0
    ip route add default via "$GATEWAY"
fi
# The clock of the machine's board has whole seconds: the system's clock is set when one begins.
clock=/sys/class/rtc/rtc0/since_epoch
before=$(cat $clock)
while now=$(cat $clock); [ "$now" = "$before" ]; do :; done
date -s "@$now" >/dev/null
as_agent() {{ /usr/bin/setpriv --reuid={USER} --regid={USER} --clear-groups --no-new-privs --inh-caps=-all --bounding-set=-all "$@"; }}
end_all() {{ as_agent sh -c "kill -$1 -1" 2>/dev/null; }}
cd /home/agent
echo "{STARTED}" >/dev/ttyS0
HOME=/home/agent USER=agent as_agent setsid /task/command </dev/null >/dev/ttyS1 2>&1 &
task=$!
(
    sleep "$LIMIT"
    touch /run/expired
    end_all TERM
    sleep "$GRACE"
    end_all KILL
) &
watch=$!
wait $task
code=$?
kill $watch 2>/dev/null
end_all KILL
expired=0
[ -e /run/expired ] && expired=1
saved=1
tar -c -f /dev/vdc -C /output . || saved=0
sync
echo "{RESULT} code=$code expired=$expired saved=$saved" >/dev/ttyS0
poweroff -f
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One task: its command, its input files, its limits in seconds, and its network (None: no network)."""

    command: tuple[str, ...]
    files: tuple[Member, ...] = ()
    limit: float
    grace: float
    address: str | None = None
    gateway: IPv4Address | None = None
    output_mb: int = 32
    temporary_mb: int = 64


def build_members(task: Task, random: bytes) -> list[Member]:
    """Return the files of a task for the second archive; `random` is mixed into the machine's random numbers."""
    settings = {
        "LIMIT": f"{max(1, round(task.limit))}",
        "GRACE": f"{max(1, round(task.grace))}",
        "ADDRESS": task.address or "",
        "GATEWAY": str(task.gateway or ""),
        "OUTPUT_MB": str(task.output_mb),
        "TMP_MB": str(task.temporary_mb),
    }
    text = "".join(f"{key}={shlex.quote(value)}\n" for key, value in settings.items())
    command = f"#!/bin/sh\nexec {shlex.join(task.command)}\n"
    return [
        Member.make_file("task/settings", text.encode(), 0o600),
        Member.make_file("task/command", command.encode(), 0o755),
        Member.make_file("task/random", random, 0o600),
        *task.files,
    ]
