# shellcheck shell=bash disable=SC2034 # VERDICT is read by verify-egress.sh
# Test 1 of a stack with a credential gateway: a call without a key, which the gateway answers with its own. Inserted into verify-egress.sh.
gateway_call() { # KEY URL
    curl -q --silent --show-error --output /dev/null --noproxy '*' --proto '=http' --max-time "$((PROBE_TIMEOUT * 2))" \
        --connect-timeout "$PROBE_TIMEOUT" --write-out '%{http_code} 0 %{remote_ip}' "$2" >"$WORK/$1" 2>"$WORK/$1.err"
    echo " $?" >>"$WORK/$1"
}

through_gateway() {
    saw_web "$1"
    VERDICT=FAIL
    case "$OUTCOME $DETAIL" in
        'delivered HTTP 200 '*) VERDICT=PASS DETAIL+=': the credential gateway put its key in' ;;
        'delivered HTTP 401 '*) DETAIL+=": the provider does not accept the gateway's key" ;;
        'delivered HTTP 503 '*) DETAIL+=": the gateway cannot read its key" ;;
    esac
}

url=$(sed -n 's/^GATEWAY_CALL=//p' "${CONTAINMENT_ENV:-$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)/containment.env}")
if [[ $url =~ ^http://[0-9.]+:[0-9]+/[A-Za-z0-9./_-]+$ ]]; then
    target=${url#http://}
    probe 1 model-call "${target%%/*}" through_gateway gateway_call "$url"
else
    probe 1 model-call - untold none
fi
