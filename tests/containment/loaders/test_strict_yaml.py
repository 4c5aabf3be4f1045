"""One strict reader for every YAML file: what two readers could understand differently is refused, with its line."""

from __future__ import annotations

import ast
import re
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from containment.loaders.strict_yaml import StrictYamlError, load, load_as_cloud_init, read, resolve_plain

ROOT = Path(__file__).parents[3]
PRODUCT = sorted(path for folder in ("containment", "policypack", "components") for path in (ROOT / folder).rglob("*.py"))


def refused(text: str) -> str:
    with pytest.raises(StrictYamlError) as caught:
        load(text)
    return str(caught.value)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("a: 1\na: 1\n", "line 2, column 1: the key 'a' is already set at line 1"),
        ('a: 1\n"a": 2\n', "line 2, column 1: the key 'a' is already set at line 1"),
        ("'a': 1\nb: 2\na: 3\n", "line 3, column 1: the key 'a' is already set at line 1"),
        ("x:\n  - {a: 1, b: 2, a: 3}\n", "line 2, column 18: the key 'a' is already set at line 2"),
        ("- a:\n    b:\n      c: 1\n      c: 1\n", "line 4, column 7: the key 'c' is already set at line 3"),
        ('"\\x61": 1\na: 2\n', "line 2, column 1: the key 'a' is already set at line 1"),
    ],
)
def test_a_key_set_twice_at_any_depth_is_refused_with_both_lines(text: str, place: str) -> None:
    assert refused(text).startswith(place)


@pytest.mark.parametrize("key", ["1", "1.5", "true", "~", "2027-03-31", "0x1f"])
def test_a_key_that_is_no_text_is_refused_until_it_is_quoted(key: str) -> None:
    assert f'the key {key} is not a text; write it in quotes: "{key}"' in refused(f"{key}: x\n")
    assert load(f'"{key}": x\n') == {key: "x"}


@pytest.mark.parametrize("word", ["yes", "no", "on", "off", "y", "N", "Yes", "OFF"])
def test_a_word_that_older_readers_take_for_a_boolean_is_text_as_key_and_as_value(word: str) -> None:
    assert load(f"{word}: {word}\n") == {word: word}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("a: &x {b: 1}\nc:\n  <<: *x\n", "line 3, column 3: '<<' merges keys out of sight"),
        ("a: !!binary aGk=\n", "line 1, column 4: has the tag !!binary"),
        ("a: !!python/object/apply:os.system [x]\n", "has the tag !!python/object/apply:os.system"),
        ("a: !own x\n", "has the tag !own"),
        ("? [a]\n: b\n", "a key is a list or a mapping"),
        ("a: 1\n---\nb: 2\n", "is not YAML: but found another document"),
        ("a:\n\t- b\n", "is not YAML: found character that cannot start any token, a tab"),
        ("a: [\n", "is not YAML: "),
        ("a: *x\n", "is not YAML: found undefined alias"),
        ("\x00", "is not YAML: "),
        ("a: &x [*x]\n", "line 1, column 4: an alias is inside what it repeats"),
        ("[" * 3000 + "]" * 3000, "is nested more than 200 levels deep"),
        ("a: .inf\n", "line 1, column 4: .inf is not a finite number"),
        ("a: [-.Inf]\n", "line 1, column 5: -.Inf is not a finite number"),
        ("a: .nan\n", "line 1, column 4: .nan is not a finite number"),
    ],
    ids=range(15),
)
def test_what_hides_or_bends_a_value_is_refused(text: str, says: str) -> None:
    assert says in refused(text)


def test_aliases_may_repeat_a_value_and_may_not_repeat_without_end() -> None:
    assert load("a: &x [1, 2]\nb: *x\n") == {"a": [1, 2], "b": [1, 2]}
    bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
    bomb += "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 9))
    assert "aliases repeat too much" in refused(bomb)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2027-03-31", date(2027, 3, 31)),
        ("2027-3-1", date(2027, 3, 1)),
        ("2027-03-31T10:00:00Z", datetime(2027, 3, 31, 10, tzinfo=UTC)),
        ("2027-02-30", "2027-02-30"),
        ("2027-03-31T25:00:00Z", "2027-03-31T25:00:00Z"),
        ("012", 10),
        ("09", 9.0),
        ("0o17", 15),
        ("1_000", 1000),
        ("12:30", "12:30"),
        ("1e3", 1000.0),
        ("1e999", "1e999"),
        ("10.0.0.0/8", "10.0.0.0/8"),
        ("~", None),
        ("", None),
        ("-", "-"),
        (".", "."),
    ],
)
def test_plain_scalars_are_what_the_engines_parser_makes_of_them(text: str, value: Any) -> None:
    assert resolve_plain(text) == value
    assert type(resolve_plain(text)) is type(value)


@given(
    st.recursive(
        st.text(max_size=8) | st.integers() | st.booleans() | st.none() | st.dates(),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
        max_leaves=10,
    )
)
def test_data_without_surprises_is_read_as_it_was_written(data: Any) -> None:
    assert load(yaml.dump(data, Dumper=_QuotingDumper)) == _read_back(data)


class _QuotingDumper(yaml.SafeDumper):
    """Quotes every text: some plain texts are numbers in YAML 1.2 and not in PyYAML's 1.1, such as 0E0."""


_QuotingDumper.add_representer(str, lambda dumper, text: dumper.represent_scalar("tag:yaml.org,2002:str", text, style='"'))


def _read_back(data: Any) -> Any:
    if isinstance(data, dict):
        return {key: _read_back(item) for key, item in data.items()}
    if isinstance(data, list):
        return [_read_back(item) for item in data]
    return float(data) if isinstance(data, int) and not isinstance(data, bool) and not -(2**63) <= data < 2**64 else data


def test_a_byte_order_mark_and_an_empty_file_are_read(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text("\ufeffa: 1\n", encoding="utf-8")
    assert read(path) == {"a": 1}
    path.write_text("# nothing\n", encoding="utf-8")
    assert read(path) is None


def calls_a_yaml_reader(path: Path) -> bool:
    nodes = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    return any(isinstance(node, ast.Call) and re.fullmatch(r"yaml\.\w*load\w*", ast.unparse(node.func)) for node in nodes)


@pytest.mark.slow
def test_the_product_reads_yaml_with_this_reader_alone() -> None:
    assert [path.name for path in PRODUCT if calls_a_yaml_reader(path)] == ["strict_yaml.py"]


def test_a_cloud_config_is_read_as_cloud_init_reads_it() -> None:
    assert load_as_cloud_init("a: 1\na: yes\n") == {"a": True}
    with pytest.raises(ValueError, match="is not YAML"):
        load_as_cloud_init("a: [1")
