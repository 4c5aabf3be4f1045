"""The lab's machine images: distinct, well-formed, and documented as they are."""

from __future__ import annotations

import re
from pathlib import Path

from containment_lab.cloud.image_list import IMAGES
from containment_lab.simulators import PREPARED_IMAGE

PAGE = Path(__file__).parents[3] / "docs" / "lab-engine.md"


def test_images_have_ids_and_parameters_of_their_own() -> None:
    assert all(re.fullmatch(r"ami-[0-9a-f]{17}", each.id) for each in IMAGES)
    assert (
        len({each.id for each in IMAGES}) == len({each.name for each in IMAGES}) == len({each.parameter for each in IMAGES}) == len(IMAGES)
    )
    assert IMAGES[0].id == PREPARED_IMAGE


def test_the_page_lists_the_images_that_there_are() -> None:
    rows = re.findall(r"^\| `(ami-\w+)` \| `([^`]+)` \| (\w+) \|$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert rows == [(each.id, each.name, each.architecture) for each in IMAGES]
