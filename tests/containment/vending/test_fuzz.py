"""No text of an agent file makes the loader crash, and none is an agent unless it can be written and read back as the same."""

from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from containment.loaders import strict_yaml
from containment.vending.loader import parse_agent, read_agents
from containment.vending.request import render_file
from tests.containment.vending.files import make_agent

VALID = render_file(make_agent("reviewer", harness="openclaw", size="small", forbiddenActions=["payment"]))
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.dates() | st.datetimes()
VALUES = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3))
KEYS = st.sampled_from(["stack", "owner", "purpose", "dataClassification", "until", "harness", "size", "forbiddenActions", "name", "class"])


FOREIGN = ["", "\n", ": ", "- ", "{", "&a ", "*a", "!!x ", "\t", "\x00", "é"]


@st.composite
def mutated(draw: st.DrawFn) -> str:
    """Return the text of a valid file with some cuts, copies and foreign characters."""
    text = VALID
    for _ in range(draw(st.integers(1, 6))):
        start = draw(st.integers(0, len(text)))
        end = draw(st.integers(start, min(len(text), start + 40)))
        text = text[:start] + draw(st.sampled_from([*FOREIGN, text[start:end] * 2])) + text[end:]
    return text


@settings(max_examples=300, deadline=None)
@given(mutated())
def test_a_mutated_file_is_an_agent_or_a_list_of_problems(text: str) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "agents").mkdir()
        (folder / "agents" / "reviewer.yaml").write_text(text, encoding="utf-8")
        found = read_agents(folder)
    assert len(found.agents) + bool(found.problems) == 1
    for agent in found.agents:
        assert parse_agent(agent.name, strict_yaml.load(render_file(agent)))[0] == agent


@settings(max_examples=300, deadline=None)
@given(st.dictionaries(KEYS, VALUES, max_size=8))
def test_any_values_are_an_agent_or_a_list_of_problems(document: dict[str, object]) -> None:
    agent, _, problems = parse_agent("reviewer", document)
    assert agent is not None or problems
    assert all(problem.what and problem.why and problem.fix for problem in problems)
