"""Where a profile limits requests, a command trusts its session's authority, and a request that is not listed is denied inside TLS."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from containment.confinement.filesystem.landlock import read_version
from containment.confinement.requirements import find_confinement_refusal
from containment.launcher.settings import read_settings
from containment.launcher.start import Request, run_command
from tests.containment.launcher.profiles import PROGRAMS, build_document, write_profile

CURL = "/usr/bin/curl"
_LACKING = (
    find_confinement_refusal()
    or ("" if read_version() else "this kernel has no Landlock")
    or ("" if Path(CURL).exists() else "curl is not installed")
)
pytestmark = [pytest.mark.namespaces, pytest.mark.skipif(bool(_LACKING), reason=_LACKING)]


def test_a_request_that_is_not_listed_gets_its_answer_inside_tls(tmp_path: Path) -> None:
    folder = tmp_path / "work"
    folder.mkdir()
    entry = build_document()["egress"][0] | {"program": CURL}
    profile = write_profile(tmp_path, programs=[*PROGRAMS, CURL], egress=[entry])
    text = "exec >out 2>err; curl -sS -X DELETE https://api.example.com/item; curl -sS --cacert /dev/null -X DELETE https://api.example.com/item"
    command = ("bash", "-c", text)
    run_command(
        Request(settings=read_settings(profile), command=command, task=None, folder=folder, event_log=tmp_path / "log", is_quiet=True)
    )
    answers = (folder / "out").read_text()
    assert json.loads(answers)["rule"] == "request-not-listed", (folder / "err").read_text()
    assert "certificate" in (folder / "err").read_text(), "without the authority there is no TLS"
