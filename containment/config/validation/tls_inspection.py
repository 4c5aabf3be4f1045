"""Checks of TLS decryption and intrusion detection: URLs to decrypt, and a Controller that can."""

from __future__ import annotations

from containment.config.controller_release import get_first_release_with_snat
from containment.config.stack_config import StackConfig
from containment.config.validation.problems import Checks
from containment.ternary import Ternary


def check_decryption(config: StackConfig, checks: Checks) -> None:
    """Refuse decryption without URLs, and a Controller that cannot decrypt for single rules, or not together with SNAT."""
    if config.enable_tls_decryption_design and not config.tls_decryption_urls:
        what = "is set without tlsDecryptionUrls: no URL is selected for decryption"
        fix = "write false, or list the URLs in tlsDecryptionUrls"
        checks.add("enable_tls_decryption_design", True, what, "tls_decryption_urls", fix=fix, replacement=False)
    if not config.tls_decryption_urls:
        return
    if not config.controller_version.line.has_scoped_decryption:
        said = f"needs a Controller 9.0 or newer, and controllerVersion is {config.controller_version}"
        fix = f"bring the Controller to {get_first_release_with_snat()} and name that in controllerVersion, or empty tlsDecryptionUrls"
        why = "an older Controller decrypts for every rule or for none, and not together with SNAT"
        checks.add_explained("tls_decryption_urls", said, why, fix, "controller_version", replacement=[])
    elif config.single_ip_snat:
        check_decryption_with_snat(config, checks)


def check_intrusion_detection(config: StackConfig, checks: Checks) -> None:
    """Refuse intrusion detection on a Controller without profiles, and where no permit decrypts."""
    if not config.intrusion_detection:
        return
    if not config.controller_version.line.has_scoped_decryption:
        said = f"needs a Controller 9.0 or newer, and controllerVersion is {config.controller_version}"
        why = "older releases have no intrusion profile for the whole Controller"
        fix = f"bring the Controller to {get_first_release_with_snat()} and name that in controllerVersion, or write false"
        checks.add_explained("intrusion_detection", said, why, fix, "controller_version", replacement=False)
    if not config.tls_decryption_urls:
        said = "is set, and the permits that decrypt are: none"
        why = "inside encrypted TLS the gateway sees no intrusion"
        fix = "list the URLs to inspect in tlsDecryptionUrls, or write false"
        checks.add_explained("intrusion_detection", said, why, fix, "tls_decryption_urls", replacement=False)


def check_decryption_with_snat(config: StackConfig, checks: Checks) -> None:
    """Refuse a release whose gateways do not decrypt TLS with SNAT on; one without a patch may be such a release."""
    release, first = config.controller_version, get_first_release_with_snat()
    answer = release.decrypts_with_snat
    if answer is Ternary.YES or (answer is Ternary.MAYBE and config.accept_decryption_with_snat):
        return
    older = f"is older than {first}" if answer is Ternary.NO else f"leaves open whether the Controller is {first} or newer"
    checks.add_explained(
        "controller_version",
        f"{release} {older}, which tlsDecryptionUrls needs on a gateway with SNAT",
        "an older Controller does not carry TLS decryption and SNAT together, and WebGroup rules stop working",
        f'{"bring the Controller to it and" if answer is Ternary.NO else "if it is,"} write controllerVersion: "{first}" '
        "(`containment preflight` compares it with the Controller); or empty tlsDecryptionUrls",
        "tls_decryption_urls",
        "single_ip_snat",
        "accept_decryption_with_snat",
        replacement=first,
    )
