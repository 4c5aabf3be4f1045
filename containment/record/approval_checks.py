"""Check who signed a decision, when it is valid, and that it fits what is about to happen; each failure has its own code."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from functools import lru_cache

from containment.loaders.approvers import Approver, Approvers, fold_name
from containment.record.decision import Decision, DecisionKind
from containment.record.envelope import Envelope, parse_public_key
from containment.record.refusal import Refusal, RefusalCode
from containment.times import format_time


@lru_cache(maxsize=8)
def index_keys(people: tuple[Approver, ...]) -> Mapping[str, tuple[Approver, str]]:
    """Return key id -> person and public key."""
    return {parse_public_key(pem).keyid: (person, pem) for person in people for pem in person.keys}


def check_signatures(envelope: Envelope, decision: Decision, approvers: Approvers) -> tuple[Approver, ...]:
    """Return the persons who approved; raise Refusal unless they are the ones, and as many, as the class demands.

    A class for which nobody is named needs no signature, and then has none that can be checked.
    """
    rule = approvers.get_rule(decision.agent_class)
    if decision.kind is DecisionKind.ACTION:
        return (check_reviewer(envelope, decision, approvers),)
    people = [find_signer(envelope, place, approvers) for place in range(len(envelope.signatures))]
    if rule is None:
        if people:
            what = f"is signed, and approvers.yaml names no approvers for {decision.agent_class}"
            raise Refusal(RefusalCode.NO_APPROVERS, what)
        return ()
    if not people:
        raise Refusal(RefusalCode.UNSIGNED, f"nobody signed it, and silence is no approval; {decision.agent_class} names approvers")
    for person in people:
        if fold_name(person.name) == fold_name(decision.requester):
            raise Refusal(RefusalCode.SELF_APPROVAL, f"{person.name} requested it and cannot approve it")
        if not person.roles & rule.roles:
            wanted = ", ".join(sorted(rule.roles))
            raise Refusal(RefusalCode.WRONG_ROLE, f"{person.name} has none of the roles that approve for {decision.agent_class}: {wanted}")
    different = {fold_name(person.name): person for person in people}
    if len(different) < len(people):
        twice = next(one.name for one in people if sum(fold_name(one.name) == fold_name(other.name) for other in people) > 1)
        raise Refusal(RefusalCode.SAME_PERSON_TWICE, f"{twice} signed with two keys, which is one person")
    if len(different) < rule.persons:
        what = f"{decision.agent_class} needs {rule.persons} persons, and {len(different)} signed: {', '.join(one.name for one in people)}"
        raise Refusal(RefusalCode.TOO_FEW_PERSONS, what)
    return tuple(people)


def check_reviewer(envelope: Envelope, decision: Decision, approvers: Approvers) -> Approver:
    """Return the one person who approved an action; raise Refusal unless it is the reviewer that the decision names, in that role.

    A class for which nobody is named has nobody who may approve an action: silence is no approval.
    """
    rule = approvers.get_rule(decision.agent_class)
    if rule is None:
        raise Refusal(RefusalCode.NO_APPROVERS, f"approvers.yaml names no approvers for {decision.agent_class}, so no action is approved")
    person = find_reviewer(envelope, decision, approvers)
    if fold_name(person.name) == fold_name(decision.requester):
        raise Refusal(RefusalCode.SELF_APPROVAL, f"{person.name} requested it and cannot approve it")
    if decision.subject["role"] not in person.roles & rule.roles:
        wanted = ", ".join(sorted(rule.roles))
        what = f"{person.name} signed as {decision.subject['role']!r}; the roles that approve for {decision.agent_class} are: {wanted}"
        raise Refusal(RefusalCode.WRONG_ROLE, what)
    return person


def find_reviewer(envelope: Envelope, decision: Decision, approvers: Approvers) -> Approver:
    """Return the person who signed a decision about an action; raise Refusal unless it is one signature, by the named reviewer."""
    if len(envelope.signatures) != 1:
        code = RefusalCode.BATCH if envelope.signatures else RefusalCode.UNSIGNED
        raise Refusal(code, f"a decision about an action has one signature, and this one has {len(envelope.signatures)}")
    person = find_signer(envelope, 0, approvers)
    if person.name != decision.subject["reviewer"]:
        raise Refusal(RefusalCode.BAD_SIGNATURE, f"it names {decision.subject['reviewer']} as the reviewer, and {person.name} signed it")
    return person


def find_signer(envelope: Envelope, place: int, approvers: Approvers) -> Approver:
    """Return the person of one signature; raise Refusal if the key is unknown or the signature is wrong."""
    approval = envelope.signatures[place]
    found = index_keys(approvers.people).get(approval.keyid)
    if found is None:
        raise Refusal(RefusalCode.UNKNOWN_SIGNER, f"the key {approval.keyid[:16]} belongs to no person in approvers.yaml")
    person, pem = found
    if not envelope.is_signed_by(approval, parse_public_key(pem)):
        raise Refusal(RefusalCode.BAD_SIGNATURE, f"the signature by {person.name} is not one of this decision")
    return person


def check_window(decision: Decision, now: datetime) -> None:
    """Raise Refusal before a decision's window and after it."""
    if now < decision.not_before:
        raise Refusal(RefusalCode.NOT_YET_VALID, f"it is valid from {format_time(decision.not_before)}, and it is {format_time(now)}")
    if now >= decision.expires:
        raise Refusal(RefusalCode.EXPIRED, f"it ended at {format_time(decision.expires)}, and it is {format_time(now)}")


def check_fit(decision: Decision, agent_class: str | None, subject_digest: str | None, policy_digests: Collection[str] | None) -> None:
    """Raise Refusal if a decision is about something else than what is about to happen; None is not compared."""
    if agent_class is not None and decision.agent_class != agent_class:
        raise Refusal(RefusalCode.WRONG_CLASS, f"it was decided for the class {decision.agent_class}, and the stack is {agent_class}")
    if subject_digest is not None and decision.subject_digest != subject_digest:
        raise Refusal(RefusalCode.WRONG_SUBJECT, f"it decides {decision.subject_digest}, and this is {subject_digest}")
    named = {decision.policy_digest, decision.subject.get("policyDigest")} - {None}
    if policy_digests is not None and not (named and named <= set(policy_digests)):
        what = ", ".join(sorted(map(str, named))) or "no policy"
        raise Refusal(
            RefusalCode.WRONG_POLICY, f"it was decided about {what}, and the policy is now {next(iter(policy_digests), 'not known')}"
        )
