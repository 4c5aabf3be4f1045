"""A process of the caller's with secrets everywhere: what an attempt tries to get at. Prints its targets as JSON; ends when stdin does."""

from __future__ import annotations

import ctypes
import json
import os
import socket
import sys
from pathlib import Path

token, folder, temporary = sys.argv[1:4]
secret = os.environ["AWS_SECRET_ACCESS_KEY"]
libc = ctypes.CDLL(None, use_errno=True)
libc.shmat.restype = ctypes.c_void_p
libc.prctl(0x59616D61, -1, 0, 0, 0)  # any process may trace this one, where Yama decides

work = Path(folder, "work")
work.mkdir()
key = Path(folder, "key")
key.write_text(secret)
os.chdir(folder)
Path(temporary).write_text(secret)
Path("/dev/shm", token).write_text(secret)
memory = ctypes.create_string_buffer(secret.encode(), 64)
opened = os.open(key, os.O_RDONLY)
segment = int.from_bytes(os.urandom(3), "big") + 1
place = libc.shmget(segment, 64, 0o1600)
assert place >= 0, os.strerror(ctypes.get_errno())
at = libc.shmat(place, None, 0)
ctypes.memmove(at, secret.encode(), len(secret))
sockets = [socket.socket(socket.AF_UNIX), socket.socket(socket.AF_UNIX)]
os.chdir(folder)
sockets[0].bind("agent.sock")
sockets[1].bind(f"\0{token}")
for each in sockets:
    each.listen(64)
print(
    json.dumps(
        {
            "victim": os.getpid(),
            "token": token,
            "secret": secret,
            "key": str(key),
            "work": str(work),
            "temporary": temporary,
            "address": ctypes.addressof(memory),
            "open_file": opened,
            "segment": segment,
            "socket": str(Path(folder, "agent.sock")),
        }
    ),
    flush=True,
)
try:
    sys.stdin.read()
finally:
    libc.shmctl(place, 0, None)
    Path("/dev/shm", token).unlink()
    Path(temporary).unlink()
