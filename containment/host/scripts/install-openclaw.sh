#!/bin/bash
# Staged installer of OpenClaw: the pinned npm package, checked by its own digest, without anybody's install scripts.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/installer-common.sh"
read_pins
registry=$(command -v npm >/dev/null && npm config get registry || echo 'the registry npm is configured with')
told "$PACKAGE $VERSION (npm)" "$registry" "$DIGEST" -- "$@"

needs node 'OpenClaw runs on Node 24.16 or newer'
needs npm 'it comes with Node'
over_https "npm's registry" "$registry"
node -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit((a === 24 && b >= 16) || (a === 26 && b >= 1) || a > 26 ? 0 : 1)' ||
    refuse "Node $(node --version) cannot run OpenClaw: 24.16 or newer of 24, or 26.1 and newer"
scratch
(cd "$WORK" && npm pack --silent "$PACKAGE@$VERSION" >/dev/null) || failed "$PACKAGE $VERSION cannot be fetched from $registry"
package=$(echo "$WORK"/*.tgz)
matches "$package"
mkdir -p "$PREFIX"
if [ -n "$LOCK_FILE" ]; then
    grep -qF "\"$DIGEST\"" "$LOCK_FILE" || refuse "$LOCK_FILE does not hold $PACKAGE $VERSION with the pinned digest"
    cp "$LOCK_FILE" "$PREFIX/package-lock.json"
    node -e 'process.stdout.write(JSON.stringify(JSON.parse(require("fs").readFileSync(process.argv[1])).packages[""]))' \
        "$LOCK_FILE" >"$PREFIX/package.json" || failed "$LOCK_FILE is not a lock file of npm 7 or newer"
    npm ci --prefix "$PREFIX" --ignore-scripts --no-audit --no-fund || failed 'npm ci'
else
    npm install --prefix "$PREFIX" --ignore-scripts --no-audit --no-fund "$package" || failed 'npm install'
fi
echo "installed: $PREFIX/node_modules/.bin/openclaw"
