"""The lab's data plane after a change of the account: the network of a running stack is brought up to date at once."""

from __future__ import annotations

from functools import partial

from containment.emergency_stop.steps import Outcome, Step, StepError, StepName
from containment_lab.home import LabHome


def make_lab_step(home: LabHome, stack: str) -> Step:
    """Return the step that makes the lab's network of a stack follow the account."""
    return Step(StepName.DATA_PLANE, stack, partial(_follow, home, stack))


def _follow(home: LabHome, stack: str) -> tuple[Outcome, str]:
    from containment_lab.errors import LabNetworkError
    from containment_lab.network.control import LabNetwork

    network = LabNetwork(home, stack)
    if not network.is_running():
        return Outcome.SKIPPED, "the lab's network of this stack is not running: no packet can be sent"
    try:
        status = network.send_command("sync")
    except LabNetworkError as error:
        raise StepError(error.what) from None
    machines = ", ".join(sorted(each["instance"] for each in status["machines"].values()))
    return Outcome.DONE, f"the lab's network has the machines {machines or '(none)'}"
