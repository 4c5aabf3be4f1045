"""The Controller: reached, verified, of the right release, with the account, the feature and the ownership this stack needs."""

from __future__ import annotations

import re
from datetime import timedelta

from containment.model.names import attachment_point_for
from containment.verify.preflight.check import Check, Verdict, failed, passed, unread, warned
from containment.verify.preflight.facts import ControllerFacts, Facts, Unread

SOON = timedelta(days=30)
AWS_CLOUD = 1
EQUAL_PRIORITIES = ((8, 2, 20), (9, 0, 10))
"""First release of each line that refuses two rules of one priority (AVX-76494, release notes)."""


def reachable(_: Facts, controller: ControllerFacts) -> Verdict:
    return passed(f"{controller.host} accepts the login")


def certificate(facts: Facts, controller: ControllerFacts) -> Verdict:
    if not controller.verified:
        return failed("verifySslCertificate is false: whoever answers gets the password and writes the policy")
    if isinstance(controller.certificate, Unread):
        return unread(controller.certificate)
    until = controller.certificate.not_after
    said = f"verified, valid until {until:%Y-%m-%d}"
    return warned(f"{said}: the next deployments will fail", "renew it") if until - facts.now < SOON else passed(said)


def version(facts: Facts, controller: ControllerFacts) -> Verdict:
    if isinstance(controller.version, Unread):
        return unread(controller.version)
    wanted = facts.spec.config.controller_version.value
    found = re.match(r"\D*(\d+)\.(\d+)(?:\.(\d+))?", controller.version)
    if found is None or f"{found[1]}.{found[2]}" != wanted:
        return failed(
            f"the Controller says {controller.version!r}, and controllerVersion is {wanted}: the provider refuses another MAJOR.MINOR"
        )
    release = (int(found[1]), int(found[2]), int(found[3] or 0))
    if any(release[:2] == fixed[:2] and release < fixed for fixed in EQUAL_PRIORITIES):
        return warned(f"{controller.version} takes two rules of one priority without a word (AVX-76494)", "update the Controller")
    return passed(controller.version)


def access_account(facts: Facts, controller: ControllerFacts) -> Verdict:
    if not facts.account_is_named:
        return failed("awsAccessAccount is not set", "`pulumi config set awsAccessAccount NAME`")
    if isinstance(controller.accounts, Unread):
        return unread(controller.accounts)
    name = facts.spec.config.aws_access_account
    known = {each.name: each for each in controller.accounts}
    if name not in known:
        return failed(f"the Controller does not know {name!r}; it knows {', '.join(sorted(known)) or 'none'}")
    found = known[name]
    if found.cloud != AWS_CLOUD:
        return failed(f"{name!r} is an account of cloud type {found.cloud}, and 1 is AWS")
    if isinstance(facts.aws, Unread):
        return warned(f"{name!r} is account {found.number}; whether it is the caller's cannot be told", "log in to AWS")
    if found.number != facts.aws.account:
        return failed(
            f"{name!r} is account {found.number}, and the caller's is {facts.aws.account}: the gateway would stand in another account"
        )
    return passed(f"{name!r} is account {found.number}, the caller's")


def firewall_is_on(facts: Facts, controller: ControllerFacts) -> Verdict:
    if isinstance(controller.features, Unread):
        return unread(controller.features)
    if controller.features.get("microseg"):
        return passed("Distributed Cloud Firewall is on")
    if facts.spec.config.manage_controller_policy:
        return passed("off; this stack switches it on (manageControllerPolicy)")
    return failed("Distributed Cloud Firewall is off: rules would be kept and not applied")


def ownership(facts: Facts, controller: ControllerFacts) -> Verdict:
    if facts.spec.config.manage_controller_policy:
        return _owns_the_list(controller)
    if isinstance(controller.points, Unread):
        return unread(controller.points)
    if isinstance(controller.attached, Unread):
        return unread(controller.attached)
    point = attachment_point_for(facts.spec.stack)
    if point not in controller.points:
        said = f"there is no attachment point {point}: nothing of this stack would be in force"
        return failed(said, "bring up platform/ with this stack in its list (docs/ownership.md)")
    holder = controller.attached.get(controller.points[point])
    if holder not in (None, facts.spec.object_prefix):
        return failed(f"{point} is taken by the ruleset {holder}", "let its owner take it off, or rename this stack")
    return passed(f"{point} holds this stack's ruleset" if holder else f"{point} is free")


def _owns_the_list(controller: ControllerFacts) -> Verdict:
    if isinstance(controller.foreign_rules, Unread):
        return unread(controller.foreign_rules)
    if controller.foreign_rules:
        said = f"manageControllerPolicy is true, and the list holds rules of others: {', '.join(controller.foreign_rules[:5])}"
        return failed(said, "set manageControllerPolicy: false and run platform/ once, or dedicate a Controller")
    if not isinstance(controller.attached, Unread) and controller.attached:
        said = f"manageControllerPolicy is true, and rulesets of others are attached: {', '.join(sorted(controller.attached.values())[:5])}"
        return failed(said, "set manageControllerPolicy: false, or dedicate a Controller")
    return passed("the Controller-wide list is empty, or this stack's own")


def default_action(facts: Facts, controller: ControllerFacts) -> Verdict:
    if isinstance(controller.default_action, Unread):
        return unread(controller.default_action)
    action, logged = controller.default_action
    said = f"{action}, {'logged' if logged else 'not logged'}"
    if (action, logged) == ("DENY", True):
        return passed(said)
    if facts.spec.config.manage_controller_policy:
        return passed(f"{said}; this stack sets it to DENY, logged (manageControllerPolicy)")
    return failed(f"{said}: traffic of hosts no rule names is let through or not seen")


def copilot(facts: Facts, controller: ControllerFacts) -> Verdict:
    if isinstance(controller.copilot, Unread):
        return unread(controller.copilot)
    on, address = controller.copilot
    wanted = facts.spec.config.copilot_private_ip
    if wanted is None:
        return passed(f"CoPilot {address} is associated") if on else warned("no CoPilot is associated, and none is configured")
    if on and address != str(wanted):
        return failed(f"CoPilot {address} is associated, and copilotPrivateIp is {wanted}: the other's would be replaced")
    return passed(f"CoPilot {wanted} is associated" if on else f"none yet; this stack associates {wanted}")


CHECKS = (
    Check(
        "controller-reachable",
        "the Controller answers over TLS and accepts the login",
        "the gateway and the policy are made there",
        "login",
        "set aviatrix:controllerIp, aviatrix:username and the password; port 443 must be open to you, its certificate verifiable",
        controller=reachable,
    ),
    Check(
        "controller-certificate",
        "its certificate is verified and stays valid for 30 days",
        "whoever answers in its place gets the password and writes the policy",
        "the certificate itself",
        "give it a certificate of a known authority, or set aviatrix:pathToCaCertificate",
        controller=certificate,
    ),
    Check(
        "controller-version",
        "its MAJOR.MINOR is controllerVersion",
        "the provider refuses another one, and features differ",
        "list_version_info",
        "set controllerVersion to what the Controller is",
        controller=version,
    ),
    Check(
        "access-account",
        "it knows awsAccessAccount, an AWS account, and its number is the caller's",
        "the Controller makes the gateway there, and reads its inventory from there",
        "list_accounts",
        "onboard the account on the Controller, or name the right one",
        controller=access_account,
    ),
    Check(
        "firewall-on",
        "Distributed Cloud Firewall is on",
        "without it rules are kept and not applied",
        "get_all_controller_features",
        "bring up platform/ once (docs/ownership.md)",
        controller=firewall_is_on,
    ),
    Check(
        "policy-ownership",
        "this stack's attachment point exists and is free or its own; with manageControllerPolicy, the list is nobody else's",
        "two owners of one list destroy each other's rules",
        "policy lists, rulesets and groups",
        "docs/ownership.md",
        controller=ownership,
    ),
    Check(
        "default-action",
        "the Controller-wide default is DENY, logged",
        "it judges what no rule names",
        "default-action-policy",
        "bring up platform/ once (docs/ownership.md)",
        controller=default_action,
    ),
    Check(
        "copilot",
        "CoPilot is associated, and is the one that is configured",
        "decisions of the gateway are read there",
        "get_copilot_association_status",
        "set copilotPrivateIp, or associate CoPilot on the Controller",
        controller=copilot,
    ),
)
