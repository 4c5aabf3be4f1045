"""The reviewed APIs cover every model gateway of the catalog, contradict nothing, and are read whole or not at all."""

from __future__ import annotations

import shutil
from itertools import combinations
from pathlib import Path

import pytest

from containment.credential_gateway.api import MODEL, BodyKind, RefusedKind
from containment.errors import InputError
from containment.loaders.presets import find_presets_folder, load_library
from containment.names import WebGroupId
from containment.patterns.domain import DomainPattern
from containment.ternary import Ternary
from tests.containment.credential_gateway.samples import APIS

MODELS = {name: api for name, api in APIS.items() if any(MODEL in one.parameters for one in api.operations)}


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    return Path(shutil.copytree(find_presets_folder(), tmp_path / "presets"))


def find_problems(folder: Path) -> list[str]:
    with pytest.raises(InputError) as caught:
        load_library(folder)
    return [str(problem) for problem in caught.value.problems]


def test_every_approved_model_gateway_has_a_reviewed_api() -> None:
    gateways = [found for found in load_library().sets.values() if found.web_group is WebGroupId.MODEL_GATEWAYS]
    hosts = [entry.pattern for found in gateways for entry in found.entries]
    assert hosts
    assert all(any(api.matches_host(host) for api in MODELS.values()) for host in hosts)


def test_no_host_has_two_apis() -> None:
    for one, two in combinations(APIS.values(), 2):
        for first in one.hosts:
            assert all(DomainPattern.parse(first).overlaps(DomainPattern.parse(second)) is Ternary.NO for second in two.hosts)


@pytest.mark.parametrize("name", MODELS)
def test_a_model_api_refuses_by_name_what_keeps_data_at_the_provider(name: str) -> None:
    kinds = {refused.kind for refused in APIS[name].refused}
    assert kinds >= {RefusedKind.UPLOADS, RefusedKind.FINE_TUNING, RefusedKind.BATCHES, RefusedKind.STORED_STATE} or name == "anthropic"
    assert kinds >= {RefusedKind.UPLOADS, RefusedKind.BATCHES}


@pytest.mark.parametrize("name", MODELS)
def test_every_call_of_a_model_names_it_and_refuses_references(name: str) -> None:
    assert APIS[name].references
    assert all(MODEL in one.parameters for one in APIS[name].operations if one.body is BodyKind.JSON)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("path: /v1/embeddings", "path: /v1/files", "permits /v1/files and refuses files"),
        ("path: /v1/embeddings", "path: v1/embeddings", "is not a path"),
        ("path: /v1/embeddings", "path: /v1/../embeddings", "segment '.' or '..'"),
        ("path: /v1/embeddings", "path: '/v1/{model}{other}'", "two parameters in one segment"),
        ("path: /v1/embeddings", "path: '/v1/*'", "permits"),
        ("name: embeddings", "name: completions", "two operations named completions"),
        ("body: none", "body: opaque", "needs contentTypes"),
        ("methods: [GET]", "methods: [get]", "is not one of GET"),
        ("scheme: bearer", "scheme: basic", "basic without a user"),
        ("scheme: bearer", "scheme: digest", "bearer"),
        ("header: authorization", "header: accept", "permits the client's own accept"),
        ("header: authorization", "header: content-type", "frames the message"),
        ("accept:", "Accept:", "lower case"),
        ("tools: {keys: [function, type]", "tools: {field: other, keys: [function, type]", "judges other"),
        ("hosts: [integrate.api.nvidia.com", "hosts: ['*.com'", "is not a host"),
        ("hosts: [integrate.api.nvidia.com", "hosts: ['*'", "host"),
        ("owner: NVIDIA\n", "", "owner"),
        ("source: vendor documentation", "source: everybody knows", "looked up"),
        ("title:", "unknown: 1\ntitle:", "unknown"),
        ("title:", "name: x\ntitle:", "name of its file"),
    ],
)
def test_a_mistake_in_a_file_is_found(copy: Path, old: str, new: str, said: str) -> None:
    path = copy / "credentials" / "nvidia.yaml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    if said == "permits":
        assert load_library(copy).credential_apis["nvidia"].operations[2].path.match("/v1/x") is None, (
            "a star is a character, never a wildcard"
        )
        return
    assert any(said in problem for problem in find_problems(copy)), find_problems(copy)


@pytest.mark.parametrize("content", [b"", b"[1]", b"\xff", b"a: 1\na: 2"])
def test_a_file_that_cannot_be_read_is_named_with_every_other_one(copy: Path, content: bytes) -> None:
    for name in ("nvidia", "openai"):
        (copy / "credentials" / f"{name}.yaml").write_bytes(content)
    found = " ".join(find_problems(copy))
    assert "presets/credentials/nvidia.yaml" in found
    assert "presets/credentials/openai.yaml" in found
