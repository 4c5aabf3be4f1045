"""A call to AWS fails although it took effect: whatever the type, the next try converges and nothing is left that nobody knows of.

Every third call of each type fails here; `CALL_STRIDE=1` (`make soak`) fails each.
Types that are taken over rather than made (a VPC's default group, table and list, an account's settings) leave nothing by their nature.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import grpc
import pytest

from containment_lab.home import LabHome
from containment_lab.testing import cloud_faults as faults
from tests.containment_lab.providers.aws.test_types import LIVES, changed, resolved, services_of
from tests.containment_lab.providers.conftest import Asker
from tests.containment_lab.providers.life import Life
from tests.support.cloud_inventory import find_differences, read_inventory

pytestmark = pytest.mark.slow
STRIDE = int(os.environ.get("CALL_STRIDE", "3"))


def changing(home: LabHome, work: Callable[[], Any]) -> Iterator[dict[str, Any]]:
    """Do `work`; yield the fault that fails each STRIDE-th changing call it made, the call having taken effect."""
    faults.take_calls(home)
    work()
    seen: Counter[str] = Counter()
    for name in faults.take_calls(home):
        if not faults.is_read(name):
            if seen.total() % STRIDE == 0:
                yield {"match": name, "skip": seen[name], "after": True, "reason": "the answer was lost"}
            seen[name] += 1


def fails(home: LabHome, fault: dict[str, Any], work: Callable[[], Any]) -> None:
    """Do `work` with a fault armed, which it must tell of."""
    faults.inject(home, **fault)
    with pytest.raises(grpc.RpcError, match="the answer was lost"):
        work()
    assert faults.find_pending(home) == []


@pytest.fixture(autouse=True)
def no_faults(home: LabHome) -> Iterator[None]:
    """Leave no fault behind for the next test."""
    yield
    faults.clear(home)


@pytest.mark.long
@pytest.mark.parametrize("life", [life for life in LIVES if not life.stays], ids=lambda life: life.token)
def test_a_lost_answer_leaves_nothing_behind(life: Life, aws: Asker, world: Any, home: LabHome) -> None:
    services = services_of(life.token)
    before, program = read_inventory(home, services=services), resolved(life.start, world)
    inputs = aws.check(life.token, "unlucky", program)

    def create() -> Any:
        return aws.create(life.token, "unlucky", inputs, checked=True)

    made: list[Any] = []
    creating = list(changing(home, lambda: made.append(create())))
    aws.delete(made[0])
    for fault in creating:
        fails(home, fault, create)
        assert find_differences(before, read_inventory(home, services=services)) == [], fault

    first = create()
    for fault in changing(home, lambda: aws.delete(first)):
        thing = create()
        fails(home, fault, lambda thing=thing: aws.delete(thing))
        aws.delete(thing)

    if life.update is not None:
        first = create()
        news = aws.check(life.token, "unlucky", changed(program, resolved(life.update, world)), first.inputs)
        updating = list(changing(home, lambda: made.append(aws.update(first, news))))
        thing = made[-1]
        for fault in updating:
            aws.delete(thing)
            thing = create()
            fails(home, fault, lambda thing=thing: aws.update(thing, news))
            thing = aws.update(thing, news)
            assert list(aws.diff(thing, news).diffs) == [], fault
            assert aws.read(thing).outputs == thing.outputs, fault
        aws.delete(thing)
    assert find_differences(before, read_inventory(home, services=services)) == []
