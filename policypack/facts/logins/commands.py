"""Commands and settings in user data that permit logins, as data: expression and effect.

They are matched in every layer, line by line, without comments. A tool's name counts only in the place of a command or a package,
not as part of a domain name, of a path of another file, or of another word (deny lists name these services too).
Sources: shadow-utils and OpenSSH manuals, AWS Systems Manager User Guide ("Hybrid activations"), Microsoft Learn (`net user`,
`New-LocalUser`, Remote Desktop), the tools' own documentation.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Final

from policypack.facts.logins.consoles import CONSOLES

_START: Final = r"(?:^|[;&|(`\"'\[,\s/])"
"""The text before a command: a line's start, a shell operator, a quote of a list, a folder."""
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
    *(
        "salt-minion",
        "chef-client",
        "ansible-pull",
        "gitlab-runner",
        "buildkite-agent",
        "mcollectived",
        "landscape-client",
        "landscape-config",
    ),
    *("azcmagent", "screenconnect", "tacticalrmm", "rmmagent", "action1", "kaseya", "dwservice", "hoptodesk", "parsecd"),
    *("xpra", "mosh-server", "etserver", "gost", "3proxy", "microsocks", "tinyproxy", "danted", "sockd", "stunnel", "stunnel4", "hysteria"),
    *(
        "v2ray",
        "xray-core",
        "sing-box",
        "trojan-go",
        "iodine",
        "iodined",
        "dnscat",
        "dnscat2",
        "ptunnel",
        "rstudio-server",
    ),
    *("zrok", "telebit", "openziti", "ziti-edge-tunnel", "firezone-client", "tunnelto"),
    *("jupyter-lab", "jupyter-notebook", "filebrowser", "guacd", "nomachine", "pwncat", "sliver", "metasploit", "msfconsole", "weevely"),
)
REMOTE_SHELLS: Final = (
    (
        "runs {0}, which permits logins from outside",
        rf"(?m){_START}({'|'.join(map(re.escape, _TOOLS))})(?:\.service|\.exe)?{_END}(?!['\"]?\s*:)",
    ),
    ("starts a notebook, which is a shell in a browser", rf"{_START}jupyter[\s\"',]+(?:lab|notebook|server|nbclassic)\b"),
    ("starts a tunnel of an editor", rf"{_START}(?:code|code-insiders|devtunnel)[\s\"',]+(?:tunnel|serve-web|host)\b"),
    ("opens a tunnel over SSH", r"\bssh\b(?![\w-])[^\n;|&]*\s-[a-zA-Z]*[RDw][\s\"']*[\w.:*\[]"),
    ("starts a shell for somebody else", r"(?:^|[\s;&|(`\"'\[,/])(?:ba|da|z|k|a)?sh[\s\"',]+-i(?=[\s\"',;&|)\]`]|$)"),
    (
        "starts a remote shell",
        r"\b(?:nc|ncat|netcat)\b[^\n;|&]*\s(?:-[a-z]*[ec]\b|--exec\b|--sh-exec\b)|\bsocat\b[^\n;]*\b(?:EXEC|SYSTEM|PTY|SHELL):?|/dev/(?:tcp|udp)/[^\n]*\b0>&1|\bbash\s+-i\b[^\n]*/dev/(?:tcp|udp)/|\bpty\.spawn\b",
    ),
    (
        "starts a remote shell",
        (
            r"\bopen\s*\(?\s*STD(?:IN|OUT)\s*,\s*['\"][<>+]{1,2}&|\bdup2\s*\([^\n]*\.fileno\b|\.fileno\(\)\s*,\s*[012]\b"
            r"|/inet[46]?/(?:tcp|udp)/|\bTCPSocket\.(?:new|open)\b[^\n]*\bexec\b|\bfsockopen\b[^\n]*\b(?:exec|proc_open|shell_exec|popen)\b"
            r"|\bs_client\b[^\n]*\|[^\n]*\b(?:ba|da|z|k|a)?sh\b|\bmkfifo\b[^\n]*\|[^\n]*\b(?:nc|ncat|netcat|telnet|s_client)\b"
        ),
    ),
    (
        "lets others start programs on the host",
        (
            r"\bpuppet[\s\"',]+agent\b|\b(?:kubeadm|swarm)[\s\"',]+join\b|\bk3s[\s\"',]+agent\b|\bnomad[\s\"',]+agent\b[^\n;|&]*-client\b"
            r"|\bconfig\.(?:sh|cmd)\b[^\n;|&]*--(?:url|token)\b|\bjava\b[^\n;|&]*\b(?:agent|remoting|slave|swarm-client)\S*\.jar\b"
            r"|\bdockerd?\b[^\n;|&]*\s(?:-H|--host)[\s=\"']*(?:tcp:|:\d|0\.0\.0\.0)|['\"]hosts['\"]\s*:\s*\[[^\]]*tcp://"
        ),
    ),
    (
        "registers the host with another account's Systems Manager",
        r"(?i)\bamazon-ssm-agent(?:\.exe)?\b[^\n;|&]*\s-?-(?:register|code|id)\b|\bssm-setup-cli\b[^\n;|&]*\s-+(?:register|activation)|\bssm\s+create-activation\b|\bactivation-code\b",
    ),
)
COMMANDS: Final = (*PASSWORDS, *SETTINGS, *SSH, *SERVERS, *REMOTE_SHELLS, *CONSOLES)
"""(effect, expression)."""

_WORDS: Final = (
    *("passwd", "shadow", "user", "vipw", "vigr", "authentication", "permit", "authorized", "trusteduser", "ssh", "connect", "telnet"),
    *("inetd", "rdp", "vnc", "cockpit", "webmin", "tty", "shell", "serve", "jupyter", "getty", "curl", "wget", "puppet", "join", "k3s"),
    *("nomad", "config.sh", "config.cmd", "java", "docker", "tcp://", "fileno", "inet/", "inet4/", "inet6/", "tcpsocket", "fsockopen"),
    *("s_client", "mkfifo", "pam_", "rexec", "rlogin", "rsh", "remoting", "winrm", "terms", "local", "dropbear", "tunnel", "code"),
    *("restart=", "oncalendar", "unitactivesec", "unitinactivesec", "/dev/", "netcat", "ncat", "socat", "pty", "ssm", "activation"),
    *("disable_root", "host-containers", "enabled", "login", "logon", "hvc", "console", "respawn", "askfirst", "openvt", "conspy"),
    *("init=", "rd.break", "systemd.", "bcdedit", *_TOOLS),
)
_FORMS: Final = r"sh[\s\"',]+-i|open[\s(]*STD|\bnc\b|\bdcv"
_FORM_PARTS: Final = ("-i", "std", "nc", "dcv")
"""A part of each form, in lower case."""
_FORM: Final = re.compile(_FORMS, re.IGNORECASE)
_MARKS: Final = re.compile("|".join((_FORMS, *map(re.escape, _WORDS))), re.IGNORECASE)
"""Lines without any of these cannot match, so most lines of a long script are skipped."""

_PIPED: Final = re.compile(
    r"\b(?:curl|wget)\b[^\n|]{0,400}\|[ \t]*(?:sudo[ \t]+)?(?:/\S{1,60}/)?(?:(?:ba|da|z|k|a)?sh|python3?|perl)(?=[\s\"';)]|$)"
)
_UNIT: Final = re.compile(r"\bRestart=(?!no\b)\w|\bOn(?:Calendar|UnitActiveSec|UnitInactiveSec)=")
"""Settings of a systemd unit that start its command again and again."""
_AGAIN: Final = re.compile(r"(?:[\d*/,-]+[ \t]+){4}[\d*/,-]+[ \t]|@(?:reboot|hourly|daily|weekly)\b|\b(?:while|until|for)\b|\bwatch[ \t]")
_KEY_FILE: Final = re.compile(r"\bauthorized_keys2?\b")
_KEEPS_KEYS_OUT: Final = re.compile(r"^\s*(?:(?:sudo|then|do|-)\s+)*(?:rm|shred|unlink|chattr|chmod|chown|test|\[|find)\b(?![^\n]*>)")
_SEPARATOR: Final = re.compile(r"(\n|;|&&|\|\||\|)")
_COMMENT: Final = re.compile(r"(?m)^[ \t]*(?:#(?!!)|//|rem[ \t]|;).*$", re.IGNORECASE)
_REPLACED: Final = re.compile(r"\bs([/|#,@!])(?:(?!\1).)*\1(?=(?:(?!\1).)*\1)")
"""The search pattern of a substitution of sed; only its replacement counts."""
_LIST: Final = re.compile(r"[\"',\[\]]+")
_REMOVES: Final = re.compile(
    r"^\s*(?:(?:-|sudo|then|do|else|if|!)\s+)*(?:(?:apt|apt-get|dnf|yum|zypper|apk|snap|pip3?)\b.*\s(?:remove|purge|autoremove|erase|del|uninstall)\b"
    r"|systemctl\s+(?:-\S+\s+)*(?:stop|disable|mask|is-active|is-enabled|status)\b|service\s+\S+\s+stop\b|rm\s|pkill\b|killall\b|grep\b"
    r"|command\s+-v\b|which\s|type\s|test\s|dpkg\s+-(?:s|l|r|P)\b|rpm\s+-(?:q|e))"
)
"""Commands that stop, remove or look for a tool, and do not start it."""


def has_mark(text: str) -> bool:
    """Return whether `_MARKS` occurs in a text.

    A search for each word is several times as fast as the expression, which tries all of them at every character. Beyond ASCII only
    the expression ignores case as the other expressions do.
    """
    if not text.isascii():
        return _MARKS.search(text) is not None
    lower = text.lower()
    if any(word in lower for word in _WORDS):
        return True
    return any(part in lower for part in _FORM_PARTS) and _FORM.search(text) is not None


@lru_cache(maxsize=128)
def find_logins(text: str) -> tuple[str, ...]:
    """Return, in words, the logins that commands and settings of a text permit."""
    if not has_mark(text):
        return ()
    written = text.replace("\\n", "\n")  # lines as printf and echo -e write them
    return tuple(dict.fromkeys(way for one in dict.fromkeys((text, written)) for way in _find_logins(_select_lines(_COMMENT.sub("", one)))))


def _select_lines(text: str) -> str:
    """Return the lines that may match, without commands that only remove or look for a tool."""
    kept = []
    for line in text.splitlines():
        if has_mark(line):
            line = _REPLACED.sub(r"s\1\1", line) if "sed" in line else line
            parts = _SEPARATOR.split(line)
            kept.append("".join("" if _is_removal(part) else part for part in parts))
    return "\n".join(kept)


def _is_removal(part: str) -> bool:
    return _REMOVES.match(_LIST.sub(" ", part)) is not None and "$(" not in part and "`" not in part


def _find_logins(text: str) -> Iterator[str]:
    for what, form in COMMANDS:
        match = _compile(form).search(text)
        if match:
            yield what.format(*match.groups()) if "{0}" in what else what
    if any(_is_repeated(text, one.start()) for one in _PIPED.finditer(text)):
        yield "takes commands from an address again and again"
    if "authorized_keys" in text:
        parts = (part for part in _SEPARATOR.split(text) if _KEY_FILE.search(part))
        if not all(_KEEPS_KEYS_OUT.match(part) or _KEEPS_KEYS_OUT.match(_LIST.sub(" ", part)) for part in parts):
            yield "writes authorized keys of SSH"


def _is_repeated(text: str, start: int) -> bool:
    """Return whether the command at a place is in a loop, a line of cron, or a unit that systemd starts again."""
    before = text[max(text.rfind("\n", 0, start), start - 400, 0) : start]
    return _AGAIN.search(before) is not None or ("ExecStart=" in before and _UNIT.search(text) is not None)


@lru_cache(maxsize=64)
def _compile(form: str) -> re.Pattern[str]:
    return re.compile(form, re.MULTILINE)
