#!/bin/bash
# What this host reaches, and what it does not: the six validation tests, one line a probe.
#
#   POLICY_MODE=monitor|enforce verify-egress.sh
#
# PROBE <test> <id> <target> <PASS|FAIL|NOT-TESTED> <observed>     then a line TEST a test, and SUMMARY
# Exit: 0 all passed, 1 something failed, 2 wrong usage, 3 nothing failed but something was not tested.
#
# In monitor a destination that enforce would deny is expected to be delivered; that the log calls it would-be-denied is read
# elsewhere, by the nonce. In enforce "blocked" counts only while something permitted gets out: a cut cable blocks as well.
# Facts come from containment.env beside this file (or $CONTAINMENT_ENV); a variable of the environment wins over the file.
# Needs bash, curl and coreutils; no root.
set -u
export LC_ALL=C
unset BASH_ENV

FACTS='AGENT_STACK AGENT_CLASS HARNESS AWS_REGION VPC_DNS_RESOLVER MODEL_HOST CORE_HOSTS SSM_HOSTS AWS_ENDPOINTS SHADOW_HOST
SHADOW_ADDRESS ATTACKER_HOST ATTACKER_ADDRESS EXTERNAL_RESOLVERS SSH_ADDRESS HOST_PORTS'
SETTINGS='UPDATE_TARGET UPDATE_EXPECT PROBE_TIMEOUT PROBE_NONCE'

usage() {
    [ $# -eq 0 ] || echo "error: $*" >&2
    cat >&2 <<'TEXT'
usage: POLICY_MODE=monitor|enforce verify-egress.sh
  UPDATE_TARGET=HOST    test 6: a destination that was, or is to be, added to the policy
  UPDATE_EXPECT=delivered|blocked   what is expected of it (delivered); blocked: enforce, before it is added
  PROBE_TIMEOUT=SECONDS (5)   PROBE_NONCE=TEXT (random)   CONTAINMENT_ENV=FILE   and every key of containment.env
TEXT
    exit 2
}

# -- what is asked, and of whom -------------------------------------------------------------------------------------------

plain() { # NAME VALUE: values become host names and addresses, so nothing else may be in them
    local list=''
    case $1 in CORE_HOSTS | SSM_HOSTS | EXTERNAL_RESOLVERS | HOST_PORTS) list=' ' ;; esac
    [[ $2 =~ ^[A-Za-z0-9._:$list-]*$ ]] || usage "$1 may hold letters, digits and . _ : - only${list:+, with spaces between}"
}

read_facts() {
    local key value
    [ -r "$1" ] || usage "no facts: $1 cannot be read"
    while IFS='=' read -r key value; do
        case " ${FACTS//$'\n'/ } " in *" $key "*) ;; *) continue ;; esac
        [ -n "${!key+set}" ] || printf -v "$key" '%s' "$value"
    done <"$1"
    for key in $FACTS $SETTINGS; do
        [ -n "${!key+set}" ] || printf -v "$key" '%s' ''
        plain "$key" "${!key}"
    done
}

case ${1-} in '') ;; -h | --help) usage ;; *) usage "unknown argument $1" ;; esac
case ${POLICY_MODE-} in monitor | enforce) ;; *) usage 'POLICY_MODE must be monitor or enforce' ;; esac
for tool in curl cut dd grep head mktemp od sed timeout tr; do
    command -v "$tool" >/dev/null || usage "$tool is needed and not here"
done
read_facts "${CONTAINMENT_ENV:-$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)/containment.env}"
: "${UPDATE_EXPECT:=delivered}" "${PROBE_TIMEOUT:=5}" "${PROBE_NONCE:=$(head -c 6 /dev/urandom | od -An -v -tx1 | tr -d ' \n')}"
[[ $PROBE_TIMEOUT =~ ^[1-9][0-9]?$ ]] || usage 'PROBE_TIMEOUT must be 1 to 99 seconds'
[[ $PROBE_NONCE =~ ^[A-Za-z0-9]{4,32}$ ]] || usage 'PROBE_NONCE must be 4 to 32 letters and digits'
case $UPDATE_EXPECT in delivered | blocked) ;; *) usage 'UPDATE_EXPECT must be delivered or blocked' ;; esac
[ "$UPDATE_EXPECT $POLICY_MODE" != 'blocked monitor' ] || usage 'in monitor nothing is blocked: UPDATE_EXPECT=blocked is for enforce'

WORK=$(mktemp -d) || exit 2
trap 'rm -rf "$WORK"' EXIT

# -- probes: each runs in the background and leaves what it saw in $WORK ---------------------------------------------------------

QUEUE=()       # test|id|target|verdict function|key, in the order of the report
PROBES=0
probe() { # TEST ID TARGET JUDGE COMMAND...: ask now, judge later; COMMAND gets a key, unique in this run
    local test=$1 id=$2 target=$3 judge=$4
    shift 4
    PROBES=$((PROBES + 1))
    QUEUE+=("$test|$id|$target|$judge|$PROBES")
    "$1" "$PROBES" "${@:2}" </dev/null &
}

web() { # KEY HOST ADDRESS|- verify|any: one HTTPS request; the nonce is in its path and its user agent
    local key=$1 host=$2 address=$3
    local options=(--silent --show-error --output /dev/null --noproxy '*' --proto '=https' --max-time "$((PROBE_TIMEOUT * 2))"
        --connect-timeout "$PROBE_TIMEOUT" --user-agent "containment-probe/$PROBE_NONCE-$key"
        --write-out '%{http_code} %{time_appconnect} %{remote_ip}')
    [ "$4" = verify ] || options+=(--insecure)
    [ "$address" = - ] || options+=(--resolve "$host:443:$address")
    curl -q "${options[@]}" "https://$host/containment-probe/$PROBE_NONCE-$key" >"$WORK/$key" 2>"$WORK/$key.err"
    echo " $?" >>"$WORK/$key"
}

dns() { # KEY udp|tcp SERVER NAME: one query for an address, over a socket of bash's own
    local key=$1 via=$2 server=$3 name=$4 query label length
    query='\x5a\x3c\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00' length=12
    for label in ${name//./ }; do
        query+=$(printf '\\x%02x' "${#label}")$label
        length=$((length + 1 + ${#label}))
    done
    query+='\x00\x00\x01\x00\x01' length=$((length + 5))
    [ "$via" = udp ] || query=$(printf '\\x%02x\\x%02x' $((length / 256)) $((length % 256)))$query
    # shellcheck disable=SC2016 # the inner shell expands
    timeout "$PROBE_TIMEOUT" bash -c 'exec 3<>"/dev/$1/$2/53" || exit 1
        printf %b "$3" | dd bs=4096 iflag=fullblock status=none >&3
        dd bs=4096 count=1 status=none <&3 | od -An -v -tx1' \
        dns "$via" "$server" "$query" >"$WORK/$key" 2>"$WORK/$key.err"
}

tcp() { # KEY ADDRESS PORT: a connection, and whatever is said first
    # shellcheck disable=SC2016 # the inner shell expands
    timeout "$PROBE_TIMEOUT" bash -c 'exec 3<>"/dev/tcp/$1/$2" || exit 1
        echo open; printf "containment-probe %s\r\n" "$3" >&3; exec head -c 64 <&3' \
        tcp "$2" "$3" "$PROBE_NONCE-$1" >"$WORK/$1" 2>"$WORK/$1.err"
}

session() { # KEY: whether this very run was started through Session Manager
    local pid=$$ name
    while [ "${pid:-0}" -gt 1 ]; do
        read -r name <"/proc/$pid/comm" || break
        case $name in ssm-session-wor*) echo session >"$WORK/$1" && return ;; esac
        pid=$(sed 's/.*) [A-Z] //' "/proc/$pid/stat" | cut -d' ' -f1)
    done
}

none() { :; } # KEY: nothing to ask

# -- what was seen: OUTCOME is delivered, blocked, unresolved or unclear; DETAIL says it in words -----------------------------------

saw_web() { # KEY
    local http='' app='' address='' code='' said=''
    read -r http app address code <"$WORK/$1"
    [ -n "$code" ] || code=$address address='' # nothing was connected to
    IFS= read -r said <"$WORK/$1.err"
    said=${said#curl: }
    if [ "$code" = 60 ]; then
        OUTCOME=unclear DETAIL="the certificate of $address is not accepted ($said): another host, or somebody in between"
    elif [ "$code" = 0 ] || [ "$http" != 000 ]; then
        OUTCOME=delivered DETAIL="HTTP $http from $address"
    elif [ -n "${app//[0.]/}" ]; then
        OUTCOME=delivered DETAIL="TLS with $address, then: $said"
    else
        case "$code $said" in
            6\ * | 28*'Resolving timed out'*) OUTCOME=unresolved DETAIL='the name does not resolve' ;;
            35*alert* | 35*'wrong version'*) OUTCOME=unclear DETAIL="something answered, but not as the destination would: $said" ;;
            7\ * | 28\ * | 35\ * | 52\ * | 56\ *) OUTCOME=blocked DETAIL=$said ;;
            *) OUTCOME=unclear DETAIL="curl ended with $code: $said" ;;
        esac
    fi
}

saw_dns() { # KEY
    local hex error=''
    hex=$(tr -d ' \n' <"$WORK/$1")
    hex=${hex#"${hex%%5a3c*}"} # over TCP a length comes first
    IFS= read -r error <"$WORK/$1.err"
    if [ "${#hex}" -ge 24 ]; then
        ANSWERS=$((16#${hex:12:4})) RCODE=$((16#${hex:7:1}))
        OUTCOME=delivered DETAIL="answered with code $RCODE and $ANSWERS records"
    else
        silence answer "$error"
    fi
}

saw_tcp() { # KEY
    local error=''
    if grep -q open "$WORK/$1"; then
        OUTCOME=delivered DETAIL='the connection was opened'
    else
        IFS= read -r error <"$WORK/$1.err"
        silence connection "$error"
    fi
}

silence() { # WHAT ERROR: a socket that gave nothing was blocked, unless it never asked
    DETAIL="no $1 within $PROBE_TIMEOUT s${2:+: ${2##*: }}"
    case $2 in
        '' | *[Rr]efused* | *unreachable* | *'No route'* | *reset* | *'timed out'* | *ermission\ denied* | *'not permitted'*) OUTCOME=blocked ;;
        *) OUTCOME=unclear ;;
    esac
}

# -- verdicts ------------------------------------------------------------------------------------------------------------------

ALIVE='' # set once something permitted was delivered through the gateway
permitted() {
    saw_web "$1"
    if [ "$OUTCOME" = delivered ]; then VERDICT=PASS ALIVE=yes; else VERDICT=FAIL; fi
}

endpoint() {
    saw_web "$1"
    VERDICT=FAIL
    [ "$OUTCOME" = delivered ] || return
    case "$AWS_ENDPOINTS ${DETAIL##* from }" in
        vpc\ 10.* | vpc\ 172.1[6-9].* | vpc\ 172.2?.* | vpc\ 172.3[01].* | vpc\ 192.168.*) VERDICT=PASS ;;
        vpc\ *) DETAIL+=': a public address, where the VPC endpoint of this stack should have answered' ;;
        *) VERDICT=PASS ;;
    esac
}

denied() { # after a saw_...: what is expected of a destination nobody permitted
    local expected=$1
    case $expected-$OUTCOME in
        delivered-delivered) VERDICT=PASS DETAIL+='; watched: the log must call it would-be-denied' ;;
        *-unclear) VERDICT=NOT-TESTED ;;
        delivered-*) VERDICT=FAIL DETAIL+='; monitor delivers, so something else stops it' ;;
        blocked-delivered) VERDICT=FAIL ;;
        *)
            VERDICT=PASS
            [ -n "$ALIVE" ] || VERDICT=NOT-TESTED DETAIL+='; nothing permitted got out either, so this shows nothing'
            ;;
    esac
}

in_mode() { [ "$POLICY_MODE" = monitor ] && echo delivered || echo blocked; }

through_port() { # a port that the host's security group keeps shut is shut in monitor as well
    case " $HOST_PORTS " in *" $1 "* | ' all ') in_mode ;; *) echo blocked ;; esac
}

attacker() { saw_web "$1" && denied "$(in_mode)"; }

shadow() {
    saw_web "$1" && denied "$(in_mode)"
    [ "$OUTCOME $POLICY_MODE" != 'unresolved enforce' ] || VERDICT=NOT-TESTED DETAIL+=', so the shadow-model rule was not asked'
}

external_dns() { saw_dns "$1" && denied "$(through_port 53)"; }

ssh_out() {
    saw_tcp "$1" && denied "$(through_port 22)"
    # The address answers on 443; whether anything listens on 22 there, only a delivered flow shows.
    [ "$(through_port 22)-$OUTCOME" != delivered-blocked ] || VERDICT=NOT-TESTED DETAIL="${DETAIL%%; monitor*}; monitor delivers, so nothing listens there"
}

resolver() {
    ANSWERS=0 RCODE=''
    saw_dns "$1"
    if [ "$OUTCOME$RCODE" = delivered0 ] && [ "$ANSWERS" -gt 0 ]; then VERDICT=PASS; else VERDICT=FAIL; fi
}

update() {
    if [ "$UPDATE_EXPECT" = blocked ]; then
        saw_web "$1" && denied blocked
    else
        saw_web "$1"
        if [ "$OUTCOME" = delivered ]; then VERDICT=PASS; else VERDICT=FAIL; fi
    fi
}

ssm_session() {
    if [ -s "$WORK/$1" ]; then
        OUTCOME=delivered VERDICT=PASS DETAIL='this run was started in a Session Manager session'
    else
        OUTCOME=unknown VERDICT=NOT-TESTED DETAIL='run this in a Session Manager session to show that one works'
    fi
}

untold() { OUTCOME=unknown VERDICT=NOT-TESTED DETAIL='containment.env names none for this stack'; }
no_update() { OUTCOME=unknown VERDICT=NOT-TESTED DETAIL='set UPDATE_TARGET=HOST'; }

# -- the six tests ----------------------------------------------------------------------------------------------------------------

web_probe() { # TEST ID HOST JUDGE ADDRESS|- verify|any
    if [ -n "$3" ] && [ -n "$5" ]; then probe "$1" "$2" "$3:443" "$4" web "$3" "$5" "$6"; else probe "$1" "$2" - untold none; fi
}
dns_probe() { # ID SERVER NAME JUDGE VIA
    if [ -n "$2" ] && [ -n "$3" ]; then probe 5 "$1" "$2:53" "$4" dns "$5" "$2" "$3"; else probe 5 "$1" - untold none; fi
}

echo "RUN nonce=$PROBE_NONCE mode=$POLICY_MODE stack=${AGENT_STACK:--} class=${AGENT_CLASS:--} harness=${HARNESS:--}"

web_probe 1 model-call "$MODEL_HOST" permitted - verify
for host in ${CORE_HOSTS:-''}; do web_probe 2 core "$host" permitted - verify; done
for host in ${SSM_HOSTS:-''}; do web_probe 2 ssm-endpoint "$host" endpoint - verify; done
probe 2 ssm-session - ssm_session session
if [ -n "$SSH_ADDRESS" ]; then probe 2 ssh-out "$SSH_ADDRESS:22" ssh_out tcp "$SSH_ADDRESS" 22; else probe 2 ssh-out - untold none; fi
web_probe 3 attacker-by-name "$ATTACKER_HOST" attacker - any
web_probe 3 attacker-forced-address "$ATTACKER_HOST" attacker "$ATTACKER_ADDRESS" any
web_probe 4 shadow-by-name "$SHADOW_HOST" shadow - any
web_probe 4 shadow-forced-address "$SHADOW_HOST" shadow "$SHADOW_ADDRESS" any
core=${CORE_HOSTS%% *}
for via in udp tcp; do
    for server in ${EXTERNAL_RESOLVERS:-''}; do
        dns_probe "external-dns-$via" "$server" "probe-$PROBE_NONCE-$((PROBES + 1)).${ATTACKER_HOST:-example.com}" external_dns "$via"
    done
    dns_probe "vpc-resolver-$via" "$VPC_DNS_RESOLVER" "${MODEL_HOST:-$core}" resolver "$via"
done
if [ -n "$UPDATE_TARGET" ]; then web_probe 6 update "$UPDATE_TARGET" update - verify; else probe 6 update - no_update none; fi
wait

declare -A WORST=() COUNT=([PASS]=0 [FAIL]=0 [NOT-TESTED]=0)
for entry in "${QUEUE[@]}"; do
    IFS='|' read -r test id target judge key <<<"$entry"
    "$judge" "$key"
    echo "PROBE $test $id $target $VERDICT $OUTCOME: $DETAIL nonce=$PROBE_NONCE-$key"
    COUNT[$VERDICT]=$((COUNT[$VERDICT] + 1))
    case "${WORST[$test]-PASS} $VERDICT" in *FAIL*) WORST[$test]=FAIL ;; *NOT-TESTED*) WORST[$test]=NOT-TESTED ;; *) WORST[$test]=PASS ;; esac
done
names=(- allowed-model-call terminal-launch blocked-attacker blocked-shadow-model blocked-external-dns monitor-to-enforce)
for test in 1 2 3 4 5 6; do echo "TEST $test ${names[$test]} ${WORST[$test]}"; done
echo "SUMMARY pass=${COUNT[PASS]} fail=${COUNT[FAIL]} not-tested=${COUNT[NOT-TESTED]}"
[ "${COUNT[FAIL]}" -eq 0 ] || exit 1
[ "${COUNT[NOT-TESTED]}" -eq 0 ] || exit 3
