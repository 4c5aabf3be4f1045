"""Checks of the harness: ready for production where the class has regulated data, or waived; and installed as the mode permits."""

from __future__ import annotations

from datetime import date

from containment.catalog.catalog import DestinationKind
from containment.catalog.preset import Harness, Library, Maturity, Preset
from containment.config.parser import get_alias
from containment.config.stack_config import StackConfig
from containment.config.validation.problems import Checks
from containment.names import PolicyMode

_WHY = "a regulator asks who accepted software that its own vendor does not call ready"


def check_harness_maturity(
    config: StackConfig, preset: Preset, harness: Harness, library: Library, day: date | None, checks: Checks
) -> None:
    """Refuse a harness that is not called ready for production, except with a waiver that has not ended.

    Args:
        config: the stack's configuration.
        preset: its class; other classes than those with regulated data take any harness.
        harness: the harness of the stack.
        library: the presets, with the maturity of each harness.
        day: today; without it no waiver applies.
        checks: takes the problems.
    """
    where = f"{checks.file}:{get_alias('harness_waivers')}"
    found = library.maturity.get(harness)
    is_ready = found is not None and found.level is Maturity.PRODUCTION
    waiver = next((one for one in config.harness_waivers if one.harness is harness), None)
    if preset.strict_logging and not is_ready:
        level = found.level.value if found else Maturity.UNSTATED.value
        said = f": {found.statement}" if found else ""
        what = f"has no waiver for {harness.value}, whose maturity is {level}{said}"
        fix = (
            f"add {{harness: {harness.value}, owner: TEAM, reason: WHY, until: YYYY-MM-DD}}, "
            "or set installMode to a harness whose maturity is production (presets/harnesses.yaml)"
        )
        if waiver is None:
            checks.report(where, what, _WHY, fix)
        elif day is None or not waiver.is_active(day):
            ended = f"waived {harness.value} until {waiver.until}" + (f", and it is {day}" if day else ", and today's date is not given")
            checks.report(where, ended, _WHY, f"have {waiver.owner} renew the waiver, or set another installMode")
    for one in config.harness_waivers:
        if one is not waiver or is_ready or not preset.strict_logging:
            reason = f"the harness is {harness.value}" if one is not waiver else f"{preset.name} takes {harness.value} without one"
            why = "a waiver that nothing needs would stay forever"
            checks.report(where, f"waives {one.harness.value}, and {reason}", why, "remove the waiver")


def check_first_boot(config: StackConfig, preset: Preset, harness: Harness, checks: Checks) -> None:
    """Refuse installers without accepted licenses, and in enforce a host that does not start from a prepared image."""
    needs_licence = harness in (Harness.NEMOCLAW, Harness.HERMES)
    if config.auto_run_installer and needs_licence and not config.auto_accept_third_party_software:
        what = f"must be true to run the {harness.value} installer"
        fix = "write true once the licenses are accepted, or set autoRunInstaller: false"
        checks.add("auto_accept_third_party_software", False, what, "auto_run_installer", fix=fix, replacement=True)
    if config.policy_mode is not PolicyMode.ENFORCE:
        return
    for name in ("install_bootstrap_packages", "install_docker"):
        if getattr(config, name):
            what = "cannot work in enforce: package mirrors over HTTP are denied"
            fix = "write false, and use an image that has it"
            checks.add(name, True, what, "policy_mode", fix=fix, replacement=False)
    if config.auto_run_installer and DestinationKind.REGISTRIES not in preset.may_reach:
        said = f"cannot work in enforce: {preset.name} does not reach what an installer fetches"
        checks.add("auto_run_installer", True, said, "policy_mode", "agent_class", fix="write false", replacement=False)
    if harness is not Harness.NONE and not config.agent_image_id:
        said = f"is not set, and {harness.value} in enforce starts from a prepared image: nothing can be installed there"
        fix = "set the id of the image that was prepared in monitor (docs/image.md)"
        checks.add("agent_image_id", None, said, "policy_mode", "install_mode", "agent_class", fix=fix)
