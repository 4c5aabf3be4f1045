#!/bin/bash
# Start one turn of OpenClaw on the research task: commands run in bash, and requests go through the proxy if there is one.
set -euo pipefail
export SHELL=/usr/bin/bash OPENCLAW_EXEC_SHELL_SNAPSHOT=0 OPENCLAW_NO_AUTO_UPDATE=1 DO_NOT_TRACK=1
export NODE_EXTRA_CA_CERTS=${NODE_EXTRA_CA_CERTS:-/etc/ssl/certs/ca-certificates.crt}
if [[ ${HTTPS_PROXY:-} ]]; then
    export OPENCLAW_PROXY_URL=$HTTPS_PROXY
fi
exec /usr/local/bin/node /opt/openclaw-harness/node_modules/openclaw/openclaw.mjs agent exec --config "$HOME/openclaw.json" --cwd "$HOME" \
    --timeout 500 --json 'Read the skill and the page, and summarize them.'
