"""Detectors of the `detect-secrets` library, in addition to the forms in `kinds`.

Only detectors that recognize a form are used; those by entropy and by keyword have too many false positives in scripts and packed
files. Importing the library takes an eighth of a second, so a detector is loaded only if a text has its sign: a weaker form of the
detector's own expressions.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Any, Final

SIGNS: Final = {
    "artifactory.ArtifactoryDetector": r"AKC[a-zA-Z0-9]{10}|AP[\dA-F][a-zA-Z0-9]{8}",
    "aws.AWSKeyDetector": r"(?:A3T[A-Z0-9]|ABIA|ACCA|AKIA|ASIA)[0-9A-Z]{16}|['\"][0-9a-zA-Z/+]{40}['\"]",
    "azure_storage_key.AzureStorageKeyDetector": r"AccountKey=",
    "basic_auth.BasicAuthDetector": r"://[^\s:/]+:[^\s@]+@",
    "cloudant.CloudantDetector": r"(?i)cloudant|\b(?:clou|cl)[_-]?(?:api)?(?:key|p|token)",
    "discord.DiscordBotTokenDetector": r"[MNO][\w-]{23,25}\.[\w-]{6}\.[\w-]{27}",
    "github_token.GitHubTokenDetector": r"gh[pousr]_\w",
    "gitlab_token.GitLabTokenDetector": r"gl(?:pat|dt|ft|soat|rt|cbt|imt|ptt|agent|oas)-|GR1348941",
    "ibm_cloud_iam.IbmCloudIamDetector": r"(?<![A-Za-z0-9_-])[A-Za-z0-9_-]{44}(?![A-Za-z0-9_-])",
    "ibm_cos_hmac.IbmCosHmacDetector": r"[a-fA-F0-9]{48}",
    "jwt.JwtTokenDetector": r"eyJ[\w=-]+\.",
    "mailchimp.MailchimpDetector": r"[0-9a-z]{32}-us\d",
    "npm.NpmDetector": r":_authToken=",
    "openai.OpenAIDetector": r"T3BlbkFJ",
    "private_key.PrivateKeyDetector": r"PRIVATE KEY|PuTTY-User-Key-File-2",
    "pypi_token.PypiTokenDetector": r"pypi-Ag",
    "sendgrid.SendGridDetector": r"SG\.[\w-]{22}\.",
    "slack.SlackDetector": r"(?i)xox[abposr]-|hooks\.slack\.com",
    "softlayer.SoftlayerDetector": r"(?i)\b(?:softlayer|sl)[_-]?[^\n]{0,24}[a-z0-9]{64}|api\.softlayer\.com",
    "square_oauth.SquareOAuthDetector": r"sq0csp-",
    "stripe.StripeDetector": r"[rs]k_live_",
    "telegram_token.TelegramBotTokenDetector": r"\d{8}:[\w-]{35}",
    "twilio.TwilioKeyDetector": r"(?:AC|SK)[a-z0-9]{32}",
}
"""Detectors by module and class, each with a sign that every text it can match has."""


def find_detected(text: str) -> tuple[str, ...]:
    """Return the kinds of secrets that the library recognizes in a text, each once."""
    detectors = (load_detector(name) for name, sign in SIGNS.items() if _compile(sign).search(text))
    found = (detector.secret_type for detector in detectors if has_secret(detector, text))
    return tuple(dict.fromkeys(f"{_choose_article(kind)} {kind} (recognized by detect-secrets)" for kind in found))


def has_secret(detector: Any, text: str) -> bool:
    """Return whether a detector finds a secret that is not a reference to a variable."""
    return any(secret.strip("$<{%") == secret for secret in detector.analyze_string(text))


@cache
def load_detector(name: str) -> Any:
    """Return a detector of the library by module and class."""
    from importlib import import_module

    module, _, kind = name.partition(".")
    return getattr(import_module(f"detect_secrets.plugins.{module}"), kind)()


@cache
def _compile(sign: str) -> re.Pattern[str]:
    return re.compile(sign)


def _choose_article(kind: str) -> str:
    return "an" if kind[:1].lower() in "aeiou" else "a"
