#!/bin/bash
# Turn a fresh Ubuntu 22.04 server on a build machine into the disk of an agent image (docs/image.md). Not installed on agent hosts.
#
#   prepare-image.sh            print the plan
#   sudo ... prepare-image.sh --run
#
# Sources are HTTPS, never HTTP. Variables of the environment:
#   HARNESS=none|openclaw|nemoclaw|hermes    FILES=FOLDER   output of `containment host --write FOLDER`
#   APT_MIRROR=https://...   your mirror of the distribution's archive; without it the image's own sources are used over https
#   NPM_REGISTRY=https://... PIP_INDEX=https://...          your artifact store; without them npm's and pip's defaults are used
#   NODE_URL, NODE_SHA256    Node's .tar.xz (openclaw, nemoclaw)    TIRITH_URL, TIRITH_SHA256   the scanner's binary (hermes)
# Exit: 0 printed or done, 1 failed, 2 refused.
set -euo pipefail
unset BASH_ENV
umask 022
ROOT=${ROOT:-} # for trials in a folder
: "${HARNESS:=none}" "${FILES:=}" "${APT_MIRROR:=}" "${NPM_REGISTRY:=}" "${PIP_INDEX:=}"
: "${NODE_URL:=}" "${NODE_SHA256:=}" "${TIRITH_URL:=}" "${TIRITH_SHA256:=}"

refuse() { echo "refused: $*" >&2; exit 2; }
failed() { echo "failed: $*" >&2; exit 1; }

packages=(ca-certificates curl git jq unzip)
case $HARNESS in
    none) ;;
    openclaw) packages+=(xz-utils) ;;
    nemoclaw) packages+=(xz-utils docker.io) ;;
    hermes) packages+=(python3.11 python3.11-venv) ;;
    *) refuse "HARNESS=$HARNESS: none, openclaw, nemoclaw or hermes" ;;
esac

for name in APT_MIRROR NPM_REGISTRY PIP_INDEX NODE_URL TIRITH_URL; do
    case ${!name} in '' | https://*) ;; *) refuse "$name=${!name}: only https:// is used" ;; esac
done
for name in NODE TIRITH; do
    url=${name}_URL sum=${name}_SHA256
    [ -z "${!url}" ] || [[ ${!sum} =~ ^[0-9a-f]{64}$ ]] || refuse "$url is given without $sum, its 64 hex digits"
done
case $HARNESS in openclaw | nemoclaw) [ -n "$NODE_URL" ] || refuse "$HARNESS needs NODE_URL and NODE_SHA256" ;; esac
[ "$HARNESS" != hermes ] || [ -n "$TIRITH_URL" ] || refuse 'hermes needs TIRITH_URL and TIRITH_SHA256: its scanner fails closed'
[ "$HARNESS" = none ] || [ -r "$FILES/opt/openclaw-vca/installer.env" ] || refuse 'FILES must name the folder that containment host --write wrote'

echo "harness:  $HARNESS"
echo "packages: ${packages[*]} (from ${APT_MIRROR:-the sources of the image, over https})"
echo "fetched:  ${NODE_URL:-no Node} ${TIRITH_URL:-}"
echo "closed:   ssh, update timers, news at login; keys, logs and history of the build removed"
case $* in
    '') echo 'nothing was done: --run does it' && exit 0 ;;
    --run) ;;
    *) refuse "unknown arguments: $*" ;;
esac
[ "${ACCEPT_THIRD_PARTY_SOFTWARE-}" = yes ] || [ "$HARNESS" = none ] || refuse 'ACCEPT_THIRD_PARTY_SOFTWARE=yes is how you accept the licences of others'
[ "$(id -u)" = 0 ] || [ -n "$ROOT" ] || refuse 'must run as root, on the build machine'

fetched() { # URL SHA256 TO
    curl -q --fail --silent --show-error --location --proto '=https' --proto-redir '=https' --max-time 600 --output "$3" "$1" || failed "$1"
    echo "$2  $3" | sha256sum --check --quiet || failed "$1 is not what was pinned"
}
written() { # PATH: write standard input to the file
    mkdir -p "$(dirname "$ROOT$1")"
    cat >"$ROOT$1"
}

sources=("$ROOT"/etc/apt/sources.list "$ROOT"/etc/apt/sources.list.d/*)
for each in "${sources[@]}"; do
    [ ! -f "$each" ] || sed -i -E "s#http://#https://#${APT_MIRROR:+; s#https://[^ ]*ubuntu/*( |\$)#$APT_MIRROR\\1#}" "$each"
    [ ! -f "$each" ] || ! grep -q 'http://' "$each" || failed "$each still has an http:// source"
done
apt-get -q update || failed 'package sources cannot be read over https: give APT_MIRROR'
DEBIAN_FRONTEND=noninteractive apt-get -q -y --no-install-recommends install "${packages[@]}" || failed 'apt-get install'
[ -z "$NPM_REGISTRY" ] || echo "registry=$NPM_REGISTRY" | written /etc/npmrc
[ -z "$PIP_INDEX" ] || printf '[global]\nindex-url = %s\n' "$PIP_INDEX" | written /etc/pip.conf

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
if [ -n "$NODE_URL" ]; then
    fetched "$NODE_URL" "$NODE_SHA256" "$work/node.tar.xz"
    mkdir -p "$ROOT/usr/local"
    tar -xJf "$work/node.tar.xz" -C "$ROOT/usr/local" --strip-components=1 --no-same-owner || failed 'Node cannot be unpacked'
fi
if [ -n "$TIRITH_URL" ]; then
    fetched "$TIRITH_URL" "$TIRITH_SHA256" "$work/tirith"
    mkdir -p "$ROOT/usr/local/bin"
    install -m 0755 "$work/tirith" "$ROOT/usr/local/bin/tirith"
fi
if [ "$HARNESS" != none ]; then
    PREFIX=$ROOT/opt/openclaw-harness bash "$FILES/opt/openclaw-vca/install-$HARNESS.sh" --run || failed "the installer of $HARNESS"
fi

systemctl disable --now ssh.socket ssh.service apt-daily.timer apt-daily-upgrade.timer motd-news.timer 2>/dev/null || echo 'some units are not on this image'
echo 'ENABLED=0' | written /etc/default/motd-news
printf 'APT::Periodic::Enable "0";\n' | written /etc/apt/apt.conf.d/90-openclaw-vca
dpkg-query -W -f '${Package} ${Version}\n' | written /etc/openclaw-vca-packages.txt
apt-get -q clean
rm -rf "$ROOT"/var/lib/apt/lists/* "$ROOT"/etc/ssh/ssh_host_* "$ROOT"/root/.ssh "$ROOT"/home/*/.ssh "$ROOT"/root/.bash_history "$ROOT"/home/*/.bash_history
cloud-init clean --logs || failed 'cloud-init clean'
: >"$ROOT/etc/machine-id"
echo 'done: stop the machine, and make the image as docs/image.md says'
