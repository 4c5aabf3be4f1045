"""What the SDK sends is what the bridged provider's schema names, property by property, however a program writes it."""

from __future__ import annotations

import re
import typing
from pathlib import Path
from typing import Any

import pulumi_aviatrix as aviatrix
import pytest
from pulumi import _types, get_type_token

from containment_lab.wire import unwrap_values

SCALARS: dict[str, tuple[type, Any]] = {"string": (str, "text"), "number": (float, 7), "boolean": (bool, True)}
PROPERTY = re.compile(r"(\w+):([\w\[\]]+)(!?)")


def read_table() -> dict[str, dict[str, tuple[str, bool]]]:
    """Return {type or resource name: {property: (type, required)}} from properties.txt."""
    table = {}
    for line in Path(__file__).with_name("properties.txt").read_text().splitlines():
        if not line.startswith("#"):
            head, properties = line.split(": ", 1)
            table[head] = {name: (type_, bool(mark)) for name, type_, mark in PROPERTY.findall(properties)}
    return table


TABLE = read_table()
RESOURCES = [head for head in TABLE if head[0].islower() and " " not in head and head != "provider"]
NESTED = [head.removeprefix("type ") for head in TABLE if head.startswith("type ")]
NEWER_OUTPUTS = {"SmartGroup": {"uuid"}, "WebGroup": {"uuid"}, "DcfTlsProfile": {"uuid"}, "DcfIpsProfile": {"uuid"}}


def snake_case(name: str) -> str:
    return re.sub(r"(?<!^)([A-Z])", lambda match: "_" + match[1].lower(), name)


def sample(type_: str, form: str) -> Any:
    """Return a value of a table type with every property set: as the provider sees it (`wire`), as a dict, or as an args object."""
    if type_.startswith("list["):
        return [sample(type_[5:-1], form)]
    if type_ == "map[string]":
        return {"Some_key": "v", "someKey": "w"}
    if type_ in SCALARS:
        return SCALARS[type_][1]
    return sample_object(TABLE[f"type {type_}"], type_, form)


def sample_object(properties: dict[str, tuple[str, bool]], name: str, form: str) -> Any:
    if form == "wire":
        return {key: sample(type_, form) for key, (type_, _) in properties.items()}
    values = {snake_case(key): sample(type_, form) for key, (type_, _) in properties.items()}
    return getattr(aviatrix, f"{name}Args")(**values) if form == "args" else values


@pytest.mark.slow
@pytest.mark.parametrize("head", RESOURCES)
@pytest.mark.parametrize("form", ["dict", "args"])
def test_every_property_of_a_resource_travels_under_its_schema_name(engine: Any, head: str, form: str) -> None:
    name = head.split(":")[1]
    values = {snake_case(key): sample(type_, form) for key, (type_, _) in TABLE[head].items()}
    sent = engine(lambda: getattr(aviatrix, name)("it", **values))
    assert sent.named("it").type == f"aviatrix:index/{head}"
    assert sent.named("it").packageRef == "ref-9.0.10"
    assert unwrap_values(sent.inputs("it")) == sample_object(TABLE[head], name, "wire")


@pytest.mark.parametrize("head", RESOURCES)
def test_an_args_object_sends_the_same_as_keywords(engine: Any, head: str) -> None:
    name = head.split(":")[1]
    sent = engine(lambda: getattr(aviatrix, name)("it", sample_object(TABLE[head], name, "args")))
    assert unwrap_values(sent.inputs("it")) == sample_object(TABLE[head], name, "wire")


@pytest.mark.parametrize("head", RESOURCES)
def test_only_what_a_program_sets_is_sent(engine: Any, head: str) -> None:
    name = head.split(":")[1]
    required = {key: type_ for key, (type_, needed) in TABLE[head].items() if needed}
    sent = engine(lambda: getattr(aviatrix, name)("it", **{snake_case(key): sample(type_, "dict") for key, type_ in required.items()}))
    assert unwrap_values(sent.inputs("it")) == {key: sample(type_, "wire") for key, type_ in required.items()}


@pytest.mark.parametrize("head", RESOURCES)
def test_a_missing_required_property_stops_the_program_by_name(engine: Any, head: str) -> None:
    name = head.split(":")[1]
    required = [key for key, (_, needed) in TABLE[head].items() if needed]
    for missing in required:
        values = {snake_case(key): sample(type_, "dict") for key, (type_, _) in TABLE[head].items() if key != missing}
        engine(lambda values=values: getattr(aviatrix, name)("it", **values), error=f"Missing required property '{snake_case(missing)}'")


def args_types() -> list[tuple[str, str]]:
    pairs = [("provider", "Provider"), *((head, head.split(":")[1]) for head in RESOURCES)]
    return [*pairs, *((f"type {name}", name) for name in NESTED)]


@pytest.mark.parametrize(("head", "name"), args_types())
def test_input_classes_have_the_schemas_properties_types_and_requirements(head: str, name: str) -> None:
    cls = getattr(aviatrix, f"{name}Args")
    declared = _types.input_type_types(cls)
    assert set(declared) == set(TABLE[head])
    for key, (type_, required) in TABLE[head].items():
        assert matches(declared[key], type_), f"{name}.{key}: {declared[key]} is not {type_}"
        values = {snake_case(other): "x" for other, (_, needed) in TABLE[head].items() if needed and other != key}
        if required:
            with pytest.raises(TypeError, match=snake_case(key)):
                cls(**values)
        else:
            cls(**values)


def matches(declared: Any, type_: str, module: Any = aviatrix, suffix: str = "Args") -> bool:
    """Tell whether a Python type is what the table says, looking inside lists and maps; nested types are `module`'s, with `suffix`."""
    if type_.startswith("list["):
        return matches(_types.unwrap_type(typing.get_args(declared)[0]), type_[5:-1], module, suffix)
    if type_ == "map[string]":
        return _types.unwrap_type(typing.get_args(declared)[1]) is str
    return declared is (SCALARS[type_][0] if type_ in SCALARS else getattr(module, f"{type_}{suffix}"))


@pytest.mark.parametrize("name", NESTED)
def test_a_dict_twin_has_the_keys_and_requirements_of_its_class(name: str) -> None:
    twin = getattr(aviatrix, f"{name}ArgsDict")
    table = TABLE[f"type {name}"]
    assert twin.__required_keys__ | twin.__optional_keys__ == {snake_case(key) for key in table}
    required = {
        key for key, hint in typing.get_type_hints(twin, include_extras=True).items() if typing.get_origin(hint) is not typing.NotRequired
    }
    assert required == {snake_case(key) for key, (_, needed) in table.items() if needed}


@pytest.mark.parametrize("head", RESOURCES)
def test_a_resource_exposes_every_input_and_its_token(head: str) -> None:
    cls = getattr(aviatrix, head.split(":")[1])
    outputs = _types.resource_types(cls)
    assert set(TABLE[head]) <= set(outputs)
    assert NEWER_OUTPUTS.get(head.split(":")[1], set()) <= set(outputs)
    assert get_type_token(cls) == f"aviatrix:index/{head}"
    for key, (type_, _) in TABLE[head].items():
        bare = type_.removeprefix("list[").removesuffix("]")
        if f"type {bare}" in TABLE:
            found = typing.get_args(outputs[key])[0] if type_.startswith("list[") else outputs[key]
            assert found is getattr(aviatrix.outputs, bare)
            declared = _types.output_type_types(found)
            assert set(declared) == set(TABLE[f"type {bare}"])
            for field, (field_type, _) in TABLE[f"type {bare}"].items():
                assert matches(declared[field], field_type, aviatrix.outputs, ""), f"{bare}.{field}: {declared[field]} is not {field_type}"
        else:
            assert matches(outputs[key], type_, aviatrix.outputs, ""), f"{head}.{key}: {outputs[key]} is not {type_}"


def test_the_table_names_all_that_the_package_has() -> None:
    resources = {name for name in aviatrix.__all__ if isinstance(getattr(aviatrix, name), type) and hasattr(getattr(aviatrix, name), "get")}
    assert resources - {name for name in resources if name.endswith("ArgsDict")} == {head.split(":")[1] for head in RESOURCES}
    assert len(RESOURCES) == 15
    assert len(NESTED) == 14
