"""The detectors of the `detect-secrets` library, as a second opinion on the kinds of our own.

Only those that recognize a form; the library's detectors by entropy and by keyword are left out, because scripts and packed files
are full of what they find. Imported on first use: a program without user data does not pay for it.
"""

from __future__ import annotations

from functools import cache
from typing import Any, Final

_PLUGINS: Final = {
    "artifactory.ArtifactoryDetector": ("akc", "ap"),
    "aws.AWSKeyDetector": ("akia", "asia", "abia", "acca", "aws"),
    "azure_storage_key.AzureStorageKeyDetector": ("accountkey=",),
    "basic_auth.BasicAuthDetector": ("://",),
    "cloudant.CloudantDetector": ("cloudant",),
    "discord.DiscordBotTokenDetector": (".",),
    "github_token.GitHubTokenDetector": ("gh",),
    "gitlab_token.GitLabTokenDetector": ("gl", "gr1348941"),
    "ibm_cloud_iam.IbmCloudIamDetector": ("ibm", "iam", "cloud"),
    "ibm_cos_hmac.IbmCosHmacDetector": ("hmac", "secret_access_key", "secret-access-key"),
    "jwt.JwtTokenDetector": ("eyj",),
    "mailchimp.MailchimpDetector": ("-us",),
    "npm.NpmDetector": ("_authtoken",),
    "openai.OpenAIDetector": ("sk-",),
    "private_key.PrivateKeyDetector": ("private key", "putty-user-key-file"),
    "pypi_token.PypiTokenDetector": ("pypi-",),
    "sendgrid.SendGridDetector": ("sg.",),
    "slack.SlackDetector": ("xox", "hooks.slack.com"),
    "softlayer.SoftlayerDetector": ("softlayer", "sl_"),
    "square_oauth.SquareOAuthDetector": ("sq0csp",),
    "stripe.StripeDetector": ("_live_",),
    "telegram_token.TelegramBotTokenDetector": (":",),
    "twilio.TwilioKeyDetector": ("ac", "sk"),
}
"""Plugins, each with texts of which one must be there (in lower case) before it is run."""


def detected_in(text: str) -> tuple[str, ...]:
    """Return what the library recognizes in a text, each kind once."""
    lowered = text.lower()
    wanted = [name for name, marks in _PLUGINS.items() if any(mark in lowered for mark in marks)]
    found = (detector.secret_type for name in wanted for detector in (_detector(name),) if _has_one(detector, text))
    return tuple(dict.fromkeys(f"what detect-secrets takes for {_article(kind)}" for kind in found))


def _has_one(detector: Any, text: str) -> bool:
    return any(secret.strip("$<{%") == secret for secret in detector.analyze_string(text))


@cache
def _detector(name: str) -> Any:
    from importlib import import_module

    module, _, kind = name.partition(".")
    return getattr(import_module(f"detect_secrets.plugins.{module}"), kind)()


def _article(kind: str) -> str:
    return f"{'an' if kind[:1].lower() in 'aeiou' else 'a'} {kind}"
