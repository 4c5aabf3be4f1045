#!/bin/bash
# The deployment task: start the deployment of one release, wait until it is live, and keep the API's last answer.
set -euo pipefail
release=/srv/tasks/deployment/release.json
api=http://10.20.0.5:8080/v1/deployments
read -r digest _ < <(sha256sum "$release")
id=$(curl -fsS --max-time 20 -H "x-release-sha256: $digest" --data-binary "@$release" "$api")
for _ in {1..20}; do
    state=$(curl -fsS --max-time 20 "$api/$id")
    if [[ $state == *'"live"'* ]]; then
        printf '%s\n' "$state" >"$HOME/deployment.json"
        exit 0
    fi
done
echo "release $digest is not live: $state" >&2
exit 1
