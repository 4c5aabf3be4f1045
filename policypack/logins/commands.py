"""Commands and settings in user data that let somebody log in, as data: what is matched, and what it does.

They are matched in every layer, line by line, without comments. A tool's name counts where a command or a package would be, and
not as part of a domain name, a path of something else or another word (deny lists name these services too).
Sources: shadow-utils and OpenSSH manuals, AWS Systems Manager User Guide ("Hybrid activations"), Microsoft Learn (`net user`,
`New-LocalUser`, Remote Desktop), the tools' own documentation.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Final

from policypack.logins.consoles import CONSOLES

_START: Final = r"(?:^|[;&|(`\"'\[,\s/])"
"""What comes before a command: a line's start, a shell operator, a quote of a list, a folder."""
_END: Final = r"(?=[\s\"',;&|)\]`]|$)"

PASSWORDS: Final = (
    ("sets a password (chpasswd)", rf"{_START}chpasswd\b(?!['\"]?\s*:)"),
    ("sets a password (newusers)", rf"{_START}newusers{_END}"),
    (
        "sets, deletes or unlocks a password (passwd)",
        (
            rf"(?<!getent){_START}passwd\b(?!['\"]?\s*[:=])(?=\s+(?!-l\b|--lock\b|-S\b|--status\b)\S)(?<!/etc/passwd)"
            r"|\|\s*(?:sudo\s+)?(?:/usr/bin/)?passwd\b"
        ),
    ),
    ("sets a password (usermod, useradd)", rf"{_START}(?:usermod|useradd)\b[^\n;|&]*\s(?:-[a-zA-Z]*p\b|--password\b)"),
    ("unlocks an account (usermod -U)", rf"{_START}usermod\b[^\n;|&]*\s(?:-[a-zA-Z]*U\b|--unlock\b)"),
    (
        "writes the file of password hashes",
        r"(?:>|\btee\b[^\n|;]*|\bsed\b[^\n;]*-i[^\n;]*|\b(?:cp|mv|install|dd)\b[^\n;|&]*)\s*(?:of=)?/etc/g?shadow\b",
    ),
    ("edits the file of password hashes", rf"{_START}(?:vipw|vigr){_END}"),
    ("sets a password (Windows)", r"(?i)\bnet1?(?:\.exe)?\s+user\s+\S+\s+(?!/)\S+|\bnet1?(?:\.exe)?\s+user\s+[^\n]*/(?:add|active:yes)"),
    ("sets a password (Windows)", r"(?i)\b(?:New-LocalUser|Enable-LocalUser|Set-LocalUser\b[^\n]*-Password|Add-LocalGroupMember)\b"),
)
SETTINGS: Final = (
    ("sets a password (cloud-init)", r"['\"]?\b(?:hashed_passwd|plain_text_passwd)['\"]?\s*:\s*['\"]?[^\s'\"]"),
    ("sets a password (cloud-init)", r"(?m)^[ \t-]*['\"]?passwd['\"]?\s*:\s*['\"]?\$"),
    ("unlocks a password (cloud-init)", r"(?i)\block_passwd['\"]?\s*:\s*['\"]?(?:false|no|off|0)\b"),
    ("lets passwords in over SSH (cloud-init)", r"(?i)\bssh_pwauth['\"]?\s*:\s*['\"]?(?:true|yes|on|1)\b"),
    ("lets root in over SSH (cloud-init)", r"(?i)\bdisable_root['\"]?\s*:\s*['\"]?(?:false|no|off|0)\b"),
    ("starts the admin container (Bottlerocket)", r"(?s)\[settings\.host-containers\.admin\][^\[]*?\benabled\s*=\s*true\b"),
)
SSH: Final = (
    (
        "lets passwords in over SSH",
        r"(?i)\b(?:PasswordAuthentication|KbdInteractiveAuthentication|ChallengeResponseAuthentication)[\s=\"']+yes\b",
    ),
    ("lets empty passwords in over SSH", r"(?i)\bPermitEmptyPasswords[\s=\"']+yes\b"),
    ("lets root in over SSH", r"(?i)\bPermitRootLogin[\s=\"']+(?!no\b)[a-z]"),
    (
        "takes SSH keys from another place",
        r"(?i)\b(?:AuthorizedKeysCommand|AuthorizedKeysFile|TrustedUserCAKeys|AuthorizedPrincipals\w+)[\s=\"']+(?!none\b)[/.%\w]",
    ),
    ("imports SSH keys", rf"{_START}ssh-import-id(?:-gh|-lp)?{_END}|\bec2-instance-connect\b"),
)
SERVERS: Final = (
    (
        "starts a login server",
        (
            r"\bsystemctl\b[^\n;|&]*\b(?:start|enable|restart|unmask|reenable|reload-or-restart)\b[^\n;|&]*\s['\"]?"
            r"(?:sshd?|openssh-server|dropbear|telnet|telnetd|inetd|xinetd|xrdp|vncserver\S*|tigervnc\S*|x11vnc|cockpit|webmin|ttyd|shellinabox|code-server\S*"
            r"|jupyter\S*|rexec|rlogin|rsh)(?:\.service|\.socket)?(?=[\s\"',;&|)\]]|$)"
        ),
    ),
    (
        "starts a login server",
        r"\bservice\s+(?:sshd?|dropbear|xinetd|inetd|xrdp|telnetd)\s+(?:re)?start\b|/etc/init\.d/(?:sshd?|dropbear|xinetd)\s+(?:re)?start\b",
    ),
    (
        "starts a login server",
        (
            r"(?m)(?:^[ \t-]*|[;&|\"'\[,]\s*|\bsudo\s+|\bexec\s+|\bnohup\s+)(?:/usr/s?bin/|/usr/local/s?bin/)?(?:sshd|in\.telnetd|telnetd)"
            rf"{_END}(?!['\"]?\s*:)"
        ),
    ),
    (
        "starts a login server (Windows)",
        r"(?i)\bfDenyTSConnections\b[^\n]*\b0\b|\bEnable-PSRemoting\b|\bwinrm(?:\.cmd)?\s+(?:quickconfig|qc|set)\b|\b(?:Start|Set)-Service\b[^\n]*\b(?:sshd|TermService|WinRM)\b|\bOpenSSH\.Server",
    ),
    (
        "installs a login server",
        r"\b(?:apt|apt-get|aptitude|dnf|yum|microdnf|zypper|apk|pacman|snap|brew|choco|winget|pip3?|pipx|npm|go|cargo)\b[^\n;|&]*\b(?:install|add|-S)\b[^\n;|&]*\s['\"]?(?:openssh-server|openssh|dropbear\S*|telnetd|inetutils-telnetd|telnet-server|xinetd|xrdp|tightvncserver|tigervnc\S*|x11vnc|cockpit\S*|shellinabox|webmin|rsh-server)(?=[\s\"',;&|)\]]|$)",
    ),
)
_TOOLS: Final = (
    *("ttyd", "gotty", "wetty", "shellinaboxd", "dropbear", "code-server", "openvscode-server", "tmate", "upterm", "sshx", "teleconsole"),
    *("ngrok", "tailscale", "tailscaled", "cloudflared", "zerotier-one", "zerotier-cli", "netbird", "headscale", "nebula", "frpc", "frps"),
    *("rathole", "inlets", "gs-netcat", "gsocket", "localtunnel", "pagekite", "boringproxy", "wstunnel", "autossh", "sshuttle", "chisel"),
    *("anydesk", "teamviewer", "rustdesk", "meshagent", "dwagent", "splashtop", "x11vnc", "vncserver", "x0vncserver", "tigervncserver"),
    *(
        "xrdp",
        "websockify",
        "novnc",
        "tigervnc",
        "wg-quick",
        "openvpn",
        "tinc",
        "softether",
        "teleport",
        "tsh",
        "tctl",
        "warp-cli",
        "twingate",
    ),
    *("jupyter-lab", "jupyter-notebook", "filebrowser", "guacd", "nomachine", "pwncat", "sliver", "metasploit", "msfconsole", "weevely"),
)
REMOTE_SHELLS: Final = (
    (
        "runs {0}, which lets somebody in from outside",
        rf"(?m){_START}({'|'.join(map(re.escape, _TOOLS))})(?:\.service|\.exe)?{_END}(?!['\"]?\s*:)",
    ),
    ("starts a notebook, which is a shell in a browser", rf"{_START}jupyter[\s\"',]+(?:lab|notebook|server|nbclassic)\b"),
    ("starts a tunnel of an editor", rf"{_START}(?:code|code-insiders|devtunnel)[\s\"',]+(?:tunnel|serve-web|host)\b"),
    ("opens a way back over SSH", r"\bssh\b[^\n;|&]*\s-[a-zA-Z]*R[\s\"']*[\w.:*\[]"),
    (
        "starts a remote shell",
        r"\b(?:nc|ncat|netcat)\b[^\n;|&]*\s(?:-[a-z]*[ec]\b|--exec\b|--sh-exec\b)|\bsocat\b[^\n;]*\b(?:EXEC|SYSTEM|PTY|SHELL):?|/dev/(?:tcp|udp)/[^\n]*\b0>&1|\bbash\s+-i\b[^\n]*/dev/(?:tcp|udp)/|\bpty\.spawn\b",
    ),
    (
        "registers the host with another account's Systems Manager",
        r"(?i)\bamazon-ssm-agent(?:\.exe)?\b[^\n;|&]*\s-?-(?:register|code|id)\b|\bssm-setup-cli\b[^\n;|&]*\s-+(?:register|activation)|\bssm\s+create-activation\b|\bactivation-code\b",
    ),
)
COMMANDS: Final = (*PASSWORDS, *SETTINGS, *SSH, *SERVERS, *REMOTE_SHELLS, *CONSOLES)
"""(what it does, expression)."""

_MARKS: Final = re.compile(
    r"(?i)passwd|shadow|user|vipw|vigr|authentication|permit|authorized|trusteduser|ssh|connect|telnet|inetd|rdp|vnc|cockpit|webmin|tty|shell|serve|jupyter|getty"
    r"|rexec|rlogin|rsh|remoting|winrm|terms|local|dropbear|tunnel|code|/dev/|netcat|ncat|\bnc\b|socat|pty|ssm|activation|disable_root|host-containers|enabled|login|logon|hvc|console|respawn|askfirst|openvt|conspy|init=|rd\.break|systemd\.|bcdedit|\bdcv|"
    + "|".join(map(re.escape, _TOOLS))
)
"""Lines without any of these cannot match; the rest of a long script is not tried."""

_KEY_FILE: Final = re.compile(r"\bauthorized_keys2?\b")
_KEEPS_KEYS_OUT: Final = re.compile(r"^\s*(?:(?:sudo|then|do|-)\s+)*(?:rm|shred|unlink|chattr|chmod|chown|test|\[|find)\b(?![^\n]*>)")
_SEPARATOR: Final = re.compile(r"(\n|;|&&|\|\||\|)")
_COMMENT: Final = re.compile(r"(?m)^[ \t]*(?:#(?!!)|//|rem[ \t]|;).*$", re.IGNORECASE)
_REPLACED: Final = re.compile(r"\bs([/|#,@!])(?:(?!\1).)*\1(?=(?:(?!\1).)*\1)")
"""What a substitution of sed looks for; only what it writes counts."""
_LIST: Final = re.compile(r"[\"',\[\]]+")
_REMOVES: Final = re.compile(
    r"^\s*(?:(?:-|sudo|then|do|else|if|!)\s+)*(?:(?:apt|apt-get|dnf|yum|zypper|apk|snap|pip3?)\b.*\s(?:remove|purge|autoremove|erase|del|uninstall)\b"
    r"|systemctl\s+(?:-\S+\s+)*(?:stop|disable|mask|is-active|is-enabled|status)\b|service\s+\S+\s+stop\b|rm\s|pkill\b|killall\b|grep\b"
    r"|command\s+-v\b|which\s|type\s|test\s|dpkg\s+-(?:s|l|r|P)\b|rpm\s+-(?:q|e))"
)
"""Commands that stop, remove or look for a tool."""


@lru_cache(maxsize=128)
def logins_in(text: str) -> tuple[str, ...]:
    """Return the ways to log in that commands and settings of a text open, in words."""
    if not _MARKS.search(text):
        return ()
    written = text.replace("\\n", "\n")  # what printf and echo -e write, line by line
    return tuple(dict.fromkeys(way for one in dict.fromkeys((text, written)) for way in _logins_in(_acting(_COMMENT.sub("", one)))))


def _acting(text: str) -> str:
    """Return the lines that may matter, without commands that only remove or look for something."""
    kept = []
    for line in text.splitlines():
        if _MARKS.search(line):
            line = _REPLACED.sub(r"s\1\1", line) if "sed" in line else line
            parts = _SEPARATOR.split(line)
            kept.append("".join("" if _is_removal(part) else part for part in parts))
    return "\n".join(kept)


def _is_removal(part: str) -> bool:
    return _REMOVES.match(_LIST.sub(" ", part)) is not None and "$(" not in part and "`" not in part


def _logins_in(text: str) -> Iterator[str]:
    for what, form in COMMANDS:
        match = _compiled(form).search(text)
        if match:
            yield what.format(*match.groups()) if "{0}" in what else what
    if "authorized_keys" in text:
        parts = (part for part in _SEPARATOR.split(text) if _KEY_FILE.search(part))
        if not all(_KEEPS_KEYS_OUT.match(part) or _KEEPS_KEYS_OUT.match(_LIST.sub(" ", part)) for part in parts):
            yield "writes authorized keys of SSH"


@lru_cache(maxsize=64)
def _compiled(form: str) -> re.Pattern[str]:
    return re.compile(form, re.MULTILINE)
