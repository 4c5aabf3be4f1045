"""The shipped presets are what the seeds say, row by row; the seeds' words are data in tests/seeds/."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from containment.catalog.preset import Library
from containment.names import WebGroupId
from containment.patterns.domain import DomainPattern
from containment.ternary import Ternary

SEEDS = Path(__file__).parents[1] / "seeds"


def load(name: str) -> Any:
    return yaml.safe_load((SEEDS / name).read_text(encoding="utf-8"))


APPENDIX: list[dict[str, Any]] = load("appendix.yaml")["rows"]
NAMES = [(row, name) for row in APPENDIX for name in row["names"]]
CLASSES: dict[str, dict[str, Any]] = load("classes.yaml")["classes"]
SEED_CLASSES = {
    "Locked-down demo",
    "Coding agent",
    "Research agent",
    "Support agent",
    "Regulated-data agent",
    "Coding",
    "Research",
    "Support",
    "Regulated data",
}
"""The first column of both class tables."""
GROUPS: list[dict[str, Any]] = load("web-groups.yaml")["groups"]


def items(cell: str) -> list[str]:
    """Cut a table cell into its items, as its commas do."""
    return [item.strip() for item in cell.rstrip(".").split(",")]


def patterns_of(library: Library, row: dict[str, Any]) -> tuple[DomainPattern, ...]:
    return library.sets[row["set"]].make_patterns(row.get("region", "us-east-1"))


@pytest.mark.parametrize("row", APPENDIX, ids=lambda row: row["set"])
def test_every_name_of_an_appendix_row_is_listed_for_it(row: dict[str, Any]) -> None:
    """The names beside a quote are all the names in it; the AWS row abbreviates, so its names are built from its parts."""
    cell = row["quote"].split("\t")[1]
    if row["set"] == "aws-infra":
        services, suffix = cell.split(" (")[0].split(" .<region>")
        said = [f"{service.strip()}.{row['region']}{suffix}" for service in services.split("/")]
    else:
        said = [name for name in items(cell) if name and name != "..."]
    assert row["names"] == said


@pytest.mark.parametrize(("row", "name"), NAMES, ids=[name for _, name in NAMES])
def test_a_name_of_the_appendix_is_covered_or_narrowed_for_a_reason(library: Library, row: dict[str, Any], name: str) -> None:
    patterns, narrowed = patterns_of(library, row), row.get("narrowed", {}).get(name)
    covered = any(pattern.covers(DomainPattern.parse(name)) is Ternary.YES for pattern in patterns)
    if narrowed is None:
        assert covered, f"{row['set']} does not cover {name}, and gives no reason"
        return
    assert not covered, f"{name} is covered: the reason for narrowing it is out of date"
    assert len(narrowed["reason"].split()) > 5
    assert all(DomainPattern.parse(name).covers(DomainPattern.parse(part)) is Ternary.YES for part in narrowed["to"] + narrowed["not"])
    assert {DomainPattern.parse(part) for part in narrowed["to"]} <= set(patterns)
    assert not any(pattern.matches(part) is not Ternary.NO for pattern in patterns for part in narrowed["not"])


def test_an_aws_name_follows_the_region_of_the_stack(library: Library) -> None:
    there, here = (set(library.sets["aws-infra"].make_patterns(region)) for region in ("us-east-1", "eu-central-1"))
    assert there.isdisjoint(here)
    assert not any("{" in pattern.text or "*" in pattern.text for pattern in there | here)


@pytest.mark.parametrize("name", CLASSES)
def test_a_class_quotes_the_seeds_table_item_by_item(library: Library, name: str) -> None:
    preset, rows = library.presets[name], CLASSES[name]["rows"]
    for key, quoted in (("permits", preset.permits), ("denies", preset.denies)):
        said = list(dict.fromkeys(item for row in rows if key in row for item in items(row[key])))
        assert all(row[key] in row["quote"] for row in rows if key in row)
        assert sorted(quoted) == sorted(said)
        assert sorted(CLASSES[name][key]) == sorted(said), f"{name}: tests/seeds/classes.yaml says what becomes of each item"
    assert preset.stance in {row["stance"] for row in rows if "stance" in row and row["stance"] in row["quote"]}


@pytest.mark.parametrize("name", CLASSES)
def test_each_item_of_a_class_is_made_true_by_its_sets(library: Library, name: str) -> None:
    preset = library.presets[name]
    permitted, denied = set(library.get_permitted_sets(preset, preset.harness)), set(preset.deny_sets)
    for key, has in (("permits", permitted), ("denies", denied)):
        for item, made in CLASSES[name][key].items():
            assert made, f"{name} {key} {item!r}: nothing says how it is met"
            assert set(made.get("sets", ())) <= has, f"{name} {key} {item!r}"
            assert permitted.isdisjoint(made.get("not_permitted", ())), f"{name} {key} {item!r}"
            assert set(made.get("not_permitted", ())) <= set(library.sets), f"{name} {key} {item!r} names a set that is gone"


def test_every_class_with_a_seed_row_is_shipped(library: Library) -> None:
    """The other way round is no rule: a class of a company's own has no row in a seed."""
    assert set(CLASSES) <= set(library.presets)
    assert {row["quote"].split("\t")[0].split(" | ")[0] for found in CLASSES.values() for row in found["rows"]} >= SEED_CLASSES


def test_the_object_table_names_every_web_group_and_its_sets(library: Library) -> None:
    ours = {WebGroupId.DOH_RESOLVERS, WebGroupId.PASTE_AND_WEBHOOKS, WebGroupId.DECRYPTED_URLS}
    assert {group["name"] for group in GROUPS} == {group.value for group in WebGroupId} - {group.value for group in ours}
    for group in GROUPS:
        assert {name for name, found in library.sets.items() if found.web_group.value == group["name"]} == set(group["sets"]), group["name"]
