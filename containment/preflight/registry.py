"""All checks of preflight in report order, and the code that runs them.

When the AWS account or the Controller cannot be read at all, its checks are SKIPPED; the first of them has the reason, and is FAIL if the
user named the system. A check that raises an exception is FAIL.
"""

from __future__ import annotations

from containment.preflight import checks_aws, checks_controller
from containment.preflight.check import Check, CheckedSystem
from containment.preflight.facts import Facts, UnreadFact, UnreadFactError
from containment.preflight.finding import Finding, Status

CHECKS: tuple[Check, ...] = (*checks_aws.ACCOUNT_CHECKS, *checks_aws.EXPOSURE_CHECKS, *checks_controller.CHECKS)


NAMES = {CheckedSystem.AWS: "the AWS account", CheckedSystem.CONTROLLER: "the Controller"}


def run_checks(facts: Facts) -> list[Finding]:
    """Return one finding per check."""
    out, told = [], set[CheckedSystem]()
    for check in CHECKS:
        first = check.asks not in told
        told.add(check.asks)
        verdict = _run_check(check, facts, first=first)
        not_asked = isinstance(_get_side(check, facts), UnreadFact) and not first
        fix = "" if verdict.status is Status.PASS or not_asked else verdict.fix or check.fix
        out.append(Finding(check.id, verdict.status, verdict.detail, fix))
    return out


def _run_check(check: Check, facts: Facts, *, first: bool) -> Finding:
    side = _get_side(check, facts)
    if isinstance(side, UnreadFact):
        demanded = first and check.asks.value in facts.demanded
        return Finding("", Status.FAIL if demanded else Status.SKIPPED, side.why if first else f"{NAMES[check.asks]} could not be read")
    try:
        if check.aws:
            assert not isinstance(facts.aws, UnreadFact)
            return check.aws(facts, facts.aws)
        assert check.controller
        assert not isinstance(facts.controller, UnreadFact)
        return check.controller(facts, facts.controller)
    except UnreadFactError as unread:
        return Finding("", Status.SKIPPED, unread.fact.why, "permit the caller to read it, or check by hand")
    except Exception as error:  # noqa: BLE001 - a check that raises has failed, and its report line has the reason
        return Finding("", Status.FAIL, f"the check itself failed: {error!r}", "report this")


def _get_side(check: Check, facts: Facts) -> object:
    return facts.aws if check.asks is CheckedSystem.AWS else facts.controller
