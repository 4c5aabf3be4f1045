"""What a class may not reach whatever key asks for it: judged host by host, not by set, flag or key.

A preset says which kinds of destination its class may reach, and whether hosts where strangers can store data are
refused. The catalog says which hosts those are; a permit meets one when some name is matched by both. Hosts that the
catalog does not know cannot be judged here (`risks` says so).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from containment.model.catalog import DestinationKind
from containment.model.checks import Checks
from containment.model.config import StackConfig
from containment.model.destinations import ADDITIONS, OVERRIDES, Destinations
from containment.model.errors import Problem
from containment.model.fqdn import DomainPattern
from containment.model.known_hosts import meets
from containment.model.names import DENY_GROUPS, WebGroupId
from containment.model.parse import alias_of
from containment.model.permitted.name import lookalike_refusal, refusal_of
from containment.model.permitted.refusal import Cause
from containment.model.preset import Library, Preset, Uploads
from containment.model.upload_waiver import UploadWaiver
from containment.model.url import UrlPattern

_WORDS: Mapping[DestinationKind, str] = {
    DestinationKind.REGISTRIES: "a registry or source host, which hands out strangers' code",
    DestinationKind.PUBLIC_REFERENCE: "a public search or reference host, which sees what is asked for",
}
"""The kinds that are refused to a class that does not name them."""

_SWITCHES = {WebGroupId.PACKAGES: "enable_package_installs", WebGroupId.PUBLIC_REFERENCE: "enable_public_reference"}


@dataclass(frozen=True)
class Permit:
    """One permitted pattern and where it can be taken back: `file:key`."""

    pattern: DomainPattern
    where: str
    is_aws: bool = False


def permits_of(
    config: StackConfig, preset: Preset, library: Library, destinations: Mapping[WebGroupId, Destinations], file: str
) -> list[Permit]:
    """Return every name a stack permits that leads out of its VPC, with the place to change it.

    AWS's own hosts lead out only when the VPC has no endpoints of its own for them.
    """
    out = [Permit(UrlPattern.parse(url).host, f"{file}:{alias_of('tls_decryption_urls')}") for url in config.tls_decryption_urls]
    for group, found in destinations.items():
        if group in DENY_GROUPS or (group is WebGroupId.AWS_INFRA and config.create_ssm_vpc_endpoints):
            continue
        for pattern in found.patterns:
            is_aws = group is WebGroupId.AWS_INFRA and pattern.text not in config.aws_infra_domains
            out.append(Permit(pattern, _place(pattern, group, config, preset, library, file), is_aws))
    return out


def _place(pattern: DomainPattern, group: WebGroupId, config: StackConfig, preset: Preset, library: Library, file: str) -> str:
    """Return where a pattern comes from: the stack's own list or switch, else the class's or the harness's sets."""
    for table in (OVERRIDES, ADDITIONS):
        if group in table and pattern.text in getattr(config, table[group]):
            return f"{file}:{alias_of(table[group])}"
    if group in _SWITCHES and getattr(config, _SWITCHES[group]):
        return f"{file}:{alias_of(_SWITCHES[group])}"
    own = any(pattern in library.sets[name].patterns(config.aws_region) for name in preset.permit_sets)
    return f"presets/{preset.name}.yaml:permitSets" if own else f"presets/harnesses.yaml:{preset.core.value} core"


def check_kinds(permits: Iterable[Permit], preset: Preset, library: Library, region: str, checks: Checks) -> None:
    """Refuse hosts of a kind the class may not reach."""
    for kind, words in _WORDS.items():
        if kind in preset.may_reach:
            continue
        listed = [(pattern, found.name) for found in library.sets.values() if found.kind is kind for pattern in found.patterns(region)]
        for permit in permits:
            for pattern, name in _first(permit.pattern, listed):
                checks.problems.append(
                    Problem(
                        permit.where,
                        f"{str(permit.pattern)!r} is {words} ({str(pattern)!r} in presets/catalog/{name}.yaml)",
                        f"{preset.name} does not reach such hosts by any rule: its preset does not name {kind.value} in mayReach",
                        "remove it, or use a class that may",
                    )
                )


def check_uploads(
    permits: Iterable[Permit],
    destinations: Mapping[WebGroupId, Destinations],
    config: StackConfig,
    preset: Preset,
    library: Library,
    today: date | None,
    checks: Checks,
) -> None:
    """Refuse hosts where strangers can store data, but those waived by name until a day that has not passed.

    Drop sites are refused in every class; those that a deny set names are left to `overlaps`, which refuses them too.
    """
    held = {waiver.host: waiver for waiver in config.upload_waivers}
    sanctioned = {entry.host for entry in config.sanctioned_model_providers}  # `sanctions` refuses those that a class does not allow
    used = set[str]()
    if preset.uploads is Uploads.REFUSED:
        _check_aws(config, preset, checks)
        entries = [(entry, found.name) for found in library.sets.values() for entry in found.entries if entry.uploads]
        listed = [(entry.in_region(config.aws_region), name) for entry, name in entries]
        for permit in (permit for permit in permits if not permit.is_aws):
            for pattern, name in _first(permit.pattern, listed):
                if permit.pattern.text in held:
                    used.add(permit.pattern.text)
                    continue
                if permit.pattern.text in sanctioned:
                    continue
                checks.problems.append(
                    Problem(
                        permit.where,
                        f"{str(permit.pattern)!r} takes uploads of strangers ({str(pattern)!r} in presets/catalog/{name}.yaml)",
                        f"what {preset.name} works on could be stored there under anybody's account",
                        "remove it, or waive that exact host in uploadWaivers with owner, reason and end",
                    )
                )
    used |= _check_drop_sites(permits, destinations, held, checks)
    for waiver in held.values():
        _check_waiver(waiver, waiver.host in used, preset, today, checks)


def _check_drop_sites(
    permits: Iterable[Permit], destinations: Mapping[WebGroupId, Destinations], held: Mapping[str, UploadWaiver], checks: Checks
) -> set[str]:
    """Refuse paste, file-drop and webhook sites in every class, but those waived by name; return the hosts waived."""
    used = set[str]()
    denied = [pattern for group in DENY_GROUPS & set(destinations) for pattern in destinations[group].patterns]
    for permit in permits:
        refusal = refusal_of(permit.pattern.text)
        if refusal is None or refusal.cause is not Cause.DROP_SITE or any(meets(permit.pattern, other) for other in denied):
            continue
        if permit.pattern.text in held:
            used.add(permit.pattern.text)
            continue
        why = "one request leaves data there, without an account"
        checks.problems.append(Problem(permit.where, f"{str(permit.pattern)!r} {refusal.what}", why, refusal.fix))
    return used


def check_letters(permits: Iterable[Permit], library: Library, region: str, checks: Checks) -> None:
    """Refuse names in other letters that read like a name of the catalog."""
    foreign = [permit for permit in permits if "xn--" in permit.pattern.text]
    if not foreign:
        return
    known = [pattern.text for found in library.sets.values() for pattern in found.patterns(region) if pattern.is_exact]
    for permit in foreign:
        refusal = lookalike_refusal(permit.pattern.text, known)
        if refusal is not None:
            why = "a reader of the rule takes it for the known name"
            checks.problems.append(Problem(permit.where, f"{str(permit.pattern)!r} {refusal.what}", why, refusal.fix))


def _check_aws(config: StackConfig, preset: Preset, checks: Checks) -> None:
    """AWS's own hosts take uploads of every account; only endpoints of one's own, with policies, answer for one account."""
    for name in ("create_ssm_vpc_endpoints", "enable_endpoint_policies"):
        if not getattr(config, name):
            checks.say(
                name,
                f"is false, so AWS's hosts would store data for any account, and {preset.name} refuses such hosts",
                "stolen or foreign keys would carry data into somebody else's account",
                "leave true",
                "agent_class",
            )


def _check_waiver(waiver: UploadWaiver, used: bool, preset: Preset, today: date | None, checks: Checks) -> None:
    where = f"{checks.file}:{alias_of('upload_waivers')}"
    why = "a waiver is an exception somebody answers for until a day; one nobody looks after stays for ever"
    if not used:
        reason = f"{preset.name} does not refuse uploads" if preset.uploads is Uploads.ALLOWED else "no permit of this stack needs it"
        checks.problems.append(Problem(where, f"waives {waiver.host}, and {reason}", why, "remove the waiver"))
    elif today is None:
        said = f"waives {waiver.host} until {waiver.until}, and what day it is was not said"
        checks.problems.append(Problem(where, said, "an exception whose end cannot be checked does not hold", "ask with today's date"))
    elif not waiver.holds(today):
        said = f"waived {waiver.host} until {waiver.until}, and it is {today}"
        checks.problems.append(Problem(where, said, why, f"remove the host, or have {waiver.owner} renew the waiver"))


def _first(pattern: DomainPattern, listed: Iterable[tuple[DomainPattern, str]]) -> Iterator[tuple[DomainPattern, str]]:
    """Yield the first listed pattern that some name shares with `pattern`, if there is one."""
    for other, name in listed:
        if meets(pattern, other):
            yield other, name
            return
