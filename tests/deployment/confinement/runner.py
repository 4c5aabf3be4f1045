"""Makes attempts, each in a process of its own, and prints how each ended: a missing line is no containment.

Run by the system's Python, outside and inside, as text: standard library only. Targets and attempts come as JSON on stdin. The attempts'
own texts use what is imported and defined here.
"""

# ruff: noqa: F401, PTH123, BLE001
import contextlib
import ctypes
import fcntl
import glob
import json
import os
import resource
import signal
import socket
import struct
import subprocess
import sys
import termios
import time

libc = ctypes.CDLL(None, use_errno=True)
libc.shmat.restype = ctypes.c_void_p


def call(number, *arguments):
    out = libc.syscall(number, *(ctypes.c_long(each) if isinstance(each, int) else each for each in arguments))
    if out < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return out


def ok(result):
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result


def tool(*words):
    done = subprocess.run(words, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def reads(path, wanted):
    with open(path, "rb") as file:
        assert wanted.encode() in file.read(1 << 20), "something else is there"


def writes(path, text):
    place = os.open(path, os.O_WRONLY)
    os.write(place, text.encode())


def is_victim(pid):
    reads(f"/proc/{pid}/cmdline", T["token"])


def yama():
    with contextlib.suppress(OSError):
        return open("/proc/sys/kernel/yama/ptrace_scope").read().strip() != "0"
    return False


def has_capability(number):
    with open("/proc/self/status") as status:
        line = next(line for line in status if line.startswith("CapEff"))
    return bool(int(line.split()[1], 16) >> number & 1)


def value(path):
    with contextlib.suppress(OSError):
        return open(path).read().strip()
    return ""


ARM = os.uname().machine == "aarch64"


def made(attempt):
    """Return how an attempt ended."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        signal.alarm(8)
        os.dup2(os.open(os.devnull, os.O_RDWR), 1)
        try:
            if attempt["unless"] and eval(attempt["unless"]):
                text = "NOT TESTED"
            else:
                exec(attempt["code"], globals())
                text = "SUCCEEDED"
        except BaseException as error:
            text = f"failed: {type(error).__name__}: {error}"
        os.write(write, text.encode())
        os._exit(0)
    os.close(write)
    text = b""
    while part := os.read(read, 4096):
        text += part
    os.close(read)
    status = os.waitpid(child, 0)[1]
    return text.decode() or f"failed: ended by {status}"


given = json.load(sys.stdin)
T = given["targets"]
print(json.dumps({each["id"]: made(each) for each in given["attempts"]}))
