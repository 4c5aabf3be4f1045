"""Setting the mode changes one value of a stack file and no other character, whatever its form; otherwise the file stays as it is."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from containment.config.pulumi_format.stack_file import read_config
from containment.errors import InputError
from containment.lifecycle.transition import set_mode
from containment.loaders import strict_yaml
from containment.names import PolicyMode

KEY = "agent-containment:policyMode"
FORMS = [
    ("config:\n  agent-containment:policyMode: monitor\n", "config:\n  agent-containment:policyMode: enforce\n"),
    ("config:\n  policyMode: monitor # why\n", "config:\n  policyMode: enforce # why\n"),
    ('config:\n    "agent-containment:policyMode":   monitor', 'config:\n    "agent-containment:policyMode":   enforce'),
    ("config:\r\n  agent-containment:policyMode: 'monitor'\r\n", "config:\r\n  agent-containment:policyMode: enforce\r\n"),
    (
        "# policyMode: monitor\nconfig: # c\n  a:b: 1 # d\n",
        "# policyMode: monitor\nconfig: # c\n  agent-containment:policyMode: enforce\n  a:b: 1 # d\n",
    ),
    (
        "config:\n\n    # first\n    a:b: 1\nother: 1\n",
        "config:\n    agent-containment:policyMode: enforce\n\n    # first\n    a:b: 1\nother: 1\n",
    ),
]


@pytest.mark.parametrize(("text", "wanted"), FORMS)
def test_one_value_changes_and_comments_stay(tmp_path: Path, text: str, wanted: str) -> None:
    path = tmp_path / "Pulumi.coding.yaml"
    path.write_bytes(text.encode())
    path.chmod(0o640)
    assert set_mode(path, PolicyMode.ENFORCE)
    assert path.read_bytes().decode() == wanted
    assert read_config(strict_yaml.read(path), "agent-containment")[KEY] == "enforce"
    assert path.stat().st_mode & 0o777 == 0o640
    assert not set_mode(path, PolicyMode.ENFORCE)
    assert [*tmp_path.iterdir()] == [path]


@pytest.mark.parametrize(
    "text",
    [
        "config: {agent-containment:policyMode: monitor}\n",
        "config:\n  agent-containment:policyMode:\n    monitor\n",
        "config:\n  agent-containment:policyMode: {secure: AAAA}\n",
        "config:\n  a:b: |\n    x\n    agent-containment:policyMode: monitor\n",
        "other: 1\n",
        "config:\n  a: 1\n  a: 2\n",
    ],
)
def test_a_form_that_cannot_be_changed_is_refused_and_left_alone(tmp_path: Path, text: str) -> None:
    path = tmp_path / "Pulumi.coding.yaml"
    path.write_text(text)
    with pytest.raises(InputError, match="policyMode: enforce"):
        set_mode(path, PolicyMode.ENFORCE)
    assert path.read_text() == text


def test_a_full_disk_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "Pulumi.coding.yaml"
    path.write_text(FORMS[0][0])

    def refuse(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(InputError, match="No space left"):
        set_mode(path, PolicyMode.ENFORCE)
    assert path.read_text() == FORMS[0][0]
    assert [*tmp_path.iterdir()] == [path]
