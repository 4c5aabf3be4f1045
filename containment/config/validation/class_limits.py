"""Limits of a class: protections that it keeps on, destinations that it refuses, whichever key permits them, and denies in monitor.

Destinations are checked per host, not per set, flag or key. A preset names the kinds of destination that its class may reach, and
whether hosts where third parties can store data are refused. The catalog lists those hosts; a permit overlaps one when some name is
matched by both. Hosts that are not in the catalog cannot be checked here (`containment.risk` reports them).

A deny set that a stack applies in monitor as well (`alwaysEnforce`) is one of the class's, and fills a whole rule: one rule denies one
WebGroup, so sets of the same WebGroup are applied together or not at all.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from containment.catalog.catalog import DestinationKind
from containment.catalog.known_hosts import has_overlap
from containment.catalog.preset import Library, Preset, Uploads
from containment.config.destination_entry import get_names
from containment.config.destinations import ADDITIONS, OVERRIDES, Destinations
from containment.config.parser import get_alias
from containment.config.stack_config import StackConfig
from containment.config.validation.problems import Checks
from containment.config.values import RETENTIONS
from containment.config.waivers import UploadWaiver
from containment.errors import Replacement
from containment.fixes.nearest_word import find_nearest, make_proposal
from containment.fixes.unfit_value import NO_VALUE
from containment.names import DENY_GROUPS, WebGroupId
from containment.patterns.domain import DomainPattern
from containment.patterns.permitted_names.account_hosts import CATALOG_SAAS, SAAS_HOSTS
from containment.patterns.permitted_names.name import find_lookalike_refusal, find_refusal
from containment.patterns.permitted_names.refusal import Cause
from containment.patterns.url import UrlPattern

_WORDS: Mapping[DestinationKind, str] = {
    DestinationKind.REGISTRIES: "a registry or source host, which serves third-party code",
    DestinationKind.PUBLIC_REFERENCE: "a public search or reference host, which receives every query",
}
"""The kinds that are refused to a class that does not name them."""

_SWITCHES = {WebGroupId.PACKAGES: "enable_package_installs", WebGroupId.PUBLIC_REFERENCE: "enable_public_reference"}


@dataclass(frozen=True)
class Permit:
    """One permitted pattern, and where it can be removed: `file:key`."""

    pattern: DomainPattern
    where: str
    is_aws: bool = False


def collect_permits(
    config: StackConfig, preset: Preset, library: Library, destinations: Mapping[WebGroupId, Destinations], file: str
) -> list[Permit]:
    """Return every permitted name that leads out of the VPC, with the place to change it.

    AWS's own hosts lead out only when the VPC has no endpoints for them.
    """
    out = [
        Permit(UrlPattern.parse(url).host, f"{file}:{get_alias('tls_decryption_urls')}") for url in get_names(config.tls_decryption_urls)
    ]
    for group, found in destinations.items():
        if group in DENY_GROUPS or (group is WebGroupId.AWS_INFRA and config.create_ssm_vpc_endpoints):
            continue
        for pattern in found.patterns:
            is_aws = group is WebGroupId.AWS_INFRA and pattern.text not in get_names(config.aws_infra_domains)
            out.append(Permit(pattern, _locate(pattern, group, config, preset, library, file), is_aws))
    return out


def _locate(pattern: DomainPattern, group: WebGroupId, config: StackConfig, preset: Preset, library: Library, file: str) -> str:
    """Return the origin of a pattern: the stack's own list or switch, else the class's or the harness's sets."""
    for table in (OVERRIDES, ADDITIONS):
        if group in table and pattern.text in get_names(getattr(config, table[group])):
            return f"{file}:{get_alias(table[group])}"
    if group in _SWITCHES and getattr(config, _SWITCHES[group]):
        return f"{file}:{get_alias(_SWITCHES[group])}"
    own = any(pattern in library.sets[name].make_patterns(config.aws_region) for name in preset.permit_sets)
    return f"presets/{preset.name}.yaml:permitSets" if own else f"presets/harnesses.yaml:{preset.core.value} core"


def check_kinds(permits: Iterable[Permit], preset: Preset, library: Library, region: str, checks: Checks) -> None:
    """Refuse hosts of a kind the class may not reach."""
    for kind, words in _WORDS.items():
        if kind in preset.may_reach:
            continue
        listed = [(pattern, found.name) for found in library.sets.values() if found.kind is kind for pattern in found.make_patterns(region)]
        for permit in permits:
            for pattern, name in _find_first(permit.pattern, listed):
                checks.report(
                    permit.where,
                    f"{str(permit.pattern)!r} is {words} ({str(pattern)!r} in presets/catalog/{name}.yaml)",
                    f"{preset.name} does not reach such hosts by any rule: its preset does not name {kind.value} in mayReach",
                    "remove it, or use a class that may",
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
    """Refuse hosts where third parties can store data, except those waived by name until a day that has not passed.

    Drop sites are refused in every class; those that a deny set names are left to `overlaps`, which refuses them too.
    """
    held = {waiver.host: waiver for waiver in config.upload_waivers}
    sanctioned = {entry.host for entry in config.sanctioned_model_providers}  # `sanctions` refuses those that a class does not allow
    used = set[str]()
    if preset.uploads is Uploads.REFUSED:
        _check_aws(config, preset, checks)
        entries = [(entry, found.name) for found in library.sets.values() for entry in found.entries if entry.uploads]
        listed = [(entry.make_pattern(config.aws_region), name) for entry, name in entries]
        for permit in (permit for permit in permits if not permit.is_aws):
            for pattern, name in _find_first(permit.pattern, listed):
                if permit.pattern.text in held:
                    used.add(permit.pattern.text)
                    continue
                if permit.pattern.text in sanctioned:
                    continue
                checks.report(
                    permit.where,
                    f"{str(permit.pattern)!r} takes uploads from third parties ({str(pattern)!r} in presets/catalog/{name}.yaml)",
                    f"data of {preset.name} could be stored there under any account",
                    "remove it, or waive that exact host in uploadWaivers with owner, reason and end",
                )
        used |= _check_account_hosts(permits, held, preset, checks)
    used |= _check_drop_sites(permits, destinations, held, checks)
    for waiver in held.values():
        _check_waiver(waiver, waiver.host in used, preset, today, checks)


def _check_account_hosts(permits: Iterable[Permit], held: Mapping[str, UploadWaiver], preset: Preset, checks: Checks) -> set[str]:
    """Refuse hosts of any account that no entry of the catalog describes, except those waived by name; return the hosts waived."""
    met = {permit.pattern.text: permit for permit in permits if permit.pattern.text in SAAS_HOSTS - CATALOG_SAAS}
    for name, permit in met.items():
        if name not in held:
            what = f"{name!r} stores or forwards data of any account"
            fix = "remove it, or waive that exact host in uploadWaivers with owner, reason and end"
            checks.report(permit.where, what, f"data of {preset.name} could be stored there under any account", fix)
    return held.keys() & met.keys()


def _check_drop_sites(
    permits: Iterable[Permit], destinations: Mapping[WebGroupId, Destinations], held: Mapping[str, UploadWaiver], checks: Checks
) -> set[str]:
    """Refuse paste, file-drop and webhook sites in every class, except those waived by name; return the hosts waived."""
    used = set[str]()
    denied = [pattern for group in DENY_GROUPS & set(destinations) for pattern in destinations[group].patterns]
    for permit in permits:
        refusal = find_refusal(permit.pattern.text)
        if refusal is None or refusal.cause is not Cause.DROP_SITE or any(has_overlap(permit.pattern, other) for other in denied):
            continue
        if permit.pattern.text in held:
            used.add(permit.pattern.text)
            continue
        why = "one request leaves data there, without an account"
        checks.report(permit.where, f"{str(permit.pattern)!r} {refusal.what}", why, refusal.fix)
    return used


def check_letters(permits: Iterable[Permit], library: Library, region: str, checks: Checks) -> None:
    """Refuse names in letters of other scripts that read like a name of the catalog."""
    foreign = [permit for permit in permits if "xn--" in permit.pattern.text]
    if not foreign:
        return
    known = [pattern.text for found in library.sets.values() for pattern in found.make_patterns(region) if pattern.is_exact]
    for permit in foreign:
        refusal = find_lookalike_refusal(permit.pattern.text, known)
        if refusal is not None:
            why = "a reader of the rule takes it for the known name"
            checks.report(permit.where, f"{str(permit.pattern)!r} {refusal.what}", why, refusal.fix)


def _check_aws(config: StackConfig, preset: Preset, checks: Checks) -> None:
    """Require VPC endpoints with policies: without them AWS's own hosts take uploads of any account."""
    for name in ("create_ssm_vpc_endpoints", "enable_endpoint_policies"):
        if not getattr(config, name):
            checks.add_explained(
                name,
                f"is false, so AWS's hosts would store data for any account, and {preset.name} refuses such hosts",
                "stolen or foreign keys would carry data into another account",
                "leave true",
                "agent_class",
            )


def _check_waiver(waiver: UploadWaiver, used: bool, preset: Preset, today: date | None, checks: Checks) -> None:
    where = f"{checks.file}:{get_alias('upload_waivers')}"
    why = "a waiver is an exception that its owner renews or ends; otherwise it would stay forever"
    if not used:
        reason = f"{preset.name} does not refuse uploads" if preset.uploads is Uploads.ALLOWED else "no permit of this stack needs it"
        checks.report(where, f"waives {waiver.host}, and {reason}", why, "remove the waiver")
    elif today is None:
        said = f"waives {waiver.host} until {waiver.until}, and today's date is not given"
        checks.report(where, said, "an exception whose end cannot be checked does not apply", "pass today's date")
    elif not waiver.is_active(today):
        said = f"waived {waiver.host} until {waiver.until}, and it is {today}"
        checks.report(where, said, why, f"remove the host, or have {waiver.owner} renew the waiver")


def _find_first(pattern: DomainPattern, listed: Iterable[tuple[DomainPattern, str]]) -> Iterator[tuple[DomainPattern, str]]:
    """Yield the first listed pattern that some name shares with `pattern`, if there is one."""
    for other, name in listed:
        if has_overlap(pattern, other):
            yield other, name
            return


def check_class(config: StackConfig, preset: Preset, checks: Checks) -> None:
    """Refuse settings below the class's requirements: protections that stay on, and logs kept long enough."""
    keys = {get_alias(name): name for name in type(config).model_fields}
    for switch in preset.keeps_on:
        if not getattr(config, keys[switch.value]):
            checks.add_explained(
                keys[switch.value],
                f"is false, and {preset.name} keeps it on",
                f"presets/{preset.name}.yaml requires it of every stack of the class",
                "write true, or use another class",
                "agent_class",
                replacement=True,
            )
    if config.flow_log_retention_days < preset.minimum_log_retention_days:
        kept = _find_retention(preset.minimum_log_retention_days)
        checks.add_explained(
            "flow_log_retention_days",
            f"is {config.flow_log_retention_days}, and {preset.name} keeps logs for {preset.minimum_log_retention_days} days or more",
            "an incident must be readable for as long as it can be investigated",
            "use another class: CloudWatch keeps no log that long" if kept is None else f"set {kept}",
            "agent_class",
            replacement=NO_VALUE if kept is None else kept,
        )


def _find_retention(days: int) -> int | None:
    """Return the shortest retention of CloudWatch that is long enough, None when none is."""
    return next((one for one in RETENTIONS if one >= days), None)


def find_always_enforced(config: StackConfig, preset: Preset, library: Library, checks: Checks) -> frozenset[WebGroupId]:
    """Return the WebGroups whose denies are applied in every mode, and record a problem for each set that cannot be."""
    key = get_alias("always_enforce")
    if key in checks.wrong:
        return frozenset()
    known = [name for name in preset.deny_sets if name in library.sets]
    groups = dict[WebGroupId, None]()
    for place, name in enumerate(config.always_enforce):
        if name not in known:
            is_other = name in library.sets
            what = f"[{place}] is {'not a deny set of' if is_other else 'not a catalog set that is denied in'} {preset.name} ({name!r})"
            near = find_nearest(name, known)
            fix = make_proposal(name, known, "remove it")
            mends = None if near is None or near in config.always_enforce else Replacement((key, place), near)
            why = "only a deny of the class can be applied, and one that is not recognized would be watched"
            checks.report(f"{checks.file}:{key}", what, why, fix, mends)
            continue
        group = library.sets[name].web_group
        missing = [one for one in known if library.sets[one].web_group is group and one not in config.always_enforce]
        if missing:
            what = f"[{place}] ({name!r}) shares {group.value} with {', '.join(missing)}, which is not listed"
            checks.report(f"{checks.file}:{key}", what, "one rule denies the whole group", f"add {', '.join(missing)}")
        groups[group] = None
    return frozenset(groups)
