"""Clients of every URL for which the gateway decrypts TLS: the path must decide, and a client that pins a certificate must fail.

Rules kept here:
- a client that was not run never passes, and a request is joined with its decision by its source port;
- the pinning client passes only if it got the gateway's certificate in place of the destination's; any other failure fails the test;
- the pin is the public key of the destination.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from containment.logs.record import DecisionRecord
from containment.patterns.domain import DomainPattern
from containment.patterns.url import UrlPattern
from containment.policy.flow import PolicyVerdict
from containment.ternary import Ternary
from containment_lab.gateway.decryption import choose_certificate_name
from containment_lab.internet.receipts import make_nonce
from containment_lab.network.control import LabNetwork
from containment_lab.validation.attempts import RECORDS
from containment_lab.validation.probes import Result
from containment_lab.validation.tls_clients import RequestEnd, RequestResult

NONE = "no rule in force opens TLS (the stack's tlsDecryptionUrls is empty)"
_PROBE = "containment-probe"
_PATIENCE = 4.0


class Client(StrEnum):
    """A kind of client; the value is its description."""

    PERMITTED = "the URL"
    OTHER_PATH = "another path of its host"
    PINNING = "a client that pins the destination's certificate"


@dataclass(frozen=True)
class OpenedUrl:
    """A URL for which a rule in force decrypts TLS; `permits` is the rule's action."""

    url: UrlPattern
    rule: str
    permits: bool
    port: int = 443

    @property
    def host(self) -> str:
        """A name that the URL's host matches."""
        return self.url.host.text.replace("*", _PROBE)

    @property
    def path(self) -> str:
        """A path that the URL matches."""
        return self.url.path[:-1] + _PROBE if self.url.path.endswith("*") else self.url.path


@dataclass(frozen=True)
class ClientResult:
    """The result of one client of one URL, with an explanation."""

    url: str
    rule: str
    client: Client
    result: Result
    says: str

    def format_line(self) -> str:
        """Return one line for the terminal."""
        return f"{self.result.value:<10} {self.client.value}, {self.url} ({self.rule}): {self.says}"

    def serialize(self) -> dict[str, str]:
        """Return its JSON object."""
        return {"url": self.url, "rule": self.rule, "client": self.client.name, "result": self.result.value, "observed": self.says}


@dataclass(frozen=True)
class _SentRequest:
    """A request with its result: the decision on it, and the receivers of its nonce."""

    ending: RequestResult
    decision: DecisionRecord | None
    holders: tuple[str, ...]

    @property
    def rule(self) -> str:
        return (self.decision.rule if self.decision else None) or "no rule"

    @property
    def text(self) -> str:
        ending = self.ending
        answer = f"answered {ending.status}" if ending.ended is RequestEnd.ANSWERED else ending.ended.value
        return answer + (f" ({ending.error})" if ending.error else "")


def list_opened_urls(rules: Sequence[Mapping[str, Any]]) -> list[OpenedUrl]:
    """Return every URL for which some rules decrypt TLS, without duplicates, in the order of the rules.

    Args:
        rules: The rules in force for the agent, as the network's supervisor lists them.
    """
    found: dict[UrlPattern, OpenedUrl] = {}
    for rule in rules:
        for text in rule["decrypted_urls"]:
            host, _, path = text.partition("/")
            url = UrlPattern(DomainPattern(host), f"/{path}")
            found.setdefault(url, OpenedUrl(url, rule["name"], rule["permits"], rule["port"]))
    return list(found.values())


def try_clients(world: LabNetwork, opened: Sequence[OpenedUrl]) -> list[ClientResult]:
    """Run the clients of every decrypted URL on the agent host, and return their results."""
    if not opened:
        return []
    known = world.send_command("authorities")
    tasks = {(each, client): _make_task(each, client, opened, known["pin"]) for each in opened for client in Client}
    sent = _send_requests(world, [each for each in tasks.values() if isinstance(each, dict)])
    results = []
    for (each, client), task in tasks.items():
        if isinstance(task, str):
            result, says = Result.NOT_TESTED, task
        elif client is Client.PINNING:
            result, says = evaluate_pinning(sent[task["nonce"]], known["gateway"])
        else:
            result, says = evaluate_path(each, client, sent[task["nonce"]], known["gateway"])
        results.append(ClientResult(str(each.url), each.rule, client, result, says))
    return results


def _make_task(each: OpenedUrl, client: Client, opened: Sequence[OpenedUrl], pin: str) -> dict[str, Any] | str:
    """Return the request of a client, or the reason why none can be sent."""
    name = choose_certificate_name(each.url.host)
    if name is None or DomainPattern(name).matches(each.host) is not Ternary.YES:
        return f"no certificate can be issued for {each.url.host}: clients accept `*` only as the whole first label"
    path = each.path
    if client is Client.OTHER_PATH:
        path = f"/{_PROBE}-elsewhere"
        covered = next((one for one in opened if one.url.matches(each.host, path) is not Ternary.NO), None)
        if covered:
            return f"every path that could be tried is in {covered.url}"
    elif each.url.matches(each.host, path) is not Ternary.YES:
        return f"the path {path} can be read in more than one way, so that no rule by URL permits it"
    pinned = pin if client is Client.PINNING else ""
    return {"host": each.host, "port": each.port, "path": path, "nonce": make_nonce(), "pin": pinned}


def _send_requests(world: LabNetwork, tasks: list[dict[str, Any]]) -> dict[str, _SentRequest]:
    """Send requests and return their results by nonce."""
    before = world.send_command("decisions")["count"]
    command = world.build_privileged_command([sys.executable, "-m", "containment_lab.validation.tls_clients"])
    done = subprocess.run(command, input=json.dumps(tasks), capture_output=True, text=True, timeout=240, check=False, cwd="/")
    if done.returncode:
        raise RuntimeError(f"the clients of opened TLS could not be started: {done.stderr.strip()[-800:]}")
    endings = [RequestResult(**{**each, "ended": RequestEnd(each["ended"])}) for each in json.loads(done.stdout)]
    answered = {each.port for each in endings if each.ended is RequestEnd.ANSWERED}
    over = time.monotonic() + _PATIENCE
    while True:
        lines = [each for each in RECORDS.validate_python(world.send_command("decisions", after=before)["records"]) if each.port != 53]
        if answered <= {each.source_port for each in lines} or time.monotonic() > over:
            break
        time.sleep(0.05)
    receipts = world.send_command("receipts")
    out = {}
    for task, ending in zip(tasks, endings, strict=True):
        decision = next((each for each in lines if each.source_port == ending.port), None)
        holders = tuple(each["holder"] for each in receipts if each["nonce"] == task["nonce"])
        out[task["nonce"]] = _SentRequest(ending, decision, holders)
    return out


def evaluate_pinning(sent: _SentRequest, gateway: str) -> tuple[Result, str]:
    """Return the result of a pinning client: it must have got the gateway's certificate, and sent nothing.

    Args:
        sent: Its request.
        gateway: The name of the gateway's authority.
    """
    ending = sent.ending
    if ending.ended is RequestEnd.PIN_DIFFERS and ending.issuer == gateway and not sent.holders:
        return Result.PASS, "it refuses the gateway's certificate: programs that pin one cannot use this URL"
    if ending.ended is RequestEnd.ANSWERED:
        return Result.FAIL, f"{sent.text} with the destination's own certificate: the gateway did not open TLS (decided by {sent.rule})"
    return Result.FAIL, f"expected the gateway's certificate; {sent.text}{f', issuer {ending.issuer}' if ending.issuer else ''}"


def evaluate_path(each: OpenedUrl, client: Client, sent: _SentRequest, gateway: str) -> tuple[Result, str]:
    """Return the result of a client that trusts the gateway's authority.

    Args:
        each: The URL.
        client: Whether it requested the URL or another path.
        sent: Its request.
        gateway: The name of the gateway's authority.
    """
    decision = sent.decision
    if sent.ending.issuer != gateway:
        return Result.FAIL, f"the gateway did not open TLS: {sent.text} (decided by {sent.rule}): an earlier rule may name {each.host}"
    if decision is None:
        return Result.FAIL, f"{sent.text}, but no log line of the gateway is about it"
    denied = decision.verdict is PolicyVerdict.DENY
    if problem := next(_find_problems(each, client, sent, decision), None):
        return Result.FAIL, f"{problem}; {sent.text}"
    if denied and not decision.enforced:
        return Result.PASS, f"WOULD-DENY by {sent.rule}, delivered in monitor"
    return Result.PASS, f"{'DENIED' if denied else 'PERMITTED'} by {sent.rule}, {sent.text}"


def _find_problems(each: OpenedUrl, client: Client, sent: _SentRequest, decision: DecisionRecord) -> Iterator[str]:
    denied, arrived = decision.verdict is PolicyVerdict.DENY, bool(sent.holders)
    if client is Client.PERMITTED:
        if sent.rule != each.rule:
            yield f"decided by {sent.rule}, expected {each.rule}"
        if denied is each.permits:
            yield f"{decision.verdict.value} by {sent.rule}, which {'permits' if each.permits else 'denies'} this URL"
    elif sent.rule == each.rule:
        yield f"decided by {sent.rule}, which does not name this path"
    elif each.permits and not denied:
        yield f"PERMITTED by {sent.rule}: the path decides nothing, as that rule permits the host"
    if arrived is (denied and decision.enforced):
        yield f"{'denied' if denied else 'permitted'} by {sent.rule}, and it was {'' if arrived else 'not '}delivered"


def summarize_clients(results: Sequence[ClientResult]) -> str:
    """Return one line: the number of clients of opened TLS that end as expected, or why there was none."""
    if not results:
        return f"SKIPPED    clients of opened TLS, and clients that pin certificates: {NONE}"
    passed = sum(each.result is Result.PASS for each in results)
    return f"{passed} of {len(results)} clients of opened TLS end as expected"
