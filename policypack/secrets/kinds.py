"""Forms of keys and tokens that nothing else has, as data: the issuer's published prefix, length and alphabet.

Grouped by what they open. `marks` are texts of which one must be there (in lower case) before the expression is tried; they only
save time. Sources: the issuers' own documentation of token formats, GitHub's and GitLab's lists of secret scanning patterns, and
the public rules of gitleaks, trufflehog and detect-secrets; the expressions are our own.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import Final


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of secret: `name` completes "contains ...". Tokens of one kind may start with an exact `prefix`."""

    name: str
    form: str
    marks: tuple[str, ...] = ()
    prefix: str = ""

    def is_in(self, text: str, lowered: str) -> bool:
        """Return whether a text has one; `lowered` is the text in lower case."""
        may_be = self.prefix in text if self.prefix else any(mark in lowered for mark in self.marks)
        return may_be and _compiled(self.form).search(text) is not None


@cache
def _compiled(form: str) -> re.Pattern[str]:
    return re.compile(form)


def _by_prefix(name: str, *rows: tuple[str, str]) -> tuple[Kind, ...]:
    """Return kinds whose tokens start with a text that nothing else starts with, each with the form of the rest."""
    return tuple(Kind(name, _after(prefix) + rest, prefix=prefix) for prefix, rest in rows)


def _after(prefix: str) -> str:
    """Return an expression for a prefix that no letter or digit precedes; the prefix first, which `re` looks for fast."""
    literal = re.escape(prefix)
    return rf"{literal}(?<![A-Za-z0-9]{literal})"


_LONG: Final = r"[A-Za-z0-9_-]{20,}"
_ALNUM: Final = r"[A-Za-z0-9]{20,}"
_HEX32: Final = r"[a-f0-9]{32}"

MODELS: Final = (
    Kind("an OpenAI or Anthropic key", r"(?<![A-Za-z0-9-])sk-(?:ant-|proj-|svcacct-|admin-|or-v1-|lf-)?[A-Za-z0-9_-]{20,}", ("sk-",)),
    *_by_prefix("an NVIDIA key", ("nvapi-", _LONG)),
    *_by_prefix("a Groq key", ("gsk_", _ALNUM)),
    *_by_prefix("an xAI key", ("xai-", _ALNUM)),
    *_by_prefix("a Replicate token", ("r8_", _ALNUM)),
    *_by_prefix("a Perplexity key", ("pplx-", _ALNUM)),
    *_by_prefix("a Fireworks key", ("fw_", _ALNUM), ("fpk_", _ALNUM)),
    *_by_prefix("a Together key", ("tgp_v1_", _LONG)),
    *_by_prefix("a Hugging Face token", ("hf_", r"[A-Za-z0-9]{30,}"), ("api_org_", r"[A-Za-z0-9]{30,}")),
    *_by_prefix("a Voyage key", ("pa-", r"[A-Za-z0-9_-]{40,}")),
    *_by_prefix("a Cerebras key", ("csk-", _ALNUM)),
    *_by_prefix("a LangSmith key", ("lsv2_", r"(?:pt|sk)_[a-f0-9]{20,}"), ("ls__", _HEX32)),
    *_by_prefix("a Langfuse key", ("sk-lf-", r"[a-f0-9-]{30,}")),
    *_by_prefix("a Pinecone key", ("pcsk_", r"[A-Za-z0-9_]{30,}")),
    *_by_prefix("a Jina key", ("jina_", _LONG)),
    *_by_prefix("a Nomic key", ("nk-", r"[A-Za-z0-9_-]{40,}")),
    *_by_prefix("an ElevenLabs key", ("sk_", r"[a-f0-9]{48}(?![a-f0-9])")),
    *_by_prefix("a Weights & Biases key", ("wandb_v1_", _LONG)),
    *_by_prefix("a RunPod key", ("rpa_", r"[A-Z0-9]{30,}")),
    *_by_prefix("a Vercel AI key", ("vck_", _ALNUM)),
    *_by_prefix("a Modal token", ("ak-", r"[A-Za-z0-9]{22}(?![A-Za-z0-9-])"), ("as-", r"[A-Za-z0-9]{22}(?![A-Za-z0-9-])")),
    Kind("an Azure OpenAI key", r"(?i)\bapi-key['\"]?\s*[:=]\s*['\"]?[a-f0-9]{32}\b", ("api-key",)),
)
TOOLS: Final = (
    *_by_prefix("an E2B key", ("e2b_", r"[a-f0-9]{32,}")),
    *_by_prefix("a Tavily key", ("tvly-", r"[A-Za-z0-9-]{16,}")),
    *_by_prefix("a Firecrawl key", ("fc-", _HEX32)),
    *_by_prefix("an Apify token", ("apify_api_", _ALNUM)),
    *_by_prefix("a Browserbase key", ("bb_live_", _LONG)),
    *_by_prefix("a Notion token", ("ntn_", _ALNUM), ("secret_", r"[A-Za-z0-9]{43}(?![A-Za-z0-9])")),
    *_by_prefix("a Linear key", ("lin_api_", _ALNUM), ("lin_oauth_", _ALNUM)),
    *_by_prefix("a Figma token", ("figd_", _LONG), ("figu_", _LONG)),
    *_by_prefix("an Airtable token", ("pat", r"[A-Za-z0-9]{14}\.[a-f0-9]{40,}")),
    *_by_prefix("an Atlassian token", ("ATATT3", _LONG), ("ATCTT3", _LONG), ("ATBB", r"[A-Za-z0-9]{24,}")),
    *_by_prefix("a Postman key", ("PMAK-", r"[a-f0-9]{24}-[a-f0-9]{34}"), ("PMAT-", r"[A-Z0-9]{26}")),
    *_by_prefix("a Mapbox token", ("sk.eyJ", r"[A-Za-z0-9_-]{20,}\.[A-Za-z0-9_-]{16,}")),
    *_by_prefix("a Typeform token", ("tfp_", _LONG)),
    *_by_prefix("a Contentful token", ("CFPAT-", _LONG)),
    *_by_prefix("a ReadMe key", ("rdme_", r"[a-z0-9]{60,}")),
    *_by_prefix("an Asana token", ("1/", r"\d{13,17}:[a-f0-9]{32}")),
)
CODE: Final = (
    Kind(
        "a GitHub token",
        r"\bgh[pousr]_[A-Za-z0-9]{30,}|github_pat_[A-Za-z0-9_]{40,}",
        ("ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_"),
    ),
    Kind("a GitLab token", r"\bgl(?:pat|rt|dt|ptt|soat|cbt|ft|imt|agent|oas|ffct)-[A-Za-z0-9_.-]{20,}", ("gl",)),
    *_by_prefix("a package registry token", ("npm_", r"[A-Za-z0-9]{36}"), ("pypi-", r"[A-Za-z0-9_-]{50,}"), ("rubygems_", r"[a-f0-9]{48}")),
    *_by_prefix(
        "a package registry token",
        ("dckr_pat_", _LONG),
        ("dckr_oat_", _LONG),
        ("cio", r"[A-Za-z0-9]{32}(?![A-Za-z0-9])"),
        ("oy2", r"[a-z0-9]{43}"),
    ),
    *_by_prefix(
        "a package registry token", ("packagist_", r"[a-z]+_[a-f0-9]{40,}"), ("CLOJARS_", r"[a-z0-9]{60}"), ("AKCp", r"[A-Za-z0-9]{60,}")
    ),
    Kind("a package registry token", r"_auth(?:Token)?\s*=\s*['\"]?(?![$<{%])[A-Za-z0-9+/=_-]{16,}", ("_auth",)),
    *_by_prefix("a Sonar token", ("sqp_", r"[a-f0-9]{40}"), ("squ_", r"[a-f0-9]{40}"), ("sqa_", r"[a-f0-9]{40}")),
    *_by_prefix("a CI token", ("CCIPAT_", _LONG), ("bkua_", r"[a-f0-9]{40}"), ("circle-token ", r"[a-f0-9]{40}")),
    *_by_prefix("a Snyk token", ("snyk_uat.", r"[a-z0-9]{8}\.[A-Za-z0-9_-]{20,}")),
)
CLOUD: Final = (
    Kind("an AWS access key", r"\b(?:AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16}\b", ("akia", "asia", "abia", "acca")),
    Kind("an AWS secret key", r"(?i)aws_?secret_?(?:access_?)?key['\"]?\s*[=:]\s*['\"]?[A-Za-z0-9/+=]{40}(?![A-Za-z0-9/+=])", ("secret",)),
    Kind("an AWS session token", r"\b(?:IQoJb3JpZ2lu|FwoGZXIvYXdz)[A-Za-z0-9/+=]{40,}", ("iqojb3jpz2lu", "fwogzxivyxdz")),
    Kind("an Amazon Bedrock key", r"\bABSK[A-Za-z0-9+/]{60,}={0,2}|\bbedrock-api-key-[A-Za-z0-9+/=]{20,}", ("absk", "bedrock-api-key-")),
    Kind("a Google API key", r"\bAIza[0-9A-Za-z_-]{35}", ("aiza",)),
    *_by_prefix("a Google token", ("ya29.", _LONG), ("GOCSPX-", r"[A-Za-z0-9_-]{24,}"), ("1//0", r"[A-Za-z0-9_-]{40,}")),
    Kind("a Google service account", r"\"private_key_id\"\s*:\s*\"[a-f0-9]{40}\"", ("private_key_id",)),
    Kind(
        "an Azure storage key",
        r"AccountKey=[A-Za-z0-9+/]{40,}={0,2}|SharedAccessKey=[A-Za-z0-9+/]{40,}={0,2}",
        ("accountkey=", "sharedaccesskey="),
    ),
    Kind("an Azure signature", r"[?&]sig=[A-Za-z0-9%+/]{40,}", ("sig=",)),
    Kind("an Azure client secret", r"(?<![A-Za-z0-9])[A-Za-z0-9_~.]{3}\dQ~[A-Za-z0-9_~.-]{31,34}", ("q~",)),
    *_by_prefix("a DigitalOcean token", ("dop_v1_", r"[a-f0-9]{40,}"), ("doo_v1_", r"[a-f0-9]{40,}"), ("dor_v1_", r"[a-f0-9]{40,}")),
    *_by_prefix("a hosting token", ("HRKU-", r"[A-Za-z0-9_-]{36,}"), ("fo1_", _LONG), ("nfp_", _ALNUM), ("nfc_", _ALNUM), ("rnd_", _ALNUM)),
    *_by_prefix("a hosting token", ("vcp_", _ALNUM), ("vca_", _ALNUM), ("vci_", _ALNUM)),
    Kind("a hosting token", r"\bFlyV1\s+fm[12]_?[A-Za-z0-9+/=,_]{20,}|\bfm[12][ar]?_[A-Za-z0-9+/=]{40,}", ("fm1", "fm2")),
    *_by_prefix("a Cloudflare key", ("v1.0-", r"[a-f0-9]{24}-[a-f0-9]{100,}"), ("cfut_", _LONG), ("cfat_", _LONG)),
    *_by_prefix(
        "a cloud provider's key",
        ("LTAI", r"[A-Za-z0-9]{12,24}(?![A-Za-z0-9])"),
        ("AKID", r"[A-Za-z0-9]{13,40}(?![A-Za-z0-9])"),
        ("SCW", r"[A-Z0-9]{17}(?![A-Za-z0-9])"),
    ),
    *_by_prefix("a cloud provider's key", ("AQVN", r"[A-Za-z0-9_-]{35,}"), ("y0_", r"[A-Za-z0-9_-]{50,}")),
    *_by_prefix("a Pulumi token", ("pul-", r"[a-f0-9]{40}")),
    Kind(
        "a HashiCorp token",
        r"\b(?:hv[sbr]\.[A-Za-z0-9_-]{20,}|[A-Za-z0-9]{14}\.atlasv1\.[A-Za-z0-9_-]{40,})",
        ("hvs.", "hvb.", "hvr.", ".atlasv1."),
    ),
    *_by_prefix(
        "a Doppler token", *((f"dp.{kind}.", r"[A-Za-z0-9_.-]{20,}") for kind in ("pt", "st", "ct", "sa", "scim", "audit", "said"))
    ),
    *_by_prefix("a 1Password token", ("ops_eyJ", _LONG)),
    *_by_prefix("a Tailscale key", ("tskey-", r"[a-z]+-[A-Za-z0-9]{8,}")),
)
DATA: Final = (
    *_by_prefix("a Supabase key", ("sbp_", r"[a-f0-9]{40}"), ("sb_secret_", _LONG)),
    *_by_prefix("a PlanetScale key", ("pscale_tkn_", _LONG), ("pscale_pw_", _LONG), ("pscale_oauth_", _LONG)),
    *_by_prefix("a Neon key", ("napi_", r"[a-z0-9]{40,}")),
    *_by_prefix("a MongoDB Atlas key", ("mdb_sa_sk_", _LONG)),
    *_by_prefix("a Databricks token", ("dapi", r"[a-f0-9]{32}(?![a-f0-9])"), ("dose", r"[a-f0-9]{32}(?![a-f0-9])")),
    *_by_prefix("a Prefect key", ("pnu_", _ALNUM)),
    Kind(
        "a password of a database",
        r"(?i)\b(?:PGPASSWORD|MYSQL_PWD|REDISCLI_AUTH)\s*=\s*['\"]?(?![$<{%'\"\s])\S{3,}",
        ("pgpassword", "mysql_pwd", "rediscli_auth"),
    ),
    Kind(
        "a password of a database",
        r"(?i);\s*(?:pwd|password)\s*=\s*(?![$<{%;\s])[^;\s'\"]{3,}",
        ("pwd=", "password=", "pwd =", "password ="),
    ),
    Kind("a password of a database", r"\bmysql\w*\b[^\n|;]*\s-p(?![$<{%\s'\"]|assword)\S{3,}", ("mysql",)),
    Kind("a password of a database", r"\bredis-cli\b[^\n|;]*\s-a\s+(?![$<{%-])\S{3,}", ("redis-cli",)),
    Kind("a line of .pgpass", r"(?<![\w.:/-])(?:[\w.-]+|\*):(?:\d{4,5}|\*):[\w*-]+:[\w*-]+:(?![$<{%])[^\s:'\"\\]{4,}(?![\w:])", (":",)),
)
WATCHING: Final = (
    *_by_prefix("a Sentry token", ("sntrys_", _LONG), ("sntryu_", r"[a-f0-9]{60,}")),
    *_by_prefix("a New Relic key", ("NRAK-", r"[A-Z0-9]{27}"), ("NRII-", _LONG), ("NRSP-", _LONG), ("NRJS-", r"[a-f0-9]{19}")),
    *_by_prefix(
        "a Grafana token", ("glsa_", r"[A-Za-z0-9]{32}_[a-f0-9]{8}"), ("glc_", r"[A-Za-z0-9+/]{32,}"), ("eyJrIjoi", r"[A-Za-z0-9]{30,}")
    ),
    *_by_prefix("a Dynatrace token", ("dt0c01.", r"[A-Z0-9]{24}\.[A-Z0-9]{40,}")),
    *_by_prefix(
        "a LaunchDarkly key",
        ("api-", r"[a-f0-9]{8}-[a-f0-9]{4}-4[a-f0-9]{3}-[a-f0-9]{4}-[a-f0-9]{12}"),
        ("sdk-", r"[a-f0-9]{8}-[a-f0-9]{4}-4[a-f0-9]{3}-[a-f0-9]{4}-[a-f0-9]{12}"),
    ),
    *_by_prefix("a Datadog key", ("ddapp_", _ALNUM), ("ddpat_", _ALNUM)),
    *_by_prefix("a Honeycomb key", ("hcaik_", _ALNUM), ("hcxik_", _ALNUM)),
)
MONEY_AND_MAIL: Final = (
    *_by_prefix(
        "a payment provider's key",
        *((f"{kind}_{mode}_", r"[A-Za-z0-9]{16,}") for kind in ("sk", "rk") for mode in ("live", "test", "prod")),
    ),
    *_by_prefix(
        "a payment provider's key",
        ("whsec_", r"[A-Za-z0-9+/=]{24,}"),
        ("sq0atp-", _LONG),
        ("sq0csp-", _LONG),
        ("EAAA", r"[A-Za-z0-9_-]{56,}"),
    ),
    *_by_prefix(
        "a payment provider's key",
        ("access_token$production$", r"[a-z0-9]{16}\$[a-f0-9]{32}"),
        ("access-production-", r"[a-f0-9-]{36}"),
        ("FLWSECK-", _LONG),
    ),
    *_by_prefix("a shop's token", *((f"shp{kind}_", r"[a-fA-F0-9]{32}") for kind in ("at", "ca", "pa", "ss"))),
    *_by_prefix(
        "a mail provider's key",
        ("SG.", r"[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}"),
        ("xkeysib-", r"[a-f0-9]{40,}"),
        ("re_", r"[A-Za-z0-9]{6,}_[A-Za-z0-9]{16,}"),
        ("key-", _HEX32),
    ),
    Kind("a mail provider's key", r"(?<![a-f0-9])[a-f0-9]{32}-us\d{1,2}\b", ("-us",)),
    Kind("a Twilio key", r"(?<![A-Za-z0-9])(?:SK|AC)[a-f0-9]{32}(?![A-Za-z0-9])", ("sk", "ac")),
    Kind(
        "a Slack token",
        r"\bxox[abeoprs]-[A-Za-z0-9-]{10,}|\bxapp-\d-[A-Z0-9]+-\d+-[a-f0-9]+|https://hooks\.slack\.com/(?:services|workflows|triggers)/\S+",
        ("xox", "xapp-", "hooks.slack.com"),
    ),
    Kind(
        "a chat webhook",
        r"https://(?:\w+\.)?discord(?:app)?\.com/api/webhooks/\d+/[\w-]+|https://[\w.-]*webhook\.office\.com/\S{20,}|https://chat\.googleapis\.com/v1/spaces/\S+key=\S+",
        ("/api/webhooks/", "webhook.office.com", "chat.googleapis.com"),
    ),
    Kind(
        "a Discord token", r"(?<![A-Za-z0-9_-])[MNO][A-Za-z0-9_-]{23,27}\.[A-Za-z0-9_-]{6}\.[A-Za-z0-9_-]{27,38}(?![A-Za-z0-9_-])", (".",)
    ),
    Kind("a Telegram token", r"(?<![A-Za-z0-9])(?:bot)?\d{8,10}:AA[A-Za-z0-9_-]{32,33}(?![A-Za-z0-9_-])", (":aa",)),
)
ANY_SERVICE: Final = (
    Kind("a JSON web token", r"\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}", ("eyj",)),
    Kind("a bearer token", r"(?i)\bbearer\s+(?![$<{%])[A-Za-z0-9._~+/-]{16,}=*", ("bearer",)),
    Kind("a basic login", r"(?i)\bauthorization['\"]?\s*[:=]\s*['\"]?basic\s+(?![$<{%])[A-Za-z0-9+/]{8,}={0,2}", ("basic",)),
    Kind(
        "a login of a command",
        r"\bcurl\b[^\n|;]*\s(?:-u|--user|--proxy-user)[ =]?['\"]?(?![$<{%])[^\s:'\"$]+:(?![$<{%'\"\s])[^\s'\"]{3,}",
        ("curl",),
    ),
    Kind(
        "a login of a command",
        r"\b(?:sshpass|smbclient)\s+-p\s*['\"]?(?![$<{%])\S{3,}|\bwget\b[^\n]*--(?:http-)?password=(?![$<{%])\S{3,}",
        ("sshpass", "smbclient", "wget"),
    ),
    Kind(
        "a passphrase",
        r"-pass(?:in|out)?\s+pass:(?![$<{%])\S{3,}|--passphrase[ =](?![$<{%-])\S{3,}|\bunzip\b[^\n|;]*\s-P\s*(?![$<{%])\S{3,}",
        ("pass:", "--passphrase", "unzip"),
    ),
    Kind("a password in an address", r"(?i)\b[a-z][a-z0-9+.-]{1,20}://[^\s:/@'\"$<{]{0,80}:(?![$<{%])[^\s:/@'\"]{3,}@", ("://",)),
)
FILES: Final = (
    Kind(
        "a private key",
        r"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----|\bPuTTY-User-Key-File-\d",
        ("private key", "putty-user-key-file-"),
    ),
    Kind("a private key", r"\bAGE-SECRET-KEY-1[A-Z0-9]{50,}|\bAGE-PLUGIN-[A-Z0-9]+-1[A-Z0-9]{20,}", ("age-secret-key-1", "age-plugin-")),
    Kind("a private key", r"(?i)\b(?:PrivateKey|PresharedKey)\s*=\s*[A-Za-z0-9+/]{42,43}=", ("privatekey", "presharedkey")),
    Kind("a private key", r"\"kty\"\s*:\s*\"[A-Za-z]+\"[^}]*\"d\"\s*:\s*\"[A-Za-z0-9_-]{20,}\"", ('"kty"',)),
    Kind("a cluster's credential", r"\bclient-key-data['\"]?\s*:\s*['\"]?[A-Za-z0-9+/=]{40,}", ("client-key-data",)),
    Kind(
        "a login of .netrc",
        r"(?m)\bmachine\s+\S+\s+login\s+\S+\s+password\s+(?![$<{%])\S+|^\s*default\s+login\s+\S+\s+password\s+(?![$<{%])\S+",
        ("password",),
    ),
    Kind(
        "a login of a container registry",
        r"\"auth\"\s*:\s*\"[A-Za-z0-9+/=]{8,}\"|\"identitytoken\"\s*:\s*\"\S{16,}\"",
        ('"auth"', '"identitytoken"'),
    ),
    Kind(
        "a password's hash",
        r"(?<![A-Za-z0-9$])\$(?:1|2[abxy]?|5|6|7|y|gy|apr1|argon2(?:id?|d)|scrypt|pbkdf2[a-z0-9-]*)\$[./A-Za-z0-9$=,+-]{16,}",
        ("$",),
    ),
    Kind("a password's hash", r"\{(?:SSHA|SHA|SSHA256|SSHA512|MD5|SMD5)\}[A-Za-z0-9+/]{16,}={0,2}", ("sha", "md5")),
)

KINDS: Final = (*MODELS, *TOOLS, *CODE, *CLOUD, *DATA, *WATCHING, *MONEY_AND_MAIL, *ANY_SERVICE, *FILES)


def kinds_in(text: str) -> tuple[str, ...]:
    """Return the kinds of secrets that a text has, each once."""
    lowered = text.lower()
    return tuple(dict.fromkeys(kind.name for kind in KINDS if kind.is_in(text, lowered)))
