#!/bin/bash
# Staged installer of Hermes: the pinned wheel, checked by its digest, in a virtualenv of its own; nothing is built here.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/installer-common.sh"
read_pins
python=''
for each in python3.13 python3.12 python3.11 python3; do
    if command -v "$each" >/dev/null && "$each" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))'; then python=$each && break; fi
done
index=$([ -z "$python" ] || "$python" -m pip config get global.index-url 2>/dev/null || :)
told "$PACKAGE $VERSION (wheel)" "${index:-the index pip uses by default}" "$DIGEST" -- "$@"

[ -n "$python" ] || refuse 'Hermes needs Python 3.11 to 3.13, and none is on this host (docs/image.md)'
[ -z "$index" ] || over_https "pip's index" "$index"
scratch
"$python" -m venv "$WORK/venv" || failed "$python -m venv (the python3-venv package is needed)"
pip=("$WORK/venv/bin/python" -m pip --disable-pip-version-check --no-input)
"${pip[@]}" download --quiet --no-deps --only-binary :all: --dest "$WORK/wheel" "$PACKAGE==$VERSION" || failed "$PACKAGE $VERSION cannot be fetched"
package=$(echo "$WORK"/wheel/*.whl)
matches "$package"
"$python" -m venv "$PREFIX"
pip=("$PREFIX/bin/python" -m pip --disable-pip-version-check --no-input install --quiet --only-binary :all:)
if [ -n "$LOCK_FILE" ]; then
    grep -qF "${DIGEST#sha256-}" "$LOCK_FILE" || refuse "$LOCK_FILE does not hold $PACKAGE $VERSION with the pinned digest"
    "${pip[@]}" --require-hashes -r "$LOCK_FILE" || failed 'pip install --require-hashes'
else
    "${pip[@]}" "$package" || failed 'pip install'
fi
echo "installed: $PREFIX/bin/hermes"
