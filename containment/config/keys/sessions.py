"""Keys of operators' sessions: documents, limits, ports, and how the identity provider states owner and second factor."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator

from containment.config.keys.key import Keys, declare_key
from containment.config.pulumi_format.unquoted_values import Flag
from containment.config.values import decode_json, make_text_validator
from containment.fixes.unfit_value import UnfitError
from containment.sessions.second_factor import is_second_factor_tag

_LAST_PORT = 65535
_LONGEST_TAG = 128
_TAG = rf"[A-Za-z0-9_.:/=+@-]{{1,{_LONGEST_TAG}}}"


def _refuse_wrong_ports(ports: tuple[int, ...]) -> tuple[int, ...]:
    fit = list(dict.fromkeys(port for port in ports if 1 <= port <= _LAST_PORT))
    if len(fit) < len(ports):
        raise UnfitError("has a number that is no port, or one twice", f"write {fit}", fit)
    return ports


def _refuse_true_and_false(raw: Any) -> Any:
    if isinstance(raw, list) and any(isinstance(one, bool) for one in raw):
        raise UnfitError("has true or false in place of a port", "write numbers, such as [8080]")
    return raw


def _refuse_unclear_tag(key: str) -> str:
    if not is_second_factor_tag(key):
        fit = f"{key}Mfa"[-_LONGEST_TAG:]
        raise UnfitError("has no part that names a second factor", f"have the provider send a tag such as {fit}", fit)
    return key


Ports = Annotated[
    tuple[int, ...], BeforeValidator(_refuse_true_and_false), BeforeValidator(decode_json), AfterValidator(_refuse_wrong_ports)
]


class SessionKeys(Keys):
    """Sessions of operators on the agent hosts."""

    operator_sessions: Flag = declare_key(
        False,
        "Session documents with a record and limits, and a policy with which operators open sessions on their own hosts only.",
        "without it anyone with a right to ssm:StartSession gets a root shell on an agent host, without a record",
        "set true, with sessionOwner or agents by request, and attach the output operatorPolicyArn to operators",
    )
    session_owner: Annotated[
        str,
        make_text_validator(r"[A-Za-z0-9][A-Za-z0-9 _.:/=+@-]{0,127}|", "a team such as platform-team, in letters, digits and _.:/=+@-"),
    ] = declare_key(
        "",
        "Owner of the single host, as the owner tag of its operators; the host of an agent has its file's business owner.",
        "operators open hosts whose owner tag equals their own",
        "set the value of your operators' owner tag, such as platform-team",
    )
    session_idle_minutes: int = declare_key(
        15, "Minutes without input after which a session ends.", "an open shell can be used by anyone at the screen", "1 to 60", ge=1, le=60
    )
    session_max_minutes: int = declare_key(
        240, "Minutes after which every session ends.", "the right to a session is checked when it opens", "1 to 1440", ge=1, le=1440
    )
    session_ports: Ports = declare_key(
        (),
        "Ports of the host's own loopback that operators may forward, for an IDE or a browser; [] forwards none.",
        "a program on a forwarded port is open to every process of the operator's machine",
        "list ports such as [8080]",
        items="integer",
    )
    session_identity_provider: Annotated[
        str,
        make_text_validator(
            r"(arn:aws[a-z-]*:iam::\d{12}:(saml-provider|oidc-provider)/[A-Za-z0-9._:/=+@-]+)?",
            "the ARN of an identity provider (arn:aws:iam::ACCOUNT:saml-provider/NAME)",
        ),
    ] = declare_key(
        "",
        "Identity provider of operators with single sign-on; empty: only IAM users with MFA open sessions.",
        "roles of single sign-on have no aws:MultiFactorAuthPresent; a tag counts only from the provider that signed the user in",
        "set the ARN of the SAML or OIDC provider that your operators' roles trust",
    )
    session_saml_issuer: Annotated[str, make_text_validator(r"[!-~]{0,512}", "the issuer of a SAML provider, such as a URL")] = declare_key(
        "",
        "Issuer in the responses of a SAML sessionIdentityProvider, as its metadata has it (entityID).",
        "sessions of SAML are recognized by a hash of issuer, account and provider",
        "copy entityID from the provider's metadata; leave empty for an OIDC provider",
    )
    session_mfa_tag: Annotated[str, make_text_validator(_TAG, "the key of a session tag"), AfterValidator(_refuse_unclear_tag)] = (
        declare_key(
            "mfa",
            "Session tag that the identity provider sets to true after a second factor; its name contains mfa, secondFactor or amr.",
            "a password alone would open a session",
            "set the key that your provider sends, such as mfa",
        )
    )
    session_owner_tag: Annotated[str, make_text_validator(_TAG, "the key of a tag")] = declare_key(
        "owner",
        "Tag of an operator, or of its session, that names the team.",
        "it is compared with the host's owner",
        "set the key of your operators' tag, such as owner",
    )
