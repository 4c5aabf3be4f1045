"""The `request` and `approve` commands: requests bound to what a stack has today, their signatures, and actions that wait for persons."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path

from containment import strict_json
from containment.config.destinations import list_permitted_entries
from containment.config.spec import ContainmentSpec
from containment.errors import InputError, Problem
from containment.exit_code import Exit
from containment.files import input_files
from containment.fixes.nearest_word import find_nearest
from containment.human_gate.desk import decide_action, find_case, read_desk
from containment.human_gate.exact_text import show_text
from containment.human_gate.view import Row, build_data, describe_case
from containment.input_reader import InputReader
from containment.loaders.approvers import Approver, fold_name, load_approvers
from containment.loaders.presets import load_library
from containment.loaders.stack_file import read_raw_values
from containment.policy.builder import build_ruleset
from containment.preflight.finding import Status
from containment.queries.results import Answer, Case, Section
from containment.record.action_history import ActionCase
from containment.record.approval_checks import check_signatures, check_window
from containment.record.decision import Decision, DecisionKind
from containment.record.digests import digest_json, digest_ruleset
from containment.record.envelope import REJECTION_TYPE, Envelope, check_key_file, load_signer, parse_public_key
from containment.record.log import append_decision, append_refusal, append_rejection, read_head, read_history
from containment.record.refusal import Refusal, RefusalCode
from containment.record.request import build_decision, describe_decision, write_request
from containment.record.shipped import load_shipped_entries
from containment.record.signer_library import Signer
from containment.record.subjects import Subject, build_enforce_subject, list_catalog_subjects, list_entry_subjects
from containment.times import format_time
from policypack.decision_rule import list_waiver_subjects
from policypack.registry import RULES
from policypack.waivers import load_waivers

_WHY = "a decision is bound to exactly one thing"
_EVIDENCE = "containment-observe/v1"
"""The schema of `containment.observe.evidence`, which this module does not import."""


def build_request(
    kind: str,
    *,
    spec: ContainmentSpec,
    name: str | None,
    resource: str | None,
    evidence: Path | None,
    requester: str,
    reason: str,
    days: int,
    out: Path | None,
    folder: Path,
    overrides: Mapping[str, str],
    now: datetime,
) -> Answer:
    """Write the request for one decision and return what it decides; raise InputError if its subject is not one thing."""
    wanted = DecisionKind(kind)
    policy = digest_ruleset(build_ruleset(spec))
    subject = _find_subject(wanted, spec, policy, name, resource, evidence, folder, overrides, now)
    decision = build_decision(
        wanted,
        stack=spec.stack,
        agent_class=spec.config.agent_class,
        subject=subject,
        requester=requester,
        reason=reason,
        previous=read_head(folder).digest,
        now=now,
        days=days,
        policy_digest=policy,
    )
    path = out or folder / "decisions" / "requests" / f"{decision.nonce}.json"
    write_request(path, Envelope(decision.encode()))
    return describe_request(decision, path)


def describe_request(decision: Decision, path: Path) -> Answer:
    """Return exactly what a request decides."""
    rows = tuple(describe_decision(decision))
    data = {"request": str(path), "decision": strict_json.load(decision.encode().decode())}
    return Answer("request", f"request {path}", Exit.OK, (Section("Decides", ("field", "value"), rows),), data=data)


def sign_request(
    path: Path,
    envelope: Envelope,
    *,
    key: str,
    person: str,
    is_rejected: bool,
    folder: Path,
    now: datetime,
    ask_passphrase: Callable[[], str],
) -> Answer:
    """Sign a request; record the decision if all signatures are there, else keep the request with one signature more.

    Raises:
        Refusal: the signature, or the decision, is refused; the log contains the refusal.
        InputError: the person, the key or a file is wrong.
    """
    approvers = load_approvers(folder)
    approver = find_person(person, approvers.people)
    signer = load_signer(key, {parse_public_key(pem).keyid: pem for pem in approver.keys}, ask_passphrase)
    decision = envelope.decision
    if is_rejected:
        entry = append_rejection(Envelope(envelope.payload, REJECTION_TYPE).sign(signer), folder=folder, now=now)
        path.unlink(missing_ok=True)
        return Answer(
            "approve", f"{approver.name} rejected it: entry {entry.sequence}", Exit.OK, data=_build_data(entry.sequence, 0, False)
        )
    signed = envelope.sign(signer)
    try:
        check_window(decision, now)
        check_signatures(signed, decision, approvers)
    except Refusal as refusal:
        if refusal.code is not RefusalCode.TOO_FEW_PERSONS:
            append_refusal(signed, refusal, folder=folder, now=now)
            raise
        write_request(path, signed)
        return Answer(
            "approve", f"signed by {approver.name}; {refusal.what}", Exit.OK, data=_build_data(None, len(signed.signatures), True)
        )
    entry = append_decision(signed, folder=folder, now=now, approvers=approvers)
    path.unlink(missing_ok=True)
    count = len(signed.signatures)
    return Answer("approve", f"decided: entry {entry.sequence} of the log", Exit.OK, data=_build_data(entry.sequence, count, False))


def _build_data(number: int | None, signatures: int, is_waiting: bool) -> dict[str, object]:
    return {"entry": number, "signatures": signatures, "waiting": is_waiting}


def check_signing(person: str, key: str, folder: Path) -> None:
    """Raise InputError for a person or a key that cannot sign; no passphrase is asked for, and no key of KMS is used.

    Args:
        person: the name of --as.
        key: the value of --key.
        folder: the folder with approvers.yaml.
    """
    reader = InputReader("cannot sign")
    found = reader.read(lambda: find_person(person, load_approvers(folder).people))
    keys = {parse_public_key(pem).keyid: pem for pem in found.value.keys} if found.is_read else None
    reader.read(lambda: check_key_file(key, keys))
    reader.require()


def find_person(name: str, people: tuple[Approver, ...]) -> Approver:
    found = next((one for one in people if fold_name(one.name) == fold_name(name)), None)
    if found is None:
        near = find_nearest(name, [one.name for one in people])
        fix = f"write --as {near!r}" if near else "have an owner of approvers.yaml add you, with your public key"
        raise InputError("cannot sign", [Problem(f"--as {name}", "is not in approvers.yaml", "the signature could not be checked", fix)])
    return found


def _find_subject(
    kind: DecisionKind,
    spec: ContainmentSpec,
    policy: str,
    name: str | None,
    resource: str | None,
    evidence: Path | None,
    folder: Path,
    overrides: Mapping[str, str],
    now: datetime,
) -> Subject:
    if kind is DecisionKind.ENFORCE:
        return build_enforce_subject(spec.stack, policy, _digest_evidence(evidence))
    if kind is DecisionKind.ROLLBACK:
        return {"stack": spec.stack, "mode": "monitor"}
    if not name:
        raise InputError("no request", [Problem("--name", "is not given", _WHY, "write --name with the destination, host or rule")])
    if kind is DecisionKind.DISMISSAL:
        return {"name": name, "stack": spec.stack}
    waivers = load_waivers(now.date(), [rule.id for rule in RULES])
    raw = {**read_raw_values(spec.stack, folder), **overrides}
    permitted = list_permitted_entries(spec.config, load_library(), spec.preset, spec.harness)
    known = [
        *list_entry_subjects(raw, spec.stack),
        *list_catalog_subjects(permitted, load_shipped_entries()),
        *list_waiver_subjects(waivers, spec.stack),
    ]
    able = [subject for one, subject in known if one is kind]
    found = [one for one in able if name in (one.get("name"), one.get("host"), one.get("rule")) and resource in (None, one.get("resource"))]
    if len(found) != 1:
        names = sorted({str(one.get("name") or one.get("host") or one.get("rule")) for one in able})
        what = f"names {len(found)} entries of {spec.stack} that need a {kind} decision"
        fix = (
            f"write one of: {', '.join(names)}" if names else f"add the entry to Pulumi.{spec.stack}.yaml or a set of presets/catalog first"
        )
        raise InputError("no request", [Problem(f"--name {name}", what, _WHY, fix if not found else "add --resource")])
    return found[0]


def check_evidence(path: Path) -> None:
    """Raise InputError for a file that is not the output of `containment observe`."""
    _digest_evidence(path)


def _digest_evidence(path: Path | None) -> str:
    if path is None:
        fix = "write --evidence FILE, with the output of `containment observe --json`"
        raise InputError("no request", [Problem("--evidence", "is not given", "enforcing needs what was observed", fix)])
    fix = "name the output of `containment observe --json`"
    with input_files.explain_errors("no request", _WHY, fix):
        document = input_files.read_json(path)
    if not isinstance(document, dict) or document.get("schema") != _EVIDENCE:
        raise InputError(
            "no request", [Problem(str(path), f"has not the schema {_EVIDENCE}", "approvers would decide about no traffic", fix)]
        )
    return digest_json(document)


_COLUMNS = ("request", "action", "tool", "target", "requested by", "approved", "denied from")
_LONGEST = 60
"""Characters of a name in the list."""


def list_actions(folder: Path, now: datetime) -> Answer:
    """Return the actions that wait, and the files of the queue that cannot be used."""
    desk = read_desk(folder, now)
    rows = tuple(_build_row(case) for case in desk.waiting)
    broken = tuple(Case("queue-file", one.problem, Status.FAIL, str(one.path)) for one in desk.broken)
    count = len(rows)
    head = f"{count} {'action waits' if count == 1 else 'actions wait'}" + (f", {len(broken)} unusable files" if broken else "")
    sections = (Section("Waiting", _COLUMNS, rows, drop_first=("target", "approved", "requested by")),) if rows else ()
    data = {"waiting": [build_data(case, now) for case in desk.waiting], "broken": [one.path.name for one in desk.broken]}
    return Answer("approve-list", head, Exit.NO if broken else Exit.OK if rows else Exit.NOTHING, sections, broken, data=data)


def read_case(folder: Path, name: str) -> ActionCase:
    """Return the request that a name, or the unique beginning of one, names; raise InputError."""
    return find_case(read_history(folder), name)


def describe_action(case: ActionCase, now: datetime) -> tuple[Answer, list[Row]]:
    """Return a request as an answer for JSON, and as the rows that a person reads."""
    rows = describe_case(case, now)
    head = f"request {case.request.request}: {case.describe_state(now)}"
    return Answer("approve-show", head, Exit.OK, data=build_data(case, now)), rows


def decide(case: ActionCase, *, folder: Path, reviewer: Approver, signer: Signer, is_rejected: bool, reason: str, now: datetime) -> Answer:
    """Record a reviewer's decision about a request that was shown; raise Refusal, InputError or RecordError.

    Args:
        case: the request, as it was shown.
        folder: the folder with approvers.yaml and `decisions/`.
        reviewer: the person who decides.
        signer: the person's key.
        is_rejected: whether the decision is a no.
        reason: why, in words.
        now: the moment of the decision.
    """
    name, digest = case.request.request, case.request.action_digest
    entry = decide_action(folder, name, digest, reviewer=reviewer, signer=signer, is_rejected=is_rejected, reason=reason, now=now)
    after = find_case(read_history(folder), name)
    missing = max(0, after.request.persons - len(after.approvals))
    more = f"; {missing} more {'person' if missing == 1 else 'persons'} must approve it" if missing and not is_rejected else ""
    head = f"{reviewer.name} {'rejected' if is_rejected else 'approved'} it: entry {entry.sequence} of the log{more}"
    data = {"request": name, "entry": entry.sequence, "state": after.describe_state(now), "missing": 0 if is_rejected else missing}
    return Answer("approve-decide", head, Exit.OK, data=data)


def load_reviewer(person: str, key: str, folder: Path, ask_passphrase: Callable[[], str]) -> tuple[Approver, Signer]:
    """Return a person of approvers.yaml with the person's key; raise InputError for another person or another's key."""
    approver = find_person(person, load_approvers(folder).people)
    return approver, load_signer(key, {parse_public_key(pem).keyid: pem for pem in approver.keys}, ask_passphrase)


def _shorten(text: str) -> str:
    """Return a text for a list, with a remark where it is cut; `approve show` shows it in full."""
    return show_text(text) if len(text) <= _LONGEST else f"{show_text(text[:_LONGEST])}... ({len(text)} characters: approve show)"


def _build_row(case: ActionCase) -> tuple[str, ...]:
    action = case.request.action
    texts = (action["kind"], *(_shorten(action[key]) for key in ("tool", "target", "requestedBy")))
    return (case.request.request, *texts, f"{len(case.approvals)} of {case.request.persons}", format_time(case.request.deadline))
