"""The search for a planted key finds it in every form and in every place, and nothing where there is none."""

from __future__ import annotations

import base64
import os
import subprocess
import sys
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.support.planted_keys import find_in_process, list_forms, list_processes

KEY = "planted/key+of=the-gateway-7Qx"
FORMS = {
    "plain": KEY,
    "base64": base64.b64encode(KEY.encode()).decode(),
    "basic": base64.b64encode(f"x-access-token:{KEY}".encode()).decode(),
    "hex": KEY.encode().hex(),
    "url": quote(KEY, safe=""),
    "reversed": KEY[::-1],
}
# The text is given on standard input and kept in memory only.
CHILD = "import sys; kept = sys.stdin.buffer.readline(); print('ready', flush=True); sys.stdin.buffer.read(1)"


def start(text: str = "nothing", **options: object) -> subprocess.Popen[bytes]:
    process = subprocess.Popen([sys.executable, "-c", CHILD], stdin=subprocess.PIPE, stdout=subprocess.PIPE, **options)  # type: ignore[call-overload]
    process.stdin.write(text.encode() + b"\n")
    process.stdin.flush()
    assert process.stdout.readline() == b"ready\n"
    return process  # type: ignore[no-any-return]


def search(text: str = "nothing", **options: object) -> list[str]:
    process = start(text, **options)
    with process:
        try:
            assert process.pid in list_processes(os.getuid())
            return find_in_process(process.pid, list_forms(KEY))
        finally:
            process.kill()


@pytest.mark.parametrize("form", FORMS)
def test_a_key_in_memory_is_found(form: str) -> None:
    assert any(place.startswith("memory") for place in search(FORMS[form])), form


def test_nothing_is_found_where_nothing_was_planted() -> None:
    assert search() == []


def test_a_key_in_the_environment_and_in_an_open_file_is_found(tmp_path: Path) -> None:
    (tmp_path / "kept").write_text(f"token {KEY}")
    with (tmp_path / "kept").open() as file:
        found = search(env={"TOKEN": KEY}, pass_fds=(file.fileno(),))
    assert "environ" in found
    assert f"open file {tmp_path / 'kept'}" in found
