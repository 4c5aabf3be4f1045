"""Settings of cloud-init that permit logins, read from the parsed document.

The keys of a document are a closed list: every other key is one of a module that takes commands or a network from somebody else
(Ansible, Chef, Landscape, Puppet, Salt, WireGuard, Phone Home), or one that no review covers.
Source: cloud-init module reference. cloud-init ignores a document that is not YAML; `commands` still reads its text.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import suppress
from functools import lru_cache
from typing import Any, Final

from containment.loaders.strict_yaml import load_as_cloud_init
from policypack.graph.plain_data import get_items

_PASSWORDS: Final = ("passwd", "hashed_passwd", "plain_text_passwd", "hashed-passwd", "plain-text-passwd")
_KEYS: Final = ("ssh_authorized_keys", "ssh-authorized-keys", "ssh_import_id", "ssh-import-id")
_SERVERS: Final = frozenset(
    {"openssh-server", "dropbear", "dropbear-bin", "telnetd", "telnet-server", "xinetd", "xrdp", "cockpit", "shellinabox"}
)
_REVIEWED: Final = frozenset(
    {
        *("apk_repos", "apt", "apt_pipelining", "apt_reboot_if_required", "apt_update", "apt_upgrade", "bootcmd", "byobu_by_default"),
        *("ca-certs", "ca_certs", "cloud_config_modules", "cloud_final_modules", "cloud_init_modules", "create_hostname_file"),
        *("datasource", "datasource_list", "device_aliases", "disable_ec2_metadata", "disk_setup", "drivers", "final_message", "fqdn"),
        *("fs_setup", "groups", "growpart", "grub-dpkg", "grub_dpkg", "hostname", "keyboard", "locale", "locale_configfile"),
        *("manage_etc_hosts", "merge_how", "merge_type", "mount_default_fields", "mounts", "network", "ntp", "output", "packages"),
        *("package_reboot_if_required", "package_update", "package_upgrade", "power_state", "prefer_fqdn_over_hostname"),
        *("preserve_hostname", "random_seed", "repo_releasever", "repo_update", "repo_upgrade", "repo_upgrade_exclude", "resize_rootfs"),
        *("rsyslog", "runcmd", "snap", "swap", "syslog_fix_perms", "system_info", "timezone", "updates", "write_files", "yum_repo_dir"),
        *("yum_repos", "zypper"),
    }
)
"""Keys that start no login, no tunnel and no agent of others; their values are read as text."""
_JUDGED: Final = frozenset(
    {
        *("allow_public_ssh_keys", "authkey_hash", "chpasswd", "disable_root", "disable_root_opts", "no_ssh_fingerprints", "password"),
        *("ssh", "ssh_deletekeys", "ssh_fp_console_blacklist", "ssh_genkeytypes", "ssh_key_console_blacklist", "ssh_publish_hostkeys"),
        *("ssh_pwauth", "ssh_quiet_keygen", "user", "users", *_PASSWORDS, *_KEYS),
    }
)
"""Keys of logins, whose values are judged."""
_TRUE: Final = frozenset({"true", "yes", "on", "1", "unchanged"})
_FALSE: Final = frozenset({"false", "no", "off", "0"})


_HEADER: Final = re.compile(
    r"(?m)^#cloud-config(?:-archive|-jsonp)?[ \t]*\r?$"
    r"|^(?i:content-type):[ \t]*text/cloud-config(?:-archive|-jsonp)?\b[^\n]*\n(?:[^\r\n]+\r?\n)*\r?$"
)
"""The first line of a document, or the header of a part of MIME, which needs no first line."""
_BOUNDARY: Final = re.compile(r"\n--(?!-)\S")


@lru_cache(maxsize=128)
def find_logins(text: str) -> tuple[str, ...]:
    """Return, in words, the logins that the cloud-config documents of a text permit."""
    ways = (
        way for header in _HEADER.finditer(text) for way in _find_in_document(_parse(_BOUNDARY.split(text[header.end() :], maxsplit=1)[0]))
    )
    return tuple(dict.fromkeys(ways))


def _parse(text: str) -> Any:
    """Return the parsed document, None if the text is neither JSON nor YAML."""
    try:
        return json.loads(text)  # JSON is YAML, and read much faster
    except (ValueError, RecursionError):
        with suppress(ValueError):
            return load_as_cloud_init(text)
    return None


def _find_in_document(document: Any) -> Iterator[str]:
    if isinstance(document, list):  # an archive of documents
        for one in document:
            yield from find_logins(str(one.get("content", "")) if isinstance(one, dict) else str(one))
    if not isinstance(document, dict):
        return
    for user in [document, *get_items(document.get("user")), *_get_users(document.get("users"))]:
        if isinstance(user, dict):
            yield from _find_in_user(user)
    for name, value in document.items():
        if name not in _REVIEWED and name not in _JUDGED and value not in (None, "", [], {}):
            yield f"sets {name}, a key of cloud-init that may start an agent or a tunnel of others, and that no review covers"
    if _is_one_of(document.get("ssh_pwauth"), _TRUE):
        yield "lets passwords in over SSH (ssh_pwauth)"
    if document.get("password"):
        yield "sets a password of the default user (password)"
    changed = document.get("chpasswd")
    if isinstance(changed, dict) and (changed.get("list") or changed.get("users")):
        yield "sets passwords (chpasswd)"
    if _is_one_of(document.get("disable_root"), _FALSE):
        yield "lets root in over SSH (disable_root)"
    for file in get_items(document.get("write_files")):
        path = str(file.get("path", "")) if isinstance(file, dict) else ""
        if path.endswith(("/authorized_keys", "/authorized_keys2")) or path in ("/etc/shadow", "/etc/gshadow"):
            yield f"writes {path}"
    for package in get_items(document.get("packages")):
        name = str(package[0] if isinstance(package, list) and package else package)
        if name in _SERVERS:
            yield f"installs a login server ({name})"


def _get_users(value: Any) -> list[Any]:
    return list(value.values()) if isinstance(value, dict) else get_items(value)


def _find_in_user(user: dict[str, Any]) -> Iterator[str]:
    for key in _PASSWORDS:
        if user.get(key):
            yield f"sets a user's password ({key})"
    if any(_is_one_of(user.get(key), _FALSE) for key in ("lock_passwd", "lock-passwd", "lock_password")):
        yield "unlocks a user's password (lock_passwd)"
    for key in _KEYS:
        if user.get(key):
            yield f"permits logins with an SSH key ({key})"


def _is_one_of(value: Any, words: frozenset[str]) -> bool:
    return str(value).strip().lower() in words if isinstance(value, str | bool | int) else False
