"""Logins on a console, as data: automatic logins, shells and getty programs on serial lines, and rescue shells.

The serial console of an instance is not subject to network policy; its users reach the programs that the host runs on it.
Sources: agetty(8), login(1), systemd.exec(5), systemd-sulogin-shell(8), kernel-command-line(7), inittab(5), pam_permit(8),
securetty(5); Microsoft Learn ("Configure Windows to automate logon", `bcdedit /ems`); the Amazon DCV Administrator Guide.
"""

from __future__ import annotations

from typing import Final

_LINE: Final = r"(?:tty(?:[SO0-9]|AMA|USB|ACM|mxc)\w*|hvc\d|xvc\d|console|vport\w+|pts/\d+)"
_SHELL: Final = r"(?:ba|da|z|k|c|tc|a)?sh"

CONSOLES: Final = (
    (
        "permits logins on a console without a password",
        (
            r"(?<![\w-])--auto-?login\b|(?i:\bAutomaticLogin(?:Enable)?\s*=\s*[^\s#]|\bautologin-user\s*=\s*\S|\bAutoAdminLogon\b[^\n]*\b1\b)"
            r"|\bgetty['\"]?[\s\"',][^\n;|&]*(?:--skip-login|--login-program)\b"
            r"|\b(?:a|m|ming|f|u)?getty\b[^\n;|&@]*[\s\"',](?:-[a-zA-Z]*a[\s\"',]+[a-z]|-[a-zA-Z]*n\b|-[a-zA-Z]*l[\s\"',]*/)"
            r"|(?:^|[\s;&|(`\"'=/])login[\s\"',]+(?:-p[\s\"',]+)?-f\b"
        ),
    ),
    (
        "starts a login on a console",
        (
            rf"(?:^|[\s;&|(`\"'\[,=/:])(?:a|m|ming|f|u)getty['\"]?[\s,][^\n;|&@]*\b{_LINE}\b"
            rf"|(?:^|[;&|(`\"'\[,=/:]|\bexec\s|\bsudo\s|\bsetsid\s|\bnohup\s)\s*getty['\"]?[\s,][^\n;|&@]*\b{_LINE}\b"
            r"|\bln\b(?![^\n;|&]*/dev/null)[^\n;|&]*/getty\.target\.wants/|\bcttyhack\b"
            r"|\bsystemctl\b[^\n;|&]*\b(?:start|enable|restart|unmask|reenable|edit|link)\b[^\n;|&]*\s['\"]?"
            r"(?:serial-getty|getty|console-getty|container-getty|autovt|debug-shell|rescue|emergency)(?:@\S*)?(?:\.service|\.target)?(?=[\s\"',;&|)\]]|$)"
            rf"|\b(?:respawn|askfirst|wait|once)\s*:\s*-?\S*(?:getty|login|{_SHELL})\b"
        ),
    ),
    (
        "changes what answers on a console",
        (
            r"(?:>|\btee\b[^\n|;]*|\b(?:cp|mv|install|dd|sed)\b[^\n;|&]*)\s*(?:of=)?['\"]?"
            r"\S*/(?:serial-getty|getty|console-getty|container-getty|autovt)@?[\w-]*\.service(?:\.d/\S+)?"
            r"|(?:>|\btee\b[^\n|;]*)\s*['\"]?/etc/inittab\b|(?i:\bStandardInput\s*=\s*tty)|\bTTYPath\s*="
            rf"|\b{_LINE}\b[^\n;]*(?:>|\btee\b[^\n|;]*)\s*['\"]?/etc/securetty\b"
        ),
    ),
    (
        "runs a shell on a console",
        (
            rf"\b{_SHELL}\b[^\n;|&]*<>?\s*/dev/{_LINE}\b|\bexec\b[^\n;|&]*<>?\s*/dev/{_LINE}\b"
            rf"|\bsocat\b[^\n]*/dev/{_LINE}\b|\b(?:openvt|conspy)[\s\"',]+\S"
        ),
    ),
    (
        "boots into a shell",
        (
            r"(?<!remove-args=)(?<!remove-args=['\"])\bsystemd\.debug[-_]shell\b|\binit=\S*/(?:ba|da|a)?sh\b|\brd\.break\b|\bsystemd\.unit=(?:rescue|emergency)\b"
            r"|\bSYSTEMD_SULOGIN_FORCE\s*=\s*[\"']?(?:1|yes|true|on)\b|(?i:\bbcdedit(?:\.exe)?\s[^\n]*/(?:ems|bootems|emssettings)\b)"
        ),
    ),
    ("permits every login (pam_permit)", r"\b(?:auth|account)\b[^\n]*\bpam_permit\.so\b"),
    (
        "permits logins without a password (PAM)",
        r"\bauth\s+(?:sufficient|\[[^\]\n]*\b(?:success|default)=(?:ok|done|\d)[^\]\n]*\])\s+pam_(?:succeed_if|exec|script|python|listfile|debug)\b",
    ),
    (
        "starts a remote desktop",
        r"\bdcv\s+create-session\b|\b(?:nice-dcv|amazon-dcv|dcv)-(?:server|gateway|web-viewer)\b|\bdcvserver(?:\.service)?\b",
    ),
)
"""(effect, expression)."""
