"""Controller releases: how they are named, and what is known of a release whose patch is not stated."""

from __future__ import annotations

import pytest

from containment.config.controller_release import ControllerRelease, get_first_release_with_snat
from containment.names import ControllerVersion
from containment.ternary import Ternary


@pytest.mark.parametrize("line", list(ControllerVersion))
@pytest.mark.parametrize("patch", [None, 0, 9, 10, 137])
def test_a_release_is_written_as_it_was_stated(line: ControllerVersion, patch: int | None) -> None:
    text = line.value if patch is None else f"{line.value}.{patch}"
    found = ControllerRelease.parse(text)
    assert (found.line, found.patch, str(found)) == (line, patch, text)


def test_a_release_that_lost_its_zero_is_read_back() -> None:
    assert ControllerRelease.parse("9") == ControllerRelease(ControllerVersion.V9_0)


@pytest.mark.parametrize("text", ["9.1", "9.1.0", "9.0.", "9.0.01", "9.0.1.2", "9.0.x", "v9.0", "", " 9.0", "9.0\n", 9, 9.0, None])
def test_anything_else_is_refused_with_the_known_releases(text: object) -> None:
    with pytest.raises(ValueError, match=r"8\.1, 8\.2, 9\.0 or 10\.0, or a whole release"):
        ControllerRelease.parse(text)


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        *((text, Ternary.NO) for text in ("8.1", "8.2", "8.2.99", "9.0.0", "9.0.9")),
        ("9.0", Ternary.MAYBE),
        *((text, Ternary.YES) for text in ("9.0.10", "9.0.11", "10.0", "10.0.0")),
    ],
)
def test_decryption_goes_with_snat_from_9_0_10(text: str, answer: Ternary) -> None:
    assert ControllerRelease.parse(text).decrypts_with_snat is answer


def test_the_first_release_that_decrypts_with_snat_is_one() -> None:
    assert ControllerRelease.parse(get_first_release_with_snat()).decrypts_with_snat is Ternary.YES
