# What the staged installers share: they do nothing unless told to, and fetch nothing they cannot check. Sourced, not run.
#
#   install-HARNESS.sh          say what would be fetched, from where, and how it is checked
#   ACCEPT_THIRD_PARTY_SOFTWARE=yes install-HARNESS.sh --run
#
# Exit: 0 said or done, 1 it went wrong, 2 refused. Version and digest come from installer.env beside this file; a variable of
# the environment wins. LOCK_FILE names the harness's lock file, and then every dependency is checked as well.
# shellcheck shell=bash
set -euo pipefail
unset BASH_ENV
umask 022
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
PREFIX=${PREFIX:-$HERE/harness}

refuse() { echo "refused: $*" >&2; exit 2; }
failed() { echo "failed: $*" >&2; exit 1; }

read_pins() {
    local key value
    [ -r "$HERE/installer.env" ] || refuse "no pins: $HERE/installer.env cannot be read"
    while IFS='=' read -r key value; do
        case $key in PACKAGE | VERSION | DIGEST | URL) [ -n "${!key+set}" ] || printf -v "$key" '%s' "$value" ;; esac
    done <"$HERE/installer.env"
    : "${PACKAGE:=}" "${VERSION:=}" "${DIGEST:=}" "${URL:=}" "${LOCK_FILE:=}"
    [[ $VERSION =~ ^[A-Za-z0-9._-]*$ ]] || refuse "VERSION is not a version: $VERSION"
    case $VERSION in latest | main | master | next | beta) refuse "VERSION=$VERSION moves; name one release" ;; esac
}

told() { # WHAT FROM CHECK -- ARGUMENTS: say it; go on only when told to run, with acceptance
    local what=$1 from=$2 check=$3
    shift 4
    echo "would install: $what"
    echo "fetched from:  $from"
    echo "checked by:    $check"
    echo "dependencies:  ${LOCK_FILE:-as the source resolves them on the day; LOCK_FILE=FILE pins them all}"
    echo "installs to:   $PREFIX"
    [ $# -gt 0 ] || { echo 'nothing was done: ACCEPT_THIRD_PARTY_SOFTWARE=yes ... --run'; exit 0; }
    [ "$*" = --run ] || refuse "unknown arguments: $*"
    [ "${ACCEPT_THIRD_PARTY_SOFTWARE-}" = yes ] || refuse 'ACCEPT_THIRD_PARTY_SOFTWARE=yes is how you accept the licences of others'
    [ -n "$VERSION" ] || refuse 'no VERSION is pinned'
    [ -n "$DIGEST" ] || refuse 'no DIGEST is pinned: review what would be fetched, and give its digest'
    [ -z "$LOCK_FILE" ] || [ -r "$LOCK_FILE" ] || refuse "LOCK_FILE=$LOCK_FILE cannot be read"
}

needs() { # TOOL WHY
    command -v "$1" >/dev/null || refuse "$1 is not on this host: $2 (docs/image.md)"
}

over_https() { # WHAT URL
    case $2 in https://*) ;; *) refuse "$1 is $2: only https:// is used" ;; esac
}

matches() { # FILE: compare with DIGEST, sha256-HEX or sha512-BASE64 (npm's way of writing one)
    local found
    case $DIGEST in
        sha256-*) found=sha256-$(sha256sum "$1" | cut -d' ' -f1) ;;
        sha512-*) found=sha512-$(openssl dgst -sha512 -binary "$1" | base64 -w0) ;;
        *) refuse "DIGEST is neither sha256-HEX nor sha512-BASE64: $DIGEST" ;;
    esac
    [ "$found" = "$DIGEST" ] || failed "$(basename "$1") is not what was pinned: $found, expected $DIGEST"
}

scratch() { # make WORK, gone at the end
    WORK=$(mktemp -d)
    trap 'rm -rf "$WORK"' EXIT
}
