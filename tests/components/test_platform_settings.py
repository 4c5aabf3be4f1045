"""The platform takes the Controller's release as an agent stack does: MAJOR.MINOR or whole, with or without quotes."""

from __future__ import annotations

import pulumi
import pytest

from components.aviatrix import platform
from containment.names import ControllerVersion


class Config:
    """The platform's configuration, as the engine passes it."""

    def __init__(self, version: str) -> None:
        self.version = version

    def get(self, key: str) -> str | None:
        return self.version if key == "controllerVersion" else None

    def get_object(self, key: str) -> list[str] | None:
        return None


@pytest.mark.parametrize(
    ("stated", "line"), [("", "9.0"), ("9", "9.0"), ("9.0", "9.0"), ("9.0.10", "9.0"), ("10.0.1", "10.0"), ("8.2", "8.2")]
)
def test_a_release_gives_its_line(stated: str, line: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pulumi, "Config", lambda: Config(stated))
    assert platform.read_settings().version is ControllerVersion(line)


@pytest.mark.parametrize("stated", ["8.1", "8.1.30", "9.1", "nine"])
def test_a_release_without_attachment_points_is_refused(stated: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pulumi, "Config", lambda: Config(stated))
    monkeypatch.setattr(pulumi, "get_stack", lambda: "platform")
    with pytest.raises(pulumi.RunError, match=r"controllerVersion.*8\.2, 9\.0, 10\.0, or a whole release of one"):
        platform.read_settings()
