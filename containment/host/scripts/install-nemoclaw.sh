#!/bin/bash
# Staged installer of NemoClaw: NVIDIA's own script, run only when it is byte for byte the one that was reviewed.
# The script fetches Node, OpenShell and images itself, for the release that VERSION names; nothing here can check those.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/installer-common.sh"
read_pins
told "NemoClaw ${VERSION:-(no release pinned)}" "$URL, and what that script fetches" "${DIGEST:-(no digest pinned)} of the script" -- "$@"

over_https 'the installer' "$URL"
needs docker 'the sandbox is a container'
scratch
curl -q --fail --silent --show-error --location --proto '=https' --proto-redir '=https' --max-time 120 --max-filesize 2000000 \
    --output "$WORK/nemoclaw.sh" "$URL" || failed "$URL cannot be fetched"
matches "$WORK/nemoclaw.sh"
NEMOCLAW_NON_INTERACTIVE=1 NEMOCLAW_ACCEPT_THIRD_PARTY_SOFTWARE=1 NEMOCLAW_INSTALL_TAG=$VERSION bash "$WORK/nemoclaw.sh" ||
    failed "NVIDIA's installer"
