"""systemd reads back the words and paths that were written, whatever characters they have; the three writers of units use this form."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from containment.exit_code import Exit
from containment.gateway_service.user_data import build_units
from containment.launcher.unit import build_network_unit
from containment.systemd_units.timers import RepeatedCommand
from containment.systemd_units.unit_file import format_command, format_path, format_text
from tests.containment.launcher.test_unit import unit

needs_systemd = pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd-analyze is not installed: units are NOT TESTED")
_ESCAPE = re.compile(r"\\(x[0-9a-f]{2}|.)")


def read_back(text: str, *, is_command: bool) -> list[str]:
    """Return words as systemd reads them: quotes, escapes, then specifiers and, in commands, variables (an independent reader)."""
    words, at = list[str](), 0
    while at < len(text):
        word = ""
        while at < len(text) and text[at] != " ":
            if text[at] == '"':
                found = re.compile(r'"((?:\\.|[^"\\])*)"').match(text, at)
                assert found, text
                word += _ESCAPE.sub(lambda one: _unescape(one[1]), found[1])
                at = found.end()
            else:
                word += text[at]
                at += 1
        words.append(word)
        at += 1
    assert all(re.fullmatch(r"(%%|[^%])*", word) for word in words), "no specifier is left"
    words = [word.replace("%%", "%") for word in words]
    if is_command:
        assert all(re.fullmatch(r"(\$\$|[^$])*", word, re.DOTALL) for word in words), "no variable is left"
        words = [word.replace("$$", "$") for word in words]
    return words


def _unescape(escape: str) -> str:
    return chr(int(escape[1:], 16)) if escape[0] == "x" else {"n": "\n", "r": "\r", "t": "\t"}.get(escape, escape)


@given(st.lists(st.text(st.characters(min_codepoint=1, max_codepoint=0x2FFF, exclude_categories=["Cs"]), max_size=12), min_size=1))
def test_every_word_is_read_back(words: list[str]) -> None:
    line = format_command(words)
    assert not re.search(r"[\n\r]", line), "no word can add a setting"
    assert read_back(line, is_command=True) == words


@given(st.text(st.characters(min_codepoint=1, max_codepoint=0x2FFF, exclude_categories=["Cs"]), max_size=12))
def test_every_path_is_read_back_with_one_dollar(name: str) -> None:
    assert read_back(format_path(f"/srv/{name}"), is_command=False) == [f"/srv/{name}"]


def test_a_dollar_is_doubled_in_commands_alone() -> None:
    assert (format_command(["/srv/a$b"]), format_path("/srv/a$b")) == ('"/srv/a$$b"', '"/srv/a$b"')


def test_a_text_has_one_line_and_no_specifier() -> None:
    assert format_text("100% of\nUser=root") == "100%% of User=root"


@needs_systemd
def test_systemd_accepts_every_unit_that_is_written(tmp_path: Path) -> None:
    odd = tmp_path / "a b$c%d"
    odd.mkdir()
    command = RepeatedCommand(
        name="repeated", purpose="Try 100 %", words=["/bin/true", "a b", "$HOME", "%h"], folder=odd, results=odd, success=[Exit.NO], hours=1
    )
    units = {**command.build_units(), **build_units(8443), "launcher.service": unit(), "agent-network.service": build_network_unit()}
    for name, text in units.items():
        # The programs of the prepared image are not on this machine; everything else is verified.
        (tmp_path / name).write_text(re.sub(r"(?m)^(ExecStart(?:Pre)?=)\S+", r"\1/bin/true", text))
    for name in units:
        done = subprocess.run(
            ["systemd-analyze", "verify", "--man=no", str(tmp_path / name)], capture_output=True, text=True, check=False, timeout=60
        )
        problems = [line for line in done.stderr.splitlines() if str(tmp_path) in line or name in line]
        assert problems == [], name


@needs_systemd
def test_a_wrong_unit_is_found(tmp_path: Path) -> None:
    (tmp_path / "wrong.service").write_text('[Service]\nExecStart="/bin/true\nProtectSystem=perhaps\n')
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(tmp_path / "wrong.service")], capture_output=True, text=True, check=False, timeout=60
    )
    assert "wrong.service" in done.stderr
