"""A Create whose answer the engine never got is neither lost nor done twice; half a Create is taken away again."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import Any

import pytest

from containment_lab.home import LabHome
from containment_lab.providers.handler import Call, Handler, Props, RefusedError
from containment_lab.providers.journal import Entry, Journal
from containment_lab.providers.recovery import Recovery
from containment_lab.testing import cloud_faults as faults
from tests.support.cloud_inventory import find_differences, read_inventory


class Shelf(Handler):
    """A cloud of its own, whose create has two steps; the second can be made to fail."""

    token = "test:index:Thing"
    autoname = "name"
    replace_on = frozenset({"kind"})

    def __init__(self) -> None:
        self.things: dict[str, Props] = {}
        self.made = 0
        self.break_second_step = self.break_delete = False
        self.slow = 0.0

    def create(self, call: Call, inputs: Props) -> tuple[str, Props]:
        time.sleep(self.slow)
        self.made += 1
        ident = f"t-{self.made}"
        self.things[ident] = dict(inputs)
        call.claim(ident)
        if self.break_second_step:
            raise RefusedError("the second step failed")
        return ident, {"serial": self.made}

    def read(self, call: Call, ident: str, state: Props) -> Props | None:
        return self.things.get(ident)

    def delete(self, call: Call, ident: str, state: Props) -> None:
        if self.break_delete:
            raise RefusedError("deleting failed")
        self.things.pop(ident, None)


class Cloud(Shelf):
    """One that does the same create once, and can fail before or after it did."""

    replays = True

    def __init__(self) -> None:
        super().__init__()
        self.done: dict[str, str] = {}
        self.fails: list[str] = []

    def is_uncertain(self, error: Exception) -> bool:
        return isinstance(error, TimeoutError)

    def create(self, call: Call, inputs: Props) -> tuple[str, Props]:
        fails = self.fails.pop(0) if self.fails else ""
        if fails == "before":
            raise TimeoutError
        if fails == "refused":
            raise RefusedError("no")
        if call.once not in self.done:
            self.made += 1
            self.done[call.once] = f"t-{self.made}"
            self.things[f"t-{self.made}"] = dict(inputs)
        if fails == "after":
            raise TimeoutError
        call.claim(self.done[call.once])
        return self.done[call.once], {}


URN = "urn:pulumi:s::p::test:index:Thing::one"


@pytest.fixture
def shelf() -> Shelf:
    return Shelf()


@pytest.fixture
def provider(shelf: Shelf, tmp_path: Path) -> Recovery:
    return Recovery(Journal(tmp_path / "journal"))


def create(provider: Recovery, shelf: Shelf, inputs: Props, urn: str = URN) -> tuple[str, Props]:
    return provider.create(shelf, Call(urn, shelf.token, urn.rsplit("::", 1)[-1]), inputs)


def acknowledge(provider: Recovery, ident: str) -> None:
    provider.journal.forget(URN, ident)


def test_the_same_create_again_gives_the_same_thing(provider: Recovery, shelf: Shelf) -> None:
    first, _ = create(provider, shelf, {"name": "one-1234567", "a": 1})
    again, outputs = create(provider, shelf, {"name": "one-89abcde", "a": 1})
    assert again == first, "the made-up name differs, as it does in a second run; the request is the same"
    assert outputs["name"] == "one-1234567", "and the outputs say what is there"
    assert len(shelf.things) == 1


def test_a_create_after_an_acknowledged_one_is_a_new_thing(provider: Recovery, shelf: Shelf) -> None:
    first, _ = create(provider, shelf, {"name": "x", "a": 1})
    acknowledge(provider, first)
    second, _ = create(provider, shelf, {"name": "x", "a": 1})
    assert second != first
    assert len(shelf.things) == 2


def test_an_undelivered_create_gives_way_to_one_with_other_inputs(provider: Recovery, shelf: Shelf) -> None:
    first, _ = create(provider, shelf, {"name": "x", "a": 1})
    second, _ = create(provider, shelf, {"name": "x", "a": 2})
    assert list(shelf.things) == [second]
    assert first != second


def test_a_delivered_create_is_never_deleted_on_suspicion(provider: Recovery, shelf: Shelf) -> None:
    create(provider, shelf, {"name": "x", "a": 1})
    provider.journal.confirm_delivery(URN)
    create(provider, shelf, {"name": "x", "a": 2})
    assert len(shelf.things) == 2, "the engine may know the first; it is left alone"


def test_half_a_create_is_taken_away_again(provider: Recovery, shelf: Shelf) -> None:
    shelf.break_second_step = True
    with pytest.raises(RefusedError, match="second step"):
        create(provider, shelf, {"name": "x"})
    assert shelf.things == {}
    assert provider.journal.get(URN) is None


def test_half_a_create_that_cannot_be_taken_away_goes_at_the_next_try(provider: Recovery, shelf: Shelf) -> None:
    shelf.break_second_step = shelf.break_delete = True
    with pytest.raises(RefusedError, match="second step"):
        create(provider, shelf, {"name": "x"})
    assert len(shelf.things) == 1
    shelf.break_second_step = shelf.break_delete = False
    ident, _ = create(provider, shelf, {"name": "x"})
    assert list(shelf.things) == [ident]


def test_what_is_gone_meanwhile_is_made_again(provider: Recovery, shelf: Shelf) -> None:
    first, _ = create(provider, shelf, {"name": "x"})
    shelf.things.clear()
    second, _ = create(provider, shelf, {"name": "x"})
    assert second != first
    assert list(shelf.things) == [second]


def test_a_second_create_waits_for_the_first_that_is_still_under_way(provider: Recovery, shelf: Shelf) -> None:
    shelf.slow = 0.3
    ids: list[str] = []
    threads = [threading.Thread(target=lambda: ids.append(create(provider, shelf, {"name": "x"})[0])) for _ in range(2)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert ids == ["t-1", "t-1"]


def test_a_delete_without_id_waits_for_the_create_that_is_still_under_way(provider: Recovery, shelf: Shelf) -> None:
    shelf.slow = 0.3
    creating = threading.Thread(target=create, args=(provider, shelf, {"name": "x"}))
    creating.start()
    time.sleep(0.1)
    provider.delete(shelf, Call(URN, shelf.token, "one"), "", {})
    creating.join()
    assert shelf.made == 1
    assert shelf.things == {}


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_create_that_may_have_made_something_leaves_nothing(tmp_path: Path, when: str) -> None:
    cloud = Cloud()
    provider = Recovery(Journal(tmp_path / "journal"))
    cloud.fails = [when]
    with pytest.raises(TimeoutError):
        create(provider, cloud, {"name": "x"})
    assert cloud.things == {}
    assert provider.journal.get(URN) is None


@pytest.mark.parametrize("again", ["the same", "other inputs", "a delete without id", "a new provider"])
def test_what_cannot_be_found_out_at_once_is_found_at_the_next_call(tmp_path: Path, again: str) -> None:
    cloud = Cloud()
    provider = Recovery(Journal(tmp_path / "journal"))
    cloud.fails = ["after", "before"]
    with pytest.raises(TimeoutError):
        create(provider, cloud, {"name": "x"})
    assert len(cloud.things) == 1
    if again == "a delete without id":
        provider.delete(cloud, Call(URN, cloud.token, "one"), "", {})
        assert cloud.things == {}
        return
    if again == "a new provider":
        provider = Recovery(Journal(tmp_path / "journal"))
    ident, _ = create(provider, cloud, {"name": "x"} if again != "other inputs" else {"name": "y"})
    assert list(cloud.things) == [ident]


def test_what_was_refused_has_made_nothing(tmp_path: Path) -> None:
    cloud = Cloud()
    provider = Recovery(Journal(tmp_path / "journal"))
    cloud.fails = ["refused"]
    with pytest.raises(RefusedError):
        create(provider, cloud, {"name": "x"})
    assert (cloud.made, provider.journal.get(URN)) == (0, None)


def test_the_journal_survives_its_provider(tmp_path: Path) -> None:
    file = tmp_path / "journal"
    journal = Journal(file)
    journal.put("u", Entry("t", "i", {"a": [1]}, {"b": 2}, complete=True))
    assert Journal(file).get("u") == Entry("t", "i", {"a": [1]}, {"b": 2}, complete=True)
    Journal(file).forget("u", "another")
    assert Journal(file).get("u") is not None
    Journal(file).forget("u", "i")
    assert Journal(file).get("u") is None


@pytest.mark.slow
def test_a_delete_without_id_takes_away_what_an_unknown_create_left(aws: Any) -> None:
    from dataclasses import replace

    thing = aws.create("aws:ec2/vpc:Vpc", "orphan", {"cidrBlock": "10.99.0.0/16"})
    aws.delete(replace(thing, id="", outputs={}))
    assert aws.read(thing) is None


@pytest.mark.long
@pytest.mark.slow
@pytest.mark.parametrize(
    ("token", "inputs", "name"),
    [
        ("aws:ec2/vpc:Vpc", {"cidrBlock": "10.96.0.0/16"}, "CreateVpc"),
        ("aws:ec2/vpcDhcpOptions:VpcDhcpOptions", {"domainName": "lab.test"}, "CreateDhcpOptions"),
        ("aws:cloudwatch/logGroup:LogGroup", {"name": "once"}, "CreateLogGroup"),
        ("aws:iam/role:Role", {"name": "once", "assumeRolePolicy": '{"Version": "2012-10-17", "Statement": []}'}, "CreateRole"),
    ],
)
@pytest.mark.parametrize("after", [False, True])
def test_a_call_that_fails_before_or_after_it_took_effect_leaves_nothing(
    aws: Any, home: LabHome, token: str, inputs: Props, name: str, after: bool
) -> None:
    before = read_inventory(home)
    faults.inject(home, match=name, reason="the server hiccups", after=after)
    with pytest.raises(Exception, match="hiccups"):
        aws.create(token, "unlucky", inputs)
    assert find_differences(before, read_inventory(home)) == []
    aws.delete(aws.create(token, "unlucky", inputs))
    assert find_differences(before, read_inventory(home)) == []


@pytest.mark.slow
def test_a_create_requested_twice_gives_one_vpc(aws: Any) -> None:
    first = aws.create("aws:ec2/vpc:Vpc", "twice", {"cidrBlock": "10.98.0.0/16"})
    second = aws.create("aws:ec2/vpc:Vpc", "twice", {"cidrBlock": "10.98.0.0/16"})
    assert first == second
    aws.delete(second)
