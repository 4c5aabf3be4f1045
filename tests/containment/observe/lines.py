"""Log lines of every kind, written by the formats themselves, for the tests of observation."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from uuid import UUID, uuid5

from containment.logs.aws import FirewallAction, FlowAction, FlowRecord, QueryRecord, ResolverAnswer
from containment.logs.gateway import PacketLine, SessionLine, Stage
from containment.policy.flow import PolicyVerdict

START = datetime(2026, 11, 1, 12, tzinfo=UTC)
AGENT = "10.42.10.4"
SPACE = UUID("00000000-0000-0000-0000-00000000000a")
NAMES = ("vca-openclaw-default-deny", "vca-openclaw-monitor-permit", "vca-openclaw-allow-packages", "vca-openclaw-shadow-model-deny")
RULES = {str(uuid5(SPACE, name)): name for name in NAMES}
DEFAULT_DENY, MONITOR_PERMIT, ALLOW, SHADOW_DENY = (uuid5(SPACE, name) for name in NAMES)


def session(
    name: str,
    *,
    address: str = "203.0.113.10",
    rule: UUID | None = DEFAULT_DENY,
    verdict: PolicyVerdict = PolicyVerdict.DENY,
    enforced: bool = False,
    number: int = 1,
    stage: Stage = Stage.END,
    at: datetime = START,
    sent: int = 100,
    upstream: str = "",
) -> str:
    return SessionLine(
        time=at,
        gateway="gw",
        process=1,
        verdict=verdict,
        source=ip_address(AGENT),
        source_port=40000 + number,
        destination=ip_address(address),
        port=443,
        enforced=enforced,
        level="SNI",
        sni_hostname=name,
        rule_uuid=rule,
        session=str(number),
        stage=stage,
        request_bytes=sent,
        response_bytes=2 * sent,
        upstream=upstream,
    ).format()


def watched(name: str, number: int = 1, at: datetime = START, sent: int = 100, address: str = "203.0.113.10") -> list[str]:
    """Return all four lines of a flow in monitor mode: the watched deny and the broad permit, each at its start and its end."""
    out = []
    for stage in (Stage.START, Stage.END):
        size = sent if stage is Stage.END else 0
        out.append(session(name, number=number, at=at, sent=size, stage=stage, address=address))
        out.append(
            session(
                name,
                number=number,
                at=at,
                sent=size,
                stage=stage,
                address=address,
                rule=MONITOR_PERMIT,
                verdict=PolicyVerdict.PERMIT,
                enforced=True,
            )
        )
    return out


def permitted(name: str, number: int = 1, at: datetime = START, address: str = "203.0.113.10", upstream: str = "") -> list[str]:
    return [
        session(name, number=number, at=at, rule=ALLOW, verdict=PolicyVerdict.PERMIT, enforced=True, address=address, upstream=upstream)
    ]


def packet(
    address: str, *, port: int = 22, rule: UUID | None = DEFAULT_DENY, permits: bool = False, number: int = 1, at: datetime = START
) -> str:
    return PacketLine(
        time=at,
        gateway="gw",
        rule_uuid=rule,
        source=ip_address(AGENT),
        destination=ip_address(address),
        protocol="TCP",
        source_port=50000,
        port=port,
        verdict=PolicyVerdict.PERMIT if permits else PolicyVerdict.DENY,
        enforced=permits,
        session=number,
        size=60,
    ).format()


def flow(address: str = "203.0.113.10", *, answer: bool = False, size: int = 500, action: FlowAction = FlowAction.ACCEPT) -> str:
    ends = (AGENT, 40000), (address, 443)
    (source, source_port), (destination, port) = reversed(ends) if answer else ends
    return FlowRecord(
        account="1",
        interface="eni-1",
        source=ip_address(source),
        destination=ip_address(destination),
        source_port=source_port,
        port=port,
        protocol=6,
        packets=1,
        size=size,
        start=START,
        end=START + timedelta(seconds=10),
        action=action,
    ).format()


def query(name: str, *addresses: str, action: FirewallAction | None = None, at: datetime = START) -> str:
    return QueryRecord(
        account_id="1",
        region="us-east-1",
        vpc_id="vpc-1",
        query_timestamp=at,
        query_name=f"{name}.",
        query_type="A",
        srcaddr=ip_address(AGENT),
        srcport="5000",
        transport="UDP",
        firewall_rule_action=action,
        firewall_rule="watched" if action else None,
        answers=tuple(ResolverAnswer(rdata=one, type="A") for one in addresses),
    ).format()
