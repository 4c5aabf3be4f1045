"""An edit by position has exactly the wanted content, keeps every comment, and is the same when it is repeated."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from containment.loaders import strict_yaml
from containment.promotion.yaml_edit import CannotEditError, set_list_item

ITEM = {"name": "a.b.example", "owner": 'team: x "y" # z', "until": "2027-03-31"}
PATH = ("config", "agent-containment:K")


def is_it(raw: Any) -> bool:
    return raw == "a.b.example" or (isinstance(raw, dict) and raw.get("name") == "a.b.example")


def edit(text: str) -> str:
    return set_list_item(text, PATH, ITEM, is_it, {"agent-containment:K": "K"})


TEXTS = [
    "",
    "# c\n",
    "config:\n  x: 1 # c\n# end\n",
    "config: {}\n",
    "config: {a: 1}\n",
    "config:\n",
    "config: # c\n",
    "config:\n  agent-containment:K: [] # no\n  z: 1\n",
    "config:\n  K:   # why\n  z: 1\n",
    "config:\n  K: null # why\n",
    "config:\n  K:\n    - q # x\n    # more\n  z: 2\n",
    "config:\n  K:\n  - q\n  - a.b.example   # old\n  # more\n  z: 2\n",
    "config:\n  K: [q, a.b.example]\n",
    "config:\n  K: [q, z,]",
    "config:\n  agent-containment:K:\n    - name: a.b.example\n      owner: |\n        text\n    - r\n",
    "config:\n  K:\n    - owner: x\n      name: a.b.example  # why\n\n    # next\n    - z\n",
    "config:\n  K:\n    - q: |\n        abc\n\n# c\n",
    "config:\r\n  K:\r\n    - a.b.example # c\r\n    - z",
    'config:\n  K:\n    - name: a.b.example\t\n      owner: "q"\t\n    - "z"\t# c',
    "\ufeffconfig:\n  K:\n    - 😀漢 # c\n    - a.b.example # old\n  z: 1\n",
]


@pytest.mark.parametrize("byte_order_mark", ["", "\ufeff"])
@pytest.mark.parametrize("end", ["\n", "", "\t", " # c\n"])
def test_an_item_that_is_there_already_changes_no_byte(end: str, byte_order_mark: str) -> None:
    text = byte_order_mark + "config:\n  K:\n    - {until: '2027-03-31',  name: 'a.b.example', owner: 'team: x \"y\" # z'}" + end
    assert set_list_item(text, PATH, {"until": "2027-03-31", "name": "a.b.example", "owner": ITEM["owner"]}, is_it, {PATH[-1]: "K"}) == text


@pytest.mark.parametrize("text", TEXTS)
def test_the_item_is_set_and_comments_stay(text: str) -> None:
    found = edit(text)
    config = strict_yaml.load(found.replace("\r\n", "\n"))["config"]
    items = config.get("K") or config["agent-containment:K"]
    assert [one for one in items if is_it(one)] == [ITEM]
    assert edit(found) == found
    for comment in ("# c", "# end", "# no", "# why", "# more", "# old", "# next"):
        assert found.count(comment) == text.count(comment), comment
    assert found.count("\r\n") == (found.count("\n") if "\r\n" in text else 0)


@pytest.mark.parametrize(
    "text",
    [
        "x: &A [q]\nconfig:\n  K: *A\n",
        "config:\n  K: '[\"q\"]'\n",
        "config: [a]\n",
        "[a]\n",
        "config:\n  K: {secure: x}\n",
        "{config\n\n}\n",
        "? config\n",
        "? config # x: y\n",
    ],
)
def test_a_form_without_a_certain_position_is_refused(text: str) -> None:
    with pytest.raises(CannotEditError):
        edit(text)


PLAIN = st.text(st.characters(codec="ascii", categories=["L", "N", "P", "S", "Zs"]), max_size=20)


@given(names=st.lists(st.from_regex(r"[a-z]{1,8}\.example", fullmatch=True), unique=True, max_size=5), flow=st.booleans(), owner=PLAIN)
def test_any_list_keeps_its_other_items_and_any_text_is_read_back(names: list[str], flow: bool, owner: str) -> None:
    text = yaml.safe_dump({"config": {"K": names, "z": 1}}, default_flow_style=flow)
    item = {**ITEM, "owner": owner}
    found = set_list_item(text, ("config", "K"), item, is_it)
    assert strict_yaml.load(found) == {"config": {"K": [*names, item], "z": 1}}
