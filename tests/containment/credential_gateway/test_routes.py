"""A route names one exact host, one secret, and every name that a request may have; every mistake is reported at once."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from containment.credential_gateway.route import RouteEntry, build_routes
from containment.errors import InputError
from tests.containment.credential_gateway.samples import APIS, AZURE, GITHUB, NVIDIA, OPENAI, make_entry


def find_problems(*entries: RouteEntry) -> str:
    with pytest.raises(InputError) as caught:
        build_routes("coding", entries, APIS, "Pulumi.x.yaml:credentialGateway.routes")
    return str(caught.value)


def test_a_wildcard_api_is_bound_to_the_one_host_of_the_route() -> None:
    table = build_routes("coding", [make_entry(AZURE)], APIS, "x")
    assert table.find("coding", AZURE) is not None
    assert table.find("coding", "attacker.openai.azure.com") is None
    assert table.find("research", AZURE) is None


def test_each_secret_is_read_once() -> None:
    table = build_routes(
        "coding", [make_entry(NVIDIA), make_entry("inference-api.nvidia.com", secret=make_entry(NVIDIA).secret)], APIS, "x"
    )
    assert table.secrets == (make_entry(NVIDIA).secret,)


def test_every_problem_is_reported_with_its_place() -> None:
    text = find_problems(make_entry("api.example.com"), make_entry(NVIDIA, names={}), make_entry(OPENAI), make_entry(OPENAI))
    assert "routes.0.host: api.example.com is a host of no API" in text
    assert "routes.1.names: lists no model" in text
    assert "routes.3.host: api.openai.com is there twice" in text


def test_an_empty_list_of_models_permits_nothing_and_is_refused() -> None:
    assert "lists no model" in find_problems(make_entry(NVIDIA, names={"model": []}))


def test_a_name_that_nothing_reads_is_refused() -> None:
    assert "has no parameter models" in find_problems(make_entry(NVIDIA, names={"model": ["m"], "models": ["m"]}))
    assert "lists no owner" in find_problems(make_entry(GITHUB, names={"repository": ["r"]}))


def test_a_gateway_without_a_route_is_refused() -> None:
    assert "has no entry" in find_problems()


@pytest.mark.parametrize(
    "values",
    [
        {"host": "*.example.com"},
        {"host": "localhost"},
        {"host": "https://api.example.com"},
        {"secret": "models/nvidia"},
        {"secret": "arn:aws:secretsmanager:us-east-1:123456789012:secret:models/*"},
        {"secret": "arn:aws:secretsmanager:us-east-1:123456789012:secret:models/nvidia"},
        {"names": {"model": ["*"]}},
        {"names": {"model": ["a b"]}},
        {"names": {"model": [""]}},
        {"max_body_bytes": 0},
        {"max_body_bytes": 10**9},
        {"key": "sk-1"},
    ],
    ids=str,
)
def test_an_entry_that_is_not_exact_is_refused(values: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        RouteEntry.model_validate({"host": NVIDIA, "secret": make_entry(NVIDIA).secret, "names": {"model": ["m"]}, **values})
