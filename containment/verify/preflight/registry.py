"""Every check of preflight, in the order of the report, and how they are run.

A check whose side could not be read at all is SKIPPED; the first of that side says why, and FAILs when the user asked for it. A check that
raises has failed.
"""

from __future__ import annotations

from containment.verify.finding import Finding, Status
from containment.verify.preflight import checks_account, checks_controller, checks_exposure
from containment.verify.preflight.check import Asked, Check, Verdict
from containment.verify.preflight.facts import Facts, Unread

CHECKS: tuple[Check, ...] = (*checks_account.CHECKS, *checks_exposure.CHECKS, *checks_controller.CHECKS)


NAMES = {Asked.AWS: "the AWS account", Asked.CONTROLLER: "the Controller"}


def judge(facts: Facts) -> list[Finding]:
    """Return one finding a check."""
    out, told = [], set[Asked]()
    for check in CHECKS:
        first = check.asks not in told
        told.add(check.asks)
        verdict = _verdict(check, facts, first=first)
        not_asked = isinstance(_side(check, facts), Unread) and not first
        fix = "" if verdict.status is Status.PASS or not_asked else verdict.fix or check.fix
        out.append(Finding(check.id, verdict.status, verdict.detail, fix))
    return out


def _verdict(check: Check, facts: Facts, *, first: bool) -> Verdict:
    side = _side(check, facts)
    if isinstance(side, Unread):
        demanded = first and check.asks.value in facts.demanded
        return Verdict(Status.FAIL if demanded else Status.SKIPPED, side.why if first else f"{NAMES[check.asks]} could not be asked")
    try:
        if check.aws:
            assert not isinstance(facts.aws, Unread)
            return check.aws(facts, facts.aws)
        assert check.controller
        assert not isinstance(facts.controller, Unread)
        return check.controller(facts, facts.controller)
    except Exception as error:  # noqa: BLE001 - a check that raises has failed, and says so
        return Verdict(Status.FAIL, f"the check itself failed: {error!r}", "report this")


def _side(check: Check, facts: Facts) -> object:
    return facts.aws if check.asks is Asked.AWS else facts.controller
