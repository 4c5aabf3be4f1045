"""Secrets at rest, in the format of Pulumi's passphrase secrets provider.

A salt `v1:<salt>:v1:<nonce>:<cipher of "pulumi">` identifies the key: PBKDF2-SHA256, a million rounds (derived at most once per run, only
when a secret occurs, in the background when that can be foreseen). A value is AES-256-GCM, `v1:<nonce>:<cipher>`. The passphrase comes from
PULUMI_CONFIG_PASSPHRASE or the file named by PULUMI_CONFIG_PASSPHRASE_FILE, else from the lab home, which creates one: then the keys are
kept next to it, where they reveal no more than the passphrase does.
"""

from __future__ import annotations

import functools
import hashlib
import json
import os
import secrets
from base64 import b64decode, b64encode
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from containment_lab.errors import LabError
from containment_lab.formats.values import complete_reference
from containment_lab.home import LabHome, write_whole
from containment_lab.wire import RESOURCE, SECRET, SIGNATURE, is_secret, wrap_secret

_ROUNDS = 1_000_000
_GIVEN = ("PULUMI_CONFIG_PASSPHRASE", "PULUMI_CONFIG_PASSPHRASE_FILE")
_WHY = "the secrets of the stack are encrypted with it"
_FIX = "set PULUMI_CONFIG_PASSPHRASE (or PULUMI_CONFIG_PASSPHRASE_FILE) to the one this stack was made with"


def find_passphrase(home: LabHome) -> str:
    """Return the passphrase in force; without one in the environment that of the lab home, created on first use."""
    if "PULUMI_CONFIG_PASSPHRASE" in os.environ:
        return os.environ["PULUMI_CONFIG_PASSPHRASE"]
    kept = Path(os.environ.get("PULUMI_CONFIG_PASSPHRASE_FILE") or home.passphrase_file)
    if kept == home.passphrase_file and not kept.exists():
        write_whole(kept, secrets.token_urlsafe(24) + "\n", mode=0o600)
    try:
        return kept.read_text().strip()
    except OSError as cause:
        fix = f"let your user read it, or set {_GIVEN[0]} or {_GIVEN[1]}"
        raise LabError(f"cannot read the passphrase file {kept}: {cause.strerror}", why=_WHY, fix=fix) from cause


def find_key_folder(home: LabHome) -> Path | None:
    """Return the folder of the keys derived from the lab home's own passphrase; None while another passphrase is in force."""
    return home.root / "keys" if os.environ.keys().isdisjoint(_GIVEN) else None


class Crypter:
    """Encrypts and decrypts with the key of a passphrase and a salt; without a given salt it creates one.

    With a folder `kept`, a key found there is not derived again.
    """

    def __init__(self, phrase: str, salt: str = "", kept: Path | None = None) -> None:
        self.given = self._salt = salt
        self._kept = kept
        self._phrase, self._bytes = phrase, b64decode(salt.split(":")[1]) if salt else secrets.token_bytes(8)
        self._key: Future[AESGCM] | None = None
        self._sealed: dict[tuple[str, str], str] = {}

    @property
    def salt(self) -> str:
        """The salt, with the check text that detects a wrong passphrase."""
        self._salt = self._salt or f"v1:{b64encode(self._bytes).decode()}:{self.encrypt('pulumi')}"
        return self._salt

    def prepare(self) -> Future[AESGCM]:
        """Begin to derive the key in a thread, unless that has begun; a wrong passphrase is raised at the first use of the key."""
        if self._key is None:
            pool = ThreadPoolExecutor(1)
            self._key = pool.submit(self._derive, self._salt)
            pool.shutdown(wait=False)
        return self._key

    def _derive(self, salt: str) -> AESGCM:
        key = AESGCM(self._load_kept_key() or _derive_key(self._phrase, self._bytes))
        if salt:
            _open(key, salt.split(":", 2)[2])
        return key

    def _load_kept_key(self) -> bytes | None:
        if self._kept is None:
            return None
        path = self._kept / self._bytes.hex()
        if not path.exists():
            write_whole(path, _derive_key(self._phrase, self._bytes).hex(), mode=0o600)
        return bytes.fromhex(path.read_text())

    def encrypt(self, text: str) -> str:
        """Return `v1:nonce:cipher` of a text."""
        nonce = secrets.token_bytes(12)
        cipher = self.prepare().result().encrypt(nonce, text.encode(), None)
        return f"v1:{b64encode(nonce).decode()}:{b64encode(cipher).decode()}"

    def decrypt(self, sealed: str) -> str:
        """Return the text in `v1:nonce:cipher`."""
        return _open(self.prepare().result(), sealed)

    def seal(self, value: Any, place: str) -> Any:
        """Return `value` in checkpoint form, secrets encrypted; an unchanged one at the same `place` keeps its ciphertext in a run."""
        if isinstance(value, list):
            return [self.seal(item, f"{place}[{at}]") for at, item in enumerate(value)]
        if not isinstance(value, dict):
            return value
        if value.get(SIGNATURE) == RESOURCE:
            return {"packageVersion": "", **{key: item for key, item in value.items() if key not in ("name", "type")}}
        if not is_secret(value):
            return {key: self.seal(item, f"{place}.{key}") for key, item in value.items()}
        text = json.dumps(value["value"])
        if (place, text) not in self._sealed:
            self._sealed[place, text] = self.encrypt(text)
        return {SIGNATURE: SECRET, "ciphertext": self._sealed[place, text]}

    def unseal(self, value: Any) -> Any:
        """Return a checkpoint's value with each secret decrypted, still wrapped."""
        if isinstance(value, list):
            return [self.unseal(item) for item in value]
        kind = value.get(SIGNATURE) if isinstance(value, dict) else None
        if kind == SECRET:
            return wrap_secret(json.loads(value["plaintext"] if "plaintext" in value else self.decrypt(value["ciphertext"])))
        if kind == RESOURCE:
            return complete_reference(value)
        return {key: self.unseal(item) for key, item in value.items()} if isinstance(value, dict) else value


@functools.lru_cache(maxsize=16)
def _derive_key(phrase: str, salt: bytes) -> bytes:
    return hashlib.pbkdf2_hmac("sha256", phrase.encode(), salt, _ROUNDS)


def _open(key: AESGCM, sealed: str) -> str:
    version, nonce, cipher = sealed.split(":")
    if version != "v1":
        what, fix = f"a secret is in version {version!r} of the passphrase format, not v1", "set it again: pulumi config set --secret KEY"
        raise LabError(what, why=_WHY, fix=fix)
    try:
        return key.decrypt(b64decode(nonce), b64decode(cipher), None).decode()
    except InvalidTag as cause:
        raise LabError("incorrect passphrase", why=_WHY, fix=_FIX) from cause
