"""One made-up secret per kind, and the ways in which user data can carry it.

Put together from parts, so that no scanner of repositories takes this file for a leak.
"""

from __future__ import annotations

import base64
import binascii
import bz2
import codecs
import gzip
import io
import lzma
import quopri
import tarfile
import zipfile
import zlib
from collections.abc import Callable
from typing import Final
from urllib.parse import quote_from_bytes


def mixed(length: int) -> str:
    """Return letters and digits of a length."""
    return ("a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8s9T0" * 4)[:length]


def lower(length: int) -> str:
    """Return small letters and digits."""
    return ("a1b2c3d4e5f6g7h8i9j0" * 10)[:length]


def upper(length: int) -> str:
    """Return capital letters and digits."""
    return lower(length).upper()


def hexa(length: int) -> str:
    """Return hexadecimal digits."""
    return ("0123456789abcdef" * 20)[:length]


_UUID: Final = "-".join((hexa(8), hexa(4), "4" + hexa(3), hexa(4), hexa(12)))

PREFIXED: Final = {
    **{
        f"model {prefix}": prefix + mixed(52)
        for prefix in ("nvapi-", "gsk_", "xai-", "r8_", "pplx-", "fw_", "tgp_v1_", "hf_", "csk-", "pcsk_")
    },
    **{
        f"model {prefix}": prefix + mixed(48)
        for prefix in ("pa-", "jina_", "nk-", "wandb_v1_", "vck_", "sk-", "sk-proj-", "sk-ant-", "sk-or-v1-")
    },
    **{f"model {prefix}": prefix + hexa(48) for prefix in ("lsv2_pt_", "lsv2_sk_", "sk-lf-", "sk_")},
    "model RunPod": "rpa_" + upper(40),
    "model Modal": "ak-" + mixed(22),
    "model Azure OpenAI": f"api-key: {hexa(32)}",
    "tool E2B": "e2b_" + hexa(40),
    "tool Tavily": "tvly-" + mixed(32),
    "tool Firecrawl": "fc-" + hexa(32),
    "tool Apify": "apify_api_" + mixed(36),
    "tool Browserbase": "bb_live_" + mixed(27),
    "tool Notion": "ntn_" + mixed(46),
    "tool Notion, old": "secret_" + mixed(43),
    "tool Linear": "lin_api_" + mixed(40),
    "tool Figma": "figd_" + mixed(40),
    "tool Airtable": "pat" + mixed(14) + "." + hexa(64),
    "tool Atlassian": "ATATT3" + mixed(60),
    "tool Postman": f"PMAK-{hexa(24)}-{hexa(34)}",
    "code GitHub": "ghp_" + mixed(36),
    "code GitHub, fine": "github_pat_" + mixed(60),
    "code GitLab": "glpat-" + mixed(20),
    "code npm": "npm_" + mixed(36),
    "code PyPI": "pypi-" + mixed(80),
    "code Docker": "dckr_pat_" + mixed(27),
    "code RubyGems": "rubygems_" + hexa(48),
    "code crates": "cio" + mixed(32),
    "code NuGet": "oy2" + lower(43),
    "code .npmrc": f"//registry.example.net/:_authToken={mixed(32)}",
    "code Sonar": "sqp_" + hexa(40),
    "code CircleCI": "CCIPAT_" + mixed(40),
    "cloud AWS": "AKIA" + "IOSFODNN7EXAMPLE",
    "cloud AWS, temporary": "ASIA" + "IOSFODNN7EXAMPLE",
    "cloud AWS, secret": "aws_secret_access_key = " + "wJalrXUtnFEMI/K7MDENG/" + "bPxRfiCYEXAMPLEKEY",
    "cloud Bedrock": "ABSK" + mixed(100),
    "cloud Google": "AIza" + mixed(35),
    "cloud Google, OAuth": "ya29." + mixed(60),
    "cloud Google, account": f'"private_key_id": "{hexa(40)}"',
    "cloud Azure storage": f"AccountKey={mixed(86)}==",
    "cloud Azure client": f"abc8Q~{mixed(34)}",
    "cloud DigitalOcean": "dop_v1_" + hexa(64),
    "cloud Heroku": f"HRKU-{_UUID}",
    "cloud Fly": "fo1_" + mixed(40),
    "cloud Netlify": "nfp_" + mixed(36),
    "cloud Vercel": "vcp_" + mixed(24),
    "cloud Cloudflare": f"v1.0-{hexa(24)}-{hexa(146)}",
    "cloud Alibaba": "LTAI" + mixed(20),
    "cloud Scaleway": "SCW" + upper(17),
    "cloud Pulumi": "pul-" + hexa(40),
    "cloud Vault": "hvs." + mixed(90),
    "cloud Terraform": mixed(14) + ".atlasv1." + mixed(60),
    "cloud Doppler": "dp.pt." + mixed(43),
    "cloud 1Password": "ops_eyJ" + mixed(60),
    "cloud Tailscale": "tskey-auth-" + mixed(30),
    "data Supabase": "sbp_" + hexa(40),
    "data PlanetScale": "pscale_tkn_" + mixed(43),
    "data Neon": "napi_" + lower(64),
    "data Databricks": "dapi" + hexa(32),
    "data .pgpass": "db.internal:5432:app:app:" + "Winter2026ok",
    "data psql": "PGPASSWORD=" + "Winter2026ok psql -h db",
    "data mysql": "mysql -h db -u app -p" + "Winter2026ok",
    "data redis": "redis-cli -h cache -a " + "Winter2026ok",
    "data connection": "Server=db;Uid=app;Pwd=" + "Winter2026ok;",
    "data address": "postgres://app:" + "Winter2026ok@db.internal/app",
    "watching Sentry": "sntrys_" + mixed(60),
    "watching New Relic": "NRAK-" + upper(27),
    "watching Grafana": f"glsa_{mixed(32)}_{hexa(8)}",
    "watching Dynatrace": f"dt0c01.{upper(24)}.{upper(64)}",
    "watching LaunchDarkly": f"sdk-{_UUID}",
    "money Stripe": "sk_live_" + mixed(24),
    "money Stripe, restricted": "rk_live_" + mixed(24),
    "money Square": "sq0csp-" + mixed(43),
    "money Shopify": "shpat_" + hexa(32),
    "mail SendGrid": f"SG.{mixed(22)}.{mixed(43)}",
    "mail Mailgun": "key-" + hexa(32),
    "mail Mailchimp": hexa(32) + "-us12",
    "mail Twilio": "SK" + hexa(32),
    "mail Slack": "xoxb-" + "123456789012-" + mixed(24),
    "mail Slack, hook": "https://hooks.slack.com/services/" + "T0/B0/" + mixed(24),
    "mail Discord, hook": "https://discord.com/api/webhooks/" + "123456789/" + mixed(60),
    "mail Telegram": "123456789:AA" + mixed(33),
    "any JWT": f"eyJ{mixed(20)}.eyJ{mixed(30)}.{mixed(30)}",
    "any bearer": "Authorization: Bearer " + mixed(40),
    "any basic": "Authorization: Basic " + mixed(24) + "==",
    "any curl": "curl -u app:" + "Winter2026ok https://x.example.net",
    "any openssl": "openssl enc -d -aes-256-cbc -pass pass:" + "Winter2026ok",
    "file key": "-----BEGIN OPENSSH " + "PRIVATE KEY-----\nb3BlbnNzaC1rZXk\n",
    "file PuTTY": "PuTTY-User-Key-File-" + "3: ssh-ed25519",
    "file age": "AGE-SECRET-KEY-1" + upper(58),
    "file WireGuard": f"PrivateKey = {mixed(43)}=",
    "file kubeconfig": f"client-key-data: {mixed(120)}",
    "file .netrc": "machine x.example.net login app password " + "Winter2026ok",
    "file registry": f'{{"auths": {{"r.example.net": {{"auth": "{mixed(24)}"}}}}}}',
    "file hash": "bob:$6$" + mixed(16) + "$" + mixed(86) + ":1::::::",
    "file htpasswd": "bob:{SHA}" + mixed(27) + "=",
    "name password": "export DB_PASSWORD=" + "hunter2secret",
    "name pass": "export DB_PASS=" + "hunter2secret",
    "name key": "export NVIDIA_KEY=" + mixed(40),
    "name api key": '{"exa_api_key": "' + _UUID + '"}',
}
"""Label -> a text with a secret of that kind."""


def _b64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def _zip(raw: bytes) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("env", raw)
    return made.getvalue()


def _tar(raw: bytes) -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w:gz") as archive:
        entry = tarfile.TarInfo("env")
        entry.size = len(raw)
        archive.addfile(entry, io.BytesIO(raw))
    return made.getvalue()


def _lines(text: str, width: int) -> str:
    return "\n".join(text[at : at + width] for at in range(0, len(text), width))


def _dump(raw: bytes) -> str:
    """Return what xxd prints."""
    rows = (raw[at : at + 16] for at in range(0, len(raw), 16))
    return "\n".join(
        f"{at * 16:08x}: {' '.join(row[i : i + 2].hex() for i in range(0, len(row), 2)):<39}  ................"
        for at, row in enumerate(rows)
    )


def _uu(raw: bytes) -> str:
    lines = (binascii.b2a_uu(raw[at : at + 45]).decode() for at in range(0, len(raw), 45))
    return f"begin 644 env\n{''.join(lines)}`\nend\n"


ENCODINGS: Final[dict[str, Callable[[bytes], str]]] = {
    "plain": lambda raw: raw.decode(),
    "base64": lambda raw: f"echo {_b64(raw)} | base64 -d > /etc/env",
    "base64 of URLs": lambda raw: f"v={base64.urlsafe_b64encode(raw).decode()}",
    "base64 in lines": lambda raw: f"base64 -d > env <<X\n{base64.encodebytes(raw * 2).decode()}X\n",
    "base64 in short lines": lambda raw: f"content: |\n{_lines(_b64(raw), 20)}\n",
    "base64 twice": lambda raw: _b64(_b64(raw).encode()),
    "base64 three times": lambda raw: _b64(_b64(_b64(raw).encode()).encode()),
    "base64, reversed": lambda raw: f"echo {_b64(raw)[::-1]} | rev | base64 -d",
    "gzip": lambda raw: _b64(gzip.compress(raw)),
    "gzip, the second member": lambda raw: _b64(gzip.compress(b"nothing here") + gzip.compress(raw)),
    "gz+b64 of cloud-init": lambda raw: f"#cloud-config\nwrite_files:\n- encoding: gz+b64\n  content: {_b64(gzip.compress(raw))}\n",
    "zlib": lambda raw: _b64(zlib.compress(raw)),
    "deflate": lambda raw: _b64(zlib.compress(raw)[2:-4]),
    "bzip2": lambda raw: _b64(bz2.compress(raw)),
    "xz": lambda raw: _b64(lzma.compress(raw)),
    "lzma": lambda raw: _b64(lzma.compress(raw, format=lzma.FORMAT_ALONE)),
    "zip": lambda raw: _b64(_zip(raw)),
    "tar": lambda raw: _b64(_tar(raw)),
    "xz in gzip": lambda raw: _b64(gzip.compress(lzma.compress(raw))),
    "gzip of base64 of bzip2": lambda raw: _b64(gzip.compress(_b64(bz2.compress(raw)).encode())),
    "hexadecimal": lambda raw: f"echo {raw.hex()} | xxd -r -p",
    "hexadecimal in lines": lambda raw: f"xxd -r -p <<X\n{_lines(raw.hex(), 60)}\nX\n",
    "hexadecimal with spaces": lambda raw: raw.hex(" "),
    "hexadecimal numbers": lambda raw: "bytes([" + ", ".join(f"0x{one:02x}" for one in raw) + "])",
    "a dump": _dump,
    "escapes": lambda raw: "printf '" + "".join(f"\\x{one:02x}" for one in raw) + "'",
    "octal": lambda raw: "printf '" + "".join(f"\\{one:03o}" for one in raw) + "'",
    "decimal numbers": lambda raw: "bytes([" + ", ".join(map(str, raw)) + "])",
    "base32": lambda raw: f"echo {base64.b32encode(raw).decode()} | base32 -d",
    "base85": lambda raw: f"python3 -c 'import base64; base64.b85decode(\"{base64.b85encode(raw).decode()}\")'",
    "ascii85": lambda raw: base64.a85encode(raw, adobe=True).decode(),
    "uuencode": _uu,
    "percent": lambda raw: "".join(f"%{one:02X}" for one in raw),
    "percent, in part": lambda raw: quote_from_bytes(raw, safe=""),
    "quoted-printable": lambda raw: "Content-Transfer-Encoding: quoted-printable\n\n" + quopri.encodestring(raw).decode(),
    "UTF-16": lambda raw: f"powershell -EncodedCommand {_b64(raw.decode().encode('utf-16-le'))}",
    "rot13": lambda raw: f"echo '{codecs.encode(raw.decode(), 'rot13')}' | tr 'A-Za-z' 'N-ZA-Mn-za-m'",
}
"""Label -> how user data carries some bytes."""
