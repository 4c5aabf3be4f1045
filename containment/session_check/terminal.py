"""Commands typed into a session through AWS's session-manager-plugin, which demands a terminal.

The plugin carries the session's encrypted data channel. It gets the session's token in an environment variable, so that no other user of
this machine can read it in a list of processes; releases that take it on the command line only are not used.
Source: aws-cli, `awscli/customizations/sessionmanager.py`.
"""

from __future__ import annotations

import contextlib
import json
import os
import pty
import re
import select
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from containment.programs import find_program

PLUGIN: Final = "session-manager-plugin"
_VARIABLE: Final = "AWS_SSM_START_SESSION_RESPONSE"
_OLDEST: Final = (1, 2, 497)
"""The last release that takes the token on the command line."""
_VERSION: Final = re.compile(r"(\d+)\.(\d+)\.(\d+)")
_CONTROL: Final = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]|\x1b\][^\x07]*\x07|\r")
_CHUNK: Final = 65536
_MOST_BYTES: Final = 1 << 20
_PAUSE: Final = 1.0


@dataclass(frozen=True, slots=True)
class PluginProblem:
    """Why the plugin cannot be used."""

    reason: str


def find_plugin() -> str | PluginProblem:
    """Return the plugin's path, or why it cannot be used."""
    path = find_program(PLUGIN)
    if path is None:
        return PluginProblem(f"{PLUGIN} is not on PATH, so nothing was typed in the session")
    try:
        done = subprocess.run([path, "--version"], capture_output=True, text=True, timeout=10, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        return PluginProblem(f"{path} --version failed: {error}")
    found = _VERSION.search(done.stdout)
    if found is None:
        return PluginProblem(f"{path} --version printed no version")
    if tuple(map(int, found.groups())) <= _OLDEST:
        return PluginProblem(f"{PLUGIN} {found[0]} takes the session's token on its command line; install 1.2.498 or newer")
    return str(path)


def type_commands(
    plugin: str, response: Mapping[str, Any], region: str, commands: Sequence[str], seconds: float, pause: float = _PAUSE
) -> str:
    """Type commands into a session and return what it printed, without the terminal's control codes.

    Args:
        plugin: the plugin's path.
        response: the answer of StartSession: SessionId, StreamUrl and TokenValue.
        region: the region of the session.
        commands: the lines; the last one ends the shell.
        seconds: seconds after which the plugin is stopped.
        pause: seconds without output after which the shell is taken to wait for input.
    """
    secret = json.dumps({key: response[key] for key in ("SessionId", "StreamUrl", "TokenValue")})
    parameters = json.dumps({"Target": response.get("Target", "")})
    words = [plugin, _VARIABLE, region, "StartSession", "", parameters, f"https://ssm.{region}.amazonaws.com"]
    ours, theirs = pty.openpty()
    try:
        process = subprocess.Popen(
            words, stdin=theirs, stdout=theirs, stderr=theirs, env={**os.environ, _VARIABLE: secret}, start_new_session=True
        )
    finally:
        os.close(theirs)
    try:
        return _CONTROL.sub("", _converse(process, ours, commands, seconds, pause).decode(errors="replace"))
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()
        os.close(ours)


def _converse(process: subprocess.Popen[bytes], terminal: int, commands: Sequence[str], seconds: float, pause: float) -> bytes:
    """Type each command once the session waits for input, and read until the plugin ends."""
    deadline, left, out = time.monotonic() + seconds, list(commands), b""
    while time.monotonic() < deadline and len(out) < _MOST_BYTES:
        ready, _, _ = select.select([terminal], [], [], pause)
        if ready:
            data = b""
            with contextlib.suppress(OSError):  # a terminal whose other side was closed, on Linux
                data = os.read(terminal, _CHUNK)
            if not data:
                break
            out += data
        elif process.poll() is not None:
            break
        elif out and left:
            os.write(terminal, f"{left.pop(0)}\n".encode())
    return out
