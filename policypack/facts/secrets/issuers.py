"""Tokens of known issuers, as data: the published prefix, length and alphabet.

Grouped by kind of service. `marks` are lower-case texts, one of which must be present before the expression is tried; they only save
time. Sources of the forms: the issuers' documentation of token formats, GitHub's and GitLab's lists of secret scanning patterns, and
the public rules of gitleaks, trufflehog and detect-secrets; no expression is copied.
"""

from __future__ import annotations

from typing import Final

from policypack.facts.secrets.kind import SecretKind, make_prefixed

_LONG: Final = r"[A-Za-z0-9_-]{20,}"
_ALNUM: Final = r"[A-Za-z0-9]{20,}"
_HEX32: Final = r"[a-f0-9]{32}"

MODELS: Final = (
    SecretKind("an OpenAI or Anthropic key", r"(?<![A-Za-z0-9-])sk-(?:ant-|proj-|svcacct-|admin-|or-v1-|lf-)?[A-Za-z0-9_-]{20,}", ("sk-",)),
    *make_prefixed("an NVIDIA key", ("nvapi-", _LONG)),
    *make_prefixed("a Groq key", ("gsk_", _ALNUM)),
    *make_prefixed("an xAI key", ("xai-", _ALNUM)),
    *make_prefixed("a Replicate token", ("r8_", _ALNUM)),
    *make_prefixed("a Perplexity key", ("pplx-", _ALNUM)),
    *make_prefixed("a Fireworks key", ("fw_", _ALNUM), ("fpk_", _ALNUM)),
    *make_prefixed("a Together key", ("tgp_v1_", _LONG)),
    *make_prefixed("a Hugging Face token", ("hf_", r"[A-Za-z0-9]{30,}"), ("api_org_", r"[A-Za-z0-9]{30,}")),
    *make_prefixed("a Voyage key", ("pa-", r"[A-Za-z0-9_-]{40,}")),
    *make_prefixed("a Cerebras key", ("csk-", _ALNUM)),
    *make_prefixed("a LangSmith key", ("lsv2_", r"(?:pt|sk)_[a-f0-9]{20,}"), ("ls__", _HEX32)),
    *make_prefixed("a Langfuse key", ("sk-lf-", r"[a-f0-9-]{30,}")),
    *make_prefixed("a Pinecone key", ("pcsk_", r"[A-Za-z0-9_]{30,}")),
    *make_prefixed("a Jina key", ("jina_", _LONG)),
    *make_prefixed("a Nomic key", ("nk-", r"[A-Za-z0-9_-]{40,}")),
    *make_prefixed("an ElevenLabs key", ("sk_", r"[a-f0-9]{48}(?![a-f0-9])")),
    *make_prefixed("a Weights & Biases key", ("wandb_v1_", _LONG)),
    *make_prefixed("a RunPod key", ("rpa_", r"[A-Z0-9]{30,}")),
    *make_prefixed("a Vercel AI key", ("vck_", _ALNUM)),
    *make_prefixed("a Modal token", ("ak-", r"[A-Za-z0-9]{22}(?![A-Za-z0-9-])"), ("as-", r"[A-Za-z0-9]{22}(?![A-Za-z0-9-])")),
    SecretKind("an Azure OpenAI key", r"(?i)\bapi-key['\"]?\s*[:=]\s*['\"]?[a-f0-9]{32}\b", ("api-key",)),
)
TOOLS: Final = (
    *make_prefixed("an E2B key", ("e2b_", r"[a-f0-9]{32,}")),
    *make_prefixed("a Tavily key", ("tvly-", r"[A-Za-z0-9-]{16,}")),
    *make_prefixed("a Firecrawl key", ("fc-", _HEX32)),
    *make_prefixed("an Apify token", ("apify_api_", _ALNUM)),
    *make_prefixed("a Browserbase key", ("bb_live_", _LONG)),
    *make_prefixed("a Notion token", ("ntn_", _ALNUM), ("secret_", r"[A-Za-z0-9]{43}(?![A-Za-z0-9])")),
    *make_prefixed("a Linear key", ("lin_api_", _ALNUM), ("lin_oauth_", _ALNUM)),
    *make_prefixed("a Figma token", ("figd_", _LONG), ("figu_", _LONG)),
    *make_prefixed("an Airtable token", ("pat", r"[A-Za-z0-9]{14}\.[a-f0-9]{40,}")),
    *make_prefixed("an Atlassian token", ("ATATT3", _LONG), ("ATCTT3", _LONG), ("ATBB", r"[A-Za-z0-9]{24,}")),
    *make_prefixed("a Postman key", ("PMAK-", r"[a-f0-9]{24}-[a-f0-9]{34}"), ("PMAT-", r"[A-Z0-9]{26}")),
    *make_prefixed("a Mapbox token", ("sk.eyJ", r"[A-Za-z0-9_-]{20,}\.[A-Za-z0-9_-]{16,}")),
    *make_prefixed("a Typeform token", ("tfp_", _LONG)),
    *make_prefixed("a Contentful token", ("CFPAT-", _LONG)),
    *make_prefixed("a ReadMe key", ("rdme_", r"[a-z0-9]{60,}")),
    *make_prefixed("an Asana token", ("1/", r"\d{13,17}:[a-f0-9]{32}")),
)
CODE: Final = (
    SecretKind(
        "a GitHub token",
        r"\bgh[pousr]_[A-Za-z0-9]{30,}|github_pat_[A-Za-z0-9_]{40,}",
        ("ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_"),
    ),
    SecretKind("a GitLab token", r"\bgl(?:pat|rt|dt|ptt|soat|cbt|ft|imt|agent|oas|ffct)-[A-Za-z0-9_.-]{20,}", ("gl",)),
    *make_prefixed(
        "a package registry token", ("npm_", r"[A-Za-z0-9]{36}"), ("pypi-", r"[A-Za-z0-9_-]{50,}"), ("rubygems_", r"[a-f0-9]{48}")
    ),
    *make_prefixed(
        "a package registry token",
        ("dckr_pat_", _LONG),
        ("dckr_oat_", _LONG),
        ("cio", r"[A-Za-z0-9]{32}(?![A-Za-z0-9])"),
        ("oy2", r"[a-z0-9]{43}"),
    ),
    *make_prefixed(
        "a package registry token", ("packagist_", r"[a-z]+_[a-f0-9]{40,}"), ("CLOJARS_", r"[a-z0-9]{60}"), ("AKCp", r"[A-Za-z0-9]{60,}")
    ),
    SecretKind("a package registry token", r"_auth(?:Token)?\s*=\s*['\"]?(?![$<{%])[A-Za-z0-9+/=_-]{16,}", ("_auth",)),
    *make_prefixed("a Sonar token", ("sqp_", r"[a-f0-9]{40}"), ("squ_", r"[a-f0-9]{40}"), ("sqa_", r"[a-f0-9]{40}")),
    *make_prefixed("a CI token", ("CCIPAT_", _LONG), ("bkua_", r"[a-f0-9]{40}"), ("circle-token ", r"[a-f0-9]{40}")),
    *make_prefixed("a Snyk token", ("snyk_uat.", r"[a-z0-9]{8}\.[A-Za-z0-9_-]{20,}")),
)
CLOUD: Final = (
    SecretKind("an AWS access key", r"\b(?:AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16}\b", ("akia", "asia", "abia", "acca")),
    SecretKind(
        "an AWS secret key", r"(?i)aws_?secret_?(?:access_?)?key['\"]?\s*[=:]\s*['\"]?[A-Za-z0-9/+=]{40}(?![A-Za-z0-9/+=])", ("secret",)
    ),
    SecretKind("an AWS session token", r"\b(?:IQoJb3JpZ2lu|FwoGZXIvYXdz)[A-Za-z0-9/+=]{40,}", ("iqojb3jpz2lu", "fwogzxivyxdz")),
    SecretKind(
        "an Amazon Bedrock key", r"\bABSK[A-Za-z0-9+/]{60,}={0,2}|\bbedrock-api-key-[A-Za-z0-9+/=]{20,}", ("absk", "bedrock-api-key-")
    ),
    SecretKind("a Google API key", r"\bAIza[0-9A-Za-z_-]{35}", ("aiza",)),
    *make_prefixed("a Google token", ("ya29.", _LONG), ("GOCSPX-", r"[A-Za-z0-9_-]{24,}"), ("1//0", r"[A-Za-z0-9_-]{40,}")),
    SecretKind("a Google service account", r"\"private_key_id\"\s*:\s*\"[a-f0-9]{40}\"", ("private_key_id",)),
    SecretKind(
        "an Azure storage key",
        r"AccountKey=[A-Za-z0-9+/]{40,}={0,2}|SharedAccessKey=[A-Za-z0-9+/]{40,}={0,2}",
        ("accountkey=", "sharedaccesskey="),
    ),
    SecretKind("an Azure signature", r"[?&]sig=[A-Za-z0-9%+/]{40,}", ("sig=",)),
    SecretKind("an Azure client secret", r"(?<![A-Za-z0-9])[A-Za-z0-9_~.]{3}\dQ~[A-Za-z0-9_~.-]{31,34}", ("q~",)),
    *make_prefixed("a DigitalOcean token", ("dop_v1_", r"[a-f0-9]{40,}"), ("doo_v1_", r"[a-f0-9]{40,}"), ("dor_v1_", r"[a-f0-9]{40,}")),
    *make_prefixed(
        "a hosting token", ("HRKU-", r"[A-Za-z0-9_-]{36,}"), ("fo1_", _LONG), ("nfp_", _ALNUM), ("nfc_", _ALNUM), ("rnd_", _ALNUM)
    ),
    *make_prefixed("a hosting token", ("vcp_", _ALNUM), ("vca_", _ALNUM), ("vci_", _ALNUM)),
    SecretKind("a hosting token", r"\bFlyV1\s+fm[12]_?[A-Za-z0-9+/=,_]{20,}|\bfm[12][ar]?_[A-Za-z0-9+/=]{40,}", ("fm1", "fm2")),
    *make_prefixed("a Cloudflare key", ("v1.0-", r"[a-f0-9]{24}-[a-f0-9]{100,}"), ("cfut_", _LONG), ("cfat_", _LONG)),
    *make_prefixed(
        "a cloud provider's key",
        ("LTAI", r"[A-Za-z0-9]{12,24}(?![A-Za-z0-9])"),
        ("AKID", r"[A-Za-z0-9]{13,40}(?![A-Za-z0-9])"),
        ("SCW", r"[A-Z0-9]{17}(?![A-Za-z0-9])"),
    ),
    *make_prefixed("a cloud provider's key", ("AQVN", r"[A-Za-z0-9_-]{35,}"), ("y0_", r"[A-Za-z0-9_-]{50,}")),
    *make_prefixed("a Pulumi token", ("pul-", r"[a-f0-9]{40}")),
    SecretKind(
        "a HashiCorp token",
        r"\b(?:hv[sbr]\.[A-Za-z0-9_-]{20,}|[A-Za-z0-9]{14}\.atlasv1\.[A-Za-z0-9_-]{40,})",
        ("hvs.", "hvb.", "hvr.", ".atlasv1."),
    ),
    *make_prefixed(
        "a Doppler token", *((f"dp.{kind}.", r"[A-Za-z0-9_.-]{20,}") for kind in ("pt", "st", "ct", "sa", "scim", "audit", "said"))
    ),
    *make_prefixed("a 1Password token", ("ops_eyJ", _LONG)),
    *make_prefixed("a Tailscale key", ("tskey-", r"[a-z]+-[A-Za-z0-9]{8,}")),
)
DATA: Final = (
    *make_prefixed("a Supabase key", ("sbp_", r"[a-f0-9]{40}"), ("sb_secret_", _LONG)),
    *make_prefixed("a PlanetScale key", ("pscale_tkn_", _LONG), ("pscale_pw_", _LONG), ("pscale_oauth_", _LONG)),
    *make_prefixed("a Neon key", ("napi_", r"[a-z0-9]{40,}")),
    *make_prefixed("a MongoDB Atlas key", ("mdb_sa_sk_", _LONG)),
    *make_prefixed("a Databricks token", ("dapi", r"[a-f0-9]{32}(?![a-f0-9])"), ("dose", r"[a-f0-9]{32}(?![a-f0-9])")),
    *make_prefixed("a Prefect key", ("pnu_", _ALNUM)),
    SecretKind(
        "a password of a database",
        r"(?i)\b(?:PGPASSWORD|MYSQL_PWD|REDISCLI_AUTH)\s*=\s*['\"]?(?![$<{%'\"\s])\S{3,}",
        ("pgpassword", "mysql_pwd", "rediscli_auth"),
    ),
    SecretKind(
        "a password of a database",
        r"(?i);\s*(?:pwd|password)\s*=\s*(?![$<{%;\s])[^;\s'\"]{3,}",
        ("pwd=", "password=", "pwd =", "password ="),
    ),
    SecretKind("a password of a database", r"\bmysql\w*\b[^\n|;]*\s-p(?![$<{%\s'\"]|assword)\S{3,}", ("mysql",)),
    SecretKind("a password of a database", r"\bredis-cli\b[^\n|;]*\s-a\s+(?![$<{%-])\S{3,}", ("redis-cli",)),
    SecretKind(
        "a line of .pgpass", r"(?<![\w.:/-])(?:[\w.-]+|\*):(?:\d{4,5}|\*):[\w*-]+:[\w*-]+:(?![$<{%])[^\s:'\"\\]{4,}(?![\w:])", (":",)
    ),
)
WATCHING: Final = (
    *make_prefixed("a Sentry token", ("sntrys_", _LONG), ("sntryu_", r"[a-f0-9]{60,}")),
    *make_prefixed("a New Relic key", ("NRAK-", r"[A-Z0-9]{27}"), ("NRII-", _LONG), ("NRSP-", _LONG), ("NRJS-", r"[a-f0-9]{19}")),
    *make_prefixed(
        "a Grafana token", ("glsa_", r"[A-Za-z0-9]{32}_[a-f0-9]{8}"), ("glc_", r"[A-Za-z0-9+/]{32,}"), ("eyJrIjoi", r"[A-Za-z0-9]{30,}")
    ),
    *make_prefixed("a Dynatrace token", ("dt0c01.", r"[A-Z0-9]{24}\.[A-Z0-9]{40,}")),
    *make_prefixed(
        "a LaunchDarkly key",
        ("api-", r"[a-f0-9]{8}-[a-f0-9]{4}-4[a-f0-9]{3}-[a-f0-9]{4}-[a-f0-9]{12}"),
        ("sdk-", r"[a-f0-9]{8}-[a-f0-9]{4}-4[a-f0-9]{3}-[a-f0-9]{4}-[a-f0-9]{12}"),
    ),
    *make_prefixed("a Datadog key", ("ddapp_", _ALNUM), ("ddpat_", _ALNUM)),
    *make_prefixed("a Honeycomb key", ("hcaik_", _ALNUM), ("hcxik_", _ALNUM)),
)
MONEY_AND_MAIL: Final = (
    *make_prefixed(
        "a payment provider's key",
        *((f"{kind}_{mode}_", r"[A-Za-z0-9]{16,}") for kind in ("sk", "rk") for mode in ("live", "test", "prod")),
    ),
    *make_prefixed(
        "a payment provider's key",
        ("whsec_", r"[A-Za-z0-9+/=]{24,}"),
        ("sq0atp-", _LONG),
        ("sq0csp-", _LONG),
        ("EAAA", r"[A-Za-z0-9_-]{56,}"),
    ),
    *make_prefixed(
        "a payment provider's key",
        ("access_token$production$", r"[a-z0-9]{16}\$[a-f0-9]{32}"),
        ("access-production-", r"[a-f0-9-]{36}"),
        ("FLWSECK-", _LONG),
    ),
    *make_prefixed("a shop's token", *((f"shp{kind}_", r"[a-fA-F0-9]{32}") for kind in ("at", "ca", "pa", "ss"))),
    *make_prefixed(
        "a mail provider's key",
        ("SG.", r"[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}"),
        ("xkeysib-", r"[a-f0-9]{40,}"),
        ("re_", r"[A-Za-z0-9]{6,}_[A-Za-z0-9]{16,}"),
        ("key-", _HEX32),
    ),
    SecretKind("a mail provider's key", r"(?<![a-f0-9])[a-f0-9]{32}-us\d{1,2}\b", ("-us",)),
    SecretKind("a Twilio key", r"(?<![A-Za-z0-9])(?:SK|AC)[a-f0-9]{32}(?![A-Za-z0-9])", ("sk", "ac")),
    SecretKind(
        "a Slack token",
        r"\bxox[abeoprs]-[A-Za-z0-9-]{10,}|\bxapp-\d-[A-Z0-9]+-\d+-[a-f0-9]+|https://hooks\.slack\.com/(?:services|workflows|triggers)/\S+",
        ("xox", "xapp-", "hooks.slack.com"),
    ),
    SecretKind(
        "a chat webhook",
        r"https://(?:\w+\.)?discord(?:app)?\.com/api/webhooks/\d+/[\w-]+|https://[\w.-]*webhook\.office\.com/\S{20,}|https://chat\.googleapis\.com/v1/spaces/\S+key=\S+",
        ("/api/webhooks/", "webhook.office.com", "chat.googleapis.com"),
    ),
    SecretKind(
        "a Discord token", r"(?<![A-Za-z0-9_-])[MNO][A-Za-z0-9_-]{23,27}\.[A-Za-z0-9_-]{6}\.[A-Za-z0-9_-]{27,38}(?![A-Za-z0-9_-])", (".",)
    ),
    SecretKind("a Telegram token", r"(?<![A-Za-z0-9])(?:bot)?\d{8,10}:AA[A-Za-z0-9_-]{32,33}(?![A-Za-z0-9_-])", (":aa",)),
)

ISSUED: Final = (*MODELS, *TOOLS, *CODE, *CLOUD, *DATA, *WATCHING, *MONEY_AND_MAIL)
