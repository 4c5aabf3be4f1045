"""moto's lookups are done once, with the answers that moto has."""

from __future__ import annotations

import inspect
import os

import pytest
from moto import backends
from moto.core import responses, utils
from moto.ec2.responses import EC2Response

from containment_lab.cloud.server import keep_lookups


def test_the_second_lookup_has_moto_s_answer_without_a_search(monkeypatch: pytest.MonkeyPatch) -> None:
    for owner, name in ((backends, "list_of_moto_modules"), (responses, "method_names_from_class")):
        monkeypatch.setattr(owner, name, getattr(owner, name))  # so that it is as before afterwards
    packages, methods = set(backends.list_of_moto_modules()), utils.method_names_from_class(EC2Response)
    keep_lookups()
    assert responses.method_names_from_class(EC2Response) == methods
    searches = list[object]()
    monkeypatch.setattr(inspect, "getmembers", lambda *asked, **_: searches.append(asked) or [])
    monkeypatch.setattr(os, "listdir", lambda *asked: searches.append(asked) or [])
    assert responses.method_names_from_class(EC2Response) == methods
    assert set(backends.list_of_moto_modules()) == packages > {"ec2", "iam"}
    assert searches == []
