# Writes the product's units by its own commands, with what they read, as an operator would. $1: this repository.
set -ex
repository=$1
python=/opt/containment/bin/python
printf '#!%s -I\nimport sys\nfrom containment.launcher.command_line import main\nsys.exit(main())\n' $python > /opt/containment/bin/containment-sandbox
chmod 755 /opt/containment/bin/containment-sandbox
export PATH=/opt/containment/bin:$PATH
useradd --system --no-create-home --shell /usr/sbin/nologin agent-launcher
mkdir -p /run/units/service.d /srv/bundles
printf '[Service]\nStandardOutput=append:/run/shared/output.log\nStandardError=append:/run/shared/output.log\n' > /run/units/service.d/output.conf

# A signed bundle, which the updater reads from a folder.
openssl genpkey -algorithm ed25519 -out /srv/key.pem
openssl pkey -in /srv/key.pem -pubout -out /srv/signers.pem
$python -m containment bundle build --revision 1 --until "$(date -d '+2 days' +%F)" --stack coding-monitor -C "$repository" --out /srv/bundles/1
$python -m containment bundle sign /srv/bundles/1 --key /srv/key.pem --public-key /srv/signers.pem -C "$repository"
trust=$($python -c 'from containment.bundle_update.places import Places; print(Places().trust_root)')
mkdir -p "$(dirname "$trust")"
cp /srv/signers.pem "$trust"
$python -m containment.bundle_update --stack coding-monitor --source /srv/bundles/1 --write-timer /run/units

# Discovery, observation and attestation, each by its timer.
$python -m containment discover --every 5m --unit /run/units
mkdir -p /srv/logs /srv/results
printf 'time,src,dst,sni,action,enforced\n%s,10.42.10.4,203.0.113.10,a.example.org,deny,no\n' "$(date -u -d '-1 hour' +%FT%TZ)" > /srv/logs/export
$python -m containment observe /srv/logs --stack coding-monitor --results /srv/results --write-timer /run/units -C "$repository" \
    -c enableVpcFlowLogs=false -c enableDnsQueryLogs=false
$python -m containment attest run coding-monitor --key /srv/key.pem --public-key /srv/signers.pem -C "$repository" --out /srv/attested --write-timer /run/units

# A launcher with its network service.
$python - <<'END'
import json
from pathlib import Path
from tests.containment.launcher.profiles import build_document
Path("/srv/profile.json").write_text(json.dumps(build_document()))
END
containment-sandbox network --unit > /run/units/agent-network.service
containment-sandbox unit --profile /srv/profile.json -- bash -c 'cd /proc; echo "inside: $UID" [0-9]*; echo x > /tmp/x; echo y > /usr/y; exit 0' > /run/units/agent.service

# Planted: a directive that the launcher's unit leaves out, because it would prevent the launcher's work.
sed 's/^Restart=.*/Restart=no\nProtectHostname=yes/' /run/units/agent.service > /run/units/planted.service

for name in sysinit basic timers network-online multi-user shutdown; do printf '[Unit]\nDefaultDependencies=no\n' > /run/units/$name.target; done
cat > /run/units/units-under-test.target <<END
[Unit]
DefaultDependencies=no
Wants=$(cd /run/units; echo *.timer) agent-network.service agent.service planted.service reporter.service
END
cat > /run/units/reporter.service <<END
[Unit]
DefaultDependencies=no
[Service]
Type=oneshot
ExecStart=/bin/sh -x $repository/tests/deployment/units/report.sh $python
END
