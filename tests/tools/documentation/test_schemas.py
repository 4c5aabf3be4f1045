"""The published JSON Schemas are the models', and the one of agent files agrees with their loader."""

from __future__ import annotations

import json

import pytest
from jsonschema import Draft202012Validator

from containment.vending.loader import parse_agent
from tests.containment.vending.files import CONTENT
from tests.containment.vending.test_loader import MISTAKES
from tests.support.child import REPOSITORY
from tools.documentation.reference import SCHEMA_FOLDER, build_agent_schema, render_schemas

STRICTER = {"an owner that is no tag", "an owner without a word", "a purpose of two lines", "a day that does not exist"}
"""Mistakes that only the loader finds."""


def test_the_published_files_are_current_and_named_where_people_write() -> None:
    for name, text in render_schemas(REPOSITORY).items():
        assert (REPOSITORY / SCHEMA_FOLDER / name).read_text() == text, "run python -m tools.pages --write"
    assert f"$schema={SCHEMA_FOLDER}/fleet.schema.json" in (REPOSITORY / "fleet.yaml").read_text()


def test_the_schema_is_valid_and_accepts_what_the_loader_accepts() -> None:
    Draft202012Validator.check_schema(build_agent_schema())
    full = {**CONTENT, "harness": "openclaw", "size": "small", "forbiddenActions": ["payment"]}
    for content in (CONTENT, full):
        assert parse_agent("a", content)[0] is not None
        assert list(Draft202012Validator(build_agent_schema()).iter_errors(content)) == []


@pytest.mark.parametrize("mistake", sorted(MISTAKES.keys() - STRICTER), ids=str)
def test_the_schema_refuses_what_the_loader_refuses(mistake: str) -> None:
    content = {key: value for key, value in {**CONTENT, **MISTAKES[mistake][0]}.items() if value is not None}
    if not isinstance(content.get("until", ""), str | int):
        content["until"] = str(content["until"])  # JSON has no times
    plain = json.loads(json.dumps(content))
    errors = list(Draft202012Validator(build_agent_schema(), format_checker=Draft202012Validator.FORMAT_CHECKER).iter_errors(plain))
    assert errors
