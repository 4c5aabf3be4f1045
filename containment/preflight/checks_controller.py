"""Checks of the Controller: connection, certificate, release, access account, features and policy ownership."""

from __future__ import annotations

import re
from datetime import timedelta

from containment.config.controller_release import ControllerRelease, get_first_release_with_snat
from containment.names import make_attachment_point
from containment.preflight.check import Check, make_failure, make_pass, make_warning
from containment.preflight.facts import ControllerFacts, Facts, UnreadFact, require_fact
from containment.preflight.finding import Finding
from containment.ternary import Ternary

SOON = timedelta(days=30)
AWS_CLOUD = 1
EQUAL_PRIORITIES = ((8, 2, 20), (9, 0, 10))
"""First release of each line that refuses two rules of one priority (AVX-76494, release notes)."""


def check_connection(_: Facts, controller: ControllerFacts) -> Finding:
    return make_pass(f"{controller.host} accepts the login")


def check_certificate(facts: Facts, controller: ControllerFacts) -> Finding:
    if not controller.verified:
        return make_failure("verifySslCertificate is false: any server in the Controller's place gets the password and writes the policy")
    until = require_fact(controller.certificate).not_after
    said = f"verified, valid until {until:%Y-%m-%d}"
    return make_warning(f"{said}: the next deployments will fail", "renew it") if until - facts.now < SOON else make_pass(said)


def check_version(facts: Facts, controller: ControllerFacts) -> Finding:
    version = require_fact(controller.version)
    stated, config = facts.spec.config.controller_version, facts.spec.config
    found = re.match(r"\D*(\d+)\.(\d+)(?:\.(\d+))?", version)
    if found is None or f"{found[1]}.{found[2]}" != stated.line.value:
        return make_failure(
            f"the Controller reports {version!r}, and controllerVersion is {stated}: the provider refuses another MAJOR.MINOR"
        )
    release = (int(found[1]), int(found[2]), int(found[3] or 0))
    if stated.patch is not None and release[2] < stated.patch:
        return make_failure(
            f"the Controller is {version}, and controllerVersion is {stated}: features of that release are missing",
            "update the Controller, or set controllerVersion to what it is",
        )
    live = ControllerRelease(stated.line, release[2])
    if config.tls_decryption_urls and config.single_ip_snat and live.decrypts_with_snat is not Ternary.YES:
        return make_failure(
            f"the Controller is {version}, and tlsDecryptionUrls needs {get_first_release_with_snat()} or newer (with SNAT)",
            "update the Controller, or empty tlsDecryptionUrls",
        )
    if any(release[:2] == fixed[:2] and release < fixed for fixed in EQUAL_PRIORITIES):
        return make_warning(f"{version} accepts two rules with the same priority silently (AVX-76494)", "update the Controller")
    return make_pass(version)


def check_access_account(facts: Facts, controller: ControllerFacts) -> Finding:
    if not facts.account_is_named:
        return make_failure("awsAccessAccount is not set", "`pulumi config set awsAccessAccount NAME`")
    name = facts.spec.config.aws_access_account
    known = {each.name: each for each in require_fact(controller.accounts)}
    if name not in known:
        return make_failure(f"{name!r} is not an access account of the Controller; its accounts: {', '.join(sorted(known)) or 'none'}")
    found = known[name]
    if found.cloud != AWS_CLOUD:
        return make_failure(f"{name!r} is an account of cloud type {found.cloud}; an AWS account has type 1")
    if isinstance(facts.aws, UnreadFact):
        return make_warning(f"{name!r} is account {found.number}; without AWS credentials it cannot be compared", "log in to AWS")
    if found.number != facts.aws.account:
        return make_failure(
            f"{name!r} is account {found.number}, and the caller's is {facts.aws.account}: the gateway would be created in another account"
        )
    return make_pass(f"{name!r} is account {found.number}, the caller's")


def check_firewall(facts: Facts, controller: ControllerFacts) -> Finding:
    if require_fact(controller.features).get("microseg"):
        return make_pass("Distributed Cloud Firewall is on")
    if facts.spec.config.manage_controller_policy:
        return make_pass("off; this stack switches it on (manageControllerPolicy)")
    return make_failure("Distributed Cloud Firewall is off: rules would be stored and not applied")


def check_ownership(facts: Facts, controller: ControllerFacts) -> Finding:
    if facts.spec.config.manage_controller_policy:
        return _check_list_ownership(controller)
    points, attached = require_fact(controller.points), require_fact(controller.attached)
    point = make_attachment_point(facts.spec.stack)
    if point not in points:
        said = f"there is no attachment point {point}: no rule of this stack would be applied"
        return make_failure(said, "bring up platform/ with this stack in its list (docs/ownership.md)")
    holder = attached.get(points[point])
    if holder not in (None, facts.spec.object_prefix):
        return make_failure(f"{point} is taken by the ruleset {holder}", "have its owner detach it, or rename this stack")
    return make_pass(f"this stack's ruleset is attached to {point}" if holder else f"{point} is free")


def _check_list_ownership(controller: ControllerFacts) -> Finding:
    if foreign := require_fact(controller.foreign_rules):
        said = f"manageControllerPolicy is true, and the list contains rules of others: {', '.join(foreign[:5])}"
        return make_failure(said, "set manageControllerPolicy: false and run platform/ once, or dedicate a Controller")
    if not isinstance(controller.attached, UnreadFact) and controller.attached:
        said = f"manageControllerPolicy is true, and rulesets of others are attached: {', '.join(sorted(controller.attached.values())[:5])}"
        return make_failure(said, "set manageControllerPolicy: false, or dedicate a Controller")
    return make_pass("the Controller-wide list is empty, or all its rules are this stack's")


def check_default_action(facts: Facts, controller: ControllerFacts) -> Finding:
    action, logged = require_fact(controller.default_action)
    said = f"{action}, {'logged' if logged else 'not logged'}"
    if (action, logged) == ("DENY", True):
        return make_pass(said)
    if facts.spec.config.manage_controller_policy:
        return make_pass(f"{said}; this stack sets it to DENY, logged (manageControllerPolicy)")
    return make_failure(f"{said}: traffic that no rule matches is permitted or not logged")


def check_copilot(facts: Facts, controller: ControllerFacts) -> Finding:
    on, address = require_fact(controller.copilot)
    wanted = facts.spec.config.copilot_private_ip
    if wanted is None:
        return make_pass(f"CoPilot {address} is associated") if on else make_warning("no CoPilot is associated, and none is configured")
    if on and address != str(wanted):
        return make_failure(f"CoPilot {address} is associated, and copilotPrivateIp is {wanted}: the present association would be replaced")
    return make_pass(f"CoPilot {wanted} is associated" if on else f"none yet; this stack associates {wanted}")


def check_intrusion_profile(facts: Facts, controller: ControllerFacts) -> Finding:
    if controller.intrusion_faults is None:
        if facts.spec.config.intrusion_detection:
            return make_pass("this stack sets the default profile (manageControllerPolicy)")
        return make_pass("intrusionDetection is false: the Controller's default profile is not judged")
    if faults := require_fact(controller.intrusion_faults):
        return make_failure(f"the Controller's default profile {'; '.join(faults)}")
    return make_pass("the default profile drops major and critical intrusions")


CHECKS = (
    Check(
        id="controller-reachable",
        holds="the Controller answers over TLS and accepts the login",
        why="the gateway and the policy are created there",
        reads="login",
        fix="set aviatrix:controllerIp, aviatrix:username and the password; port 443 must be reachable, the certificate verifiable",
        controller=check_connection,
    ),
    Check(
        id="controller-certificate",
        holds="its certificate is verified and stays valid for 30 days",
        why="another server in its place would get the password and write the policy",
        reads="the certificate itself",
        fix="install a certificate of a known authority on it, or set aviatrix:pathToCaCertificate",
        controller=check_certificate,
    ),
    Check(
        id="controller-version",
        holds="its release is controllerVersion, and has the features that the stack uses",
        why="the provider refuses another release, and features differ",
        reads="list_version_info",
        fix="set controllerVersion to what the Controller is",
        controller=check_version,
    ),
    Check(
        id="access-account",
        holds="awsAccessAccount is one of its AWS accounts, with the caller's account number",
        why="the Controller creates the gateway in that account and reads its inventory from there",
        reads="list_accounts",
        fix="onboard the account on the Controller, or name the right one",
        controller=check_access_account,
    ),
    Check(
        id="firewall-on",
        holds="Distributed Cloud Firewall is on",
        why="without it rules are stored and not applied",
        reads="get_all_controller_features",
        fix="bring up platform/ once (docs/ownership.md)",
        controller=check_firewall,
    ),
    Check(
        id="policy-ownership",
        holds="this stack's attachment point exists and is free or its own; with manageControllerPolicy, the list has no other owner",
        why="two owners of one list overwrite each other's rules",
        reads="policy lists, rulesets and groups",
        fix="docs/ownership.md",
        controller=check_ownership,
    ),
    Check(
        id="default-action",
        holds="the Controller-wide default is DENY, logged",
        why="it decides flows that no rule matches",
        reads="default-action-policy",
        fix="bring up platform/ once (docs/ownership.md)",
        controller=check_default_action,
    ),
    Check(
        id="intrusion-profile",
        holds="with intrusionDetection, the default intrusion profile drops major and critical intrusions",
        why="that profile applies to every inspecting permit",
        reads="default-ips-profile, ips-profiles",
        fix="set intrusionDetection: true in platform/ and bring it up",
        controller=check_intrusion_profile,
    ),
    Check(
        id="copilot",
        holds="CoPilot is associated, and its address is the configured one",
        why="it receives the gateway's decisions",
        reads="get_copilot_association_status",
        fix="set copilotPrivateIp, or associate CoPilot on the Controller",
        controller=check_copilot,
    ),
)
