"""fleet.yaml: every mistake is reported at once, with the place and a fix, and the published schema is the model's."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest

from containment.errors import InputError
from containment.fleet.loader import load_fleet, parse_fleet
from tests.containment.fleet.conftest import SITES

REPOSITORY = Path(__file__).parents[3]


def problems_of(document: Any) -> dict[str, tuple[str, str]]:
    with pytest.raises(InputError) as raised:
        parse_fleet(document)
    return {one.where.removeprefix("fleet.yaml:"): (one.what, one.fix) for one in raised.value.problems}


def changed(site: str, **keys: Any) -> dict[str, Any]:
    sites = copy.deepcopy(SITES)
    sites[site] = {key: value for key, value in {**sites[site], **keys}.items() if value is not ...}
    return {"sites": sites}


def test_a_project_without_a_file_has_no_sites(tmp_path: Path) -> None:
    assert load_fleet(tmp_path).sites == {}


def test_a_whole_file_is_read() -> None:
    found = parse_fleet({"sites": SITES, "default": "us", "exclude": {"dev": "for trials"}})
    assert (found.sites["eu"].platform, str(found.sites["us"].cidrs[0]), found.exclude) == (
        "platform-eu",
        "10.64.0.0/12",
        {"dev": "for trials"},
    )


@pytest.mark.parametrize(
    ("document", "where", "fix"),
    [
        (changed("us", account=...), "sites.us.account", "account: NAME"),
        (changed("us", account=123456789012), "sites.us.account", '"123456789012"'),
        (changed("us", account=" "), "sites.us.account", "write it out"),
        (changed("us", regoin="us-east-1"), "sites.us.regoin", "write region"),
        (changed("us", region="us-esat-1"), "sites.us.region", "us-east-1"),
        (changed("us", controller="https://us.example.com/login"), "sites.us.controller", "write us.example.com"),
        (changed("us", cidrs=[]), "sites.us.cidrs", "10.64.0.0/12"),
        (changed("us", cidrs="10.64.0.0/12"), "sites.us.cidrs", "10.64.0.0/12"),
        (changed("us", cidrs=["10.65.3.0/12"]), "sites.us.cidrs.0", "write 10.64.0.0/12"),
        (changed("us", cidrs=[10]), "sites.us.cidrs.0", "as text"),
        (changed("us", cidrs=["10.64.0.1"]), "sites.us.cidrs.0", "ADDRESS/LENGTH"),
        (changed("us", cidrs=["10.64.0.0/12", "10.65.0.0/16"]), "sites.us.cidrs", "remove"),
        (changed("eu", cidrs=["10.72.0.0/13"]), "sites.eu.cidrs", "outside 10.64.0.0/12"),
        (changed("eu", platform="platform"), "sites.eu.platform", "platform-eu"),
        (changed("eu", controller="US.example.com"), "sites.eu.platform", "write platform: platform"),
        ({"sites": {"US East": SITES["us"]}}, "sites.US East", "write us-east"),
        ({"sites": {"coding": SITES["us"]}}, "sites.coding", "rename"),
        ({"sites": {"eu-enforce": SITES["us"]}}, "sites.eu-enforce", "rename"),
        ({"sites": SITES, "default": "uss"}, "default", "write us"),
        ({"sites": SITES, "exclude": {"dev": ""}}, "exclude.dev", "write it out"),
        ({"site": SITES}, "site", "write sites"),
        ([], "fleet.yaml", "write sites:"),
    ],
)
def test_a_mistake_is_reported_where_it_is_with_its_fix(document: Any, where: str, fix: str) -> None:
    found = problems_of(document)
    assert where in found, found
    assert fix in found[where][1], found


def test_all_mistakes_are_reported_at_once() -> None:
    document = changed("us", account=..., cidrs=["10.65.3.0/12"])
    document["sites"]["eu"]["controller"] = "a b"
    assert set(problems_of(document)) == {"sites.us.account", "sites.us.cidrs.0", "sites.eu.controller"}


@pytest.mark.parametrize("text", ["sites: {us: {}, us: {}}", "sites: [", "\tsites: {}", "a: &x [*x]"])
def test_text_that_two_parsers_read_differently_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "fleet.yaml").write_text(text)
    with pytest.raises(InputError, match=r"fleet\.yaml"):
        load_fleet(tmp_path)


def test_the_shipped_file_is_accepted_and_leaves_out_what_owns_a_whole_controller() -> None:
    assert set(load_fleet(REPOSITORY).exclude) == {"dev"}
