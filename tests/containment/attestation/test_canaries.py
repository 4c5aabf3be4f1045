"""Canaries over Systems Manager: a command that fails, hangs or is refused is an error with its reason, never an empty success."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from containment.attestation.canaries import CanaryKind, CannotSendError, make_ssm_sender, plan_canaries, read_sent
from containment.loaders.stack_file import read_stack


class SystemsManager:
    """The two calls that are used, with the states that a command passes through."""

    def __init__(self, *states: str, refused: str = "") -> None:
        self.states, self.refused, self.sent = list(states), refused, dict[str, Any]()

    def send_command(self, **arguments: Any) -> dict[str, Any]:
        if self.refused:
            raise ClientError({"Error": {"Code": self.refused, "Message": "not in this state"}}, "SendCommand")
        self.sent = arguments
        return {"Command": {"CommandId": "c-1"}}

    def get_command_invocation(self, **_: Any) -> dict[str, Any]:
        state = self.states.pop(0)
        if state == "InvocationDoesNotExist":
            raise ClientError({"Error": {"Code": state, "Message": ""}}, "GetCommandInvocation")
        return {"Status": state, "StandardOutputContent": "CANARY dns canary-1.invalid answered\n", "StandardErrorContent": "no curl"}


def test_a_command_that_succeeds_returns_its_output_once_it_is_visible() -> None:
    client = SystemsManager("InvocationDoesNotExist", "InProgress", "Success")
    assert "CANARY dns" in make_ssm_sender(client, "i-1", pause=0)("echo")
    assert client.sent["InstanceIds"] == ["i-1"]


@pytest.mark.parametrize(
    ("client", "word"),
    [(SystemsManager("Failed"), "Failed"), (SystemsManager("TimedOut"), "TimedOut"), (SystemsManager(refused="InvalidInstanceId"), "i-1")],
)
def test_a_command_that_does_not_succeed_is_an_error(client: SystemsManager, word: str) -> None:
    with pytest.raises(CannotSendError, match=word):
        make_ssm_sender(client, "i-1", pause=0)("echo")


def test_a_line_that_the_script_does_not_print_is_no_canary() -> None:
    assert read_sent("CANARY permit model.example.com 200 40000\nCANARY exec rm 0\nnoise")[CanaryKind.PERMIT].port == 40000
    assert read_sent("CANARY deny api.example.com 000 0")[CanaryKind.DENY].is_delivered is False
    assert read_sent("") == {}


def test_the_queried_name_is_one_that_no_zone_delegates_and_differs_per_run() -> None:
    spec = read_stack("coding-enforce")
    first, second = plan_canaries(spec, "aa"), plan_canaries(spec, "bb")
    assert first.queried.endswith(".invalid")
    assert first.queried != second.queried
    assert first.permitted
    assert first.denied
