"""The questions about observed traffic, each written once as an Ibis expression over `decisions` and `answers`.

DuckDB runs them here; the tests run them on Polars as well, and compile them for Athena. They use no window functions and no functions of
one engine. Times are UTC; a NULL port is -1 where rows are grouped by it.

A flow would be denied in enforce mode if a watched rule denied it, or if only monitor's broad permit (the rule directly after the default
deny) let it through. A gateway logs both decisions for one flow; they are counted once, under the rule that denies.
"""

from __future__ import annotations

from typing import Any, Final, TypeAlias

import ibis
from ibis import _

from containment.names import RuleId
from containment.observe.reading.source_kinds import POLICY_SOURCES as POLICY_SOURCES
from containment.observe.reading.source_kinds import Source

Table: TypeAlias = Any
"""An Ibis table: the library's own types do not know a table's columns."""

MONITOR_PERMIT: Final = f"-{RuleId.MONITOR_PERMIT.value}"
"""End of the name of the rule that permits everything in monitor mode."""
CONNECTIONS: Final = (*POLICY_SOURCES, Source.VPC_FLOW.value)
"""Logs of flows from an agent."""
IDLE_MINUTES: Final = 30
"""Minutes without a flow of an agent that end a session."""
_SLOTS_PER_DAY: Final = 24 * 60 // IDLE_MINUTES
_DNS_RULES: Final = (f"-{RuleId.VPC_DNS_UDP.value}", f"-{RuleId.VPC_DNS_TCP.value}")
_KEY: Final = ("agent", "destination", "port", "protocol")
_SEEN: Final = {"first_seen": _.time.min(), "last_seen": _.time.max(), "days": _.day.nunique()}
_HAS_BYTES: Final = {name: ibis.ifelse(_[f"bytes_{name[4:]}"].notnull(), 1, 0) for name in ("has_out", "has_in")}
_SUMMED: Final = {"bytes_out": _.bytes_out.sum(), "bytes_in": _.bytes_in.sum(), "has_out": _.has_out.max(), "has_in": _.has_in.max()}


def ask_would_be_denied(decisions: Table, *, count_unknown: bool = False) -> Table:
    """Return the flows that enforce mode would deny, by destination, agent and rule.

    Args:
        decisions: The table.
        count_unknown: Whether a permit by a rule that the rule table lacks counts; without a rule table every permit is one.
    """
    chosen = decisions.filter(decisions.source.isin(POLICY_SOURCES))
    watched = (chosen.verdict == "DENY") & ~chosen.enforced
    fallen = (chosen.verdict == "PERMIT") & chosen.rule.endswith(MONITOR_PERMIT).fill_null(False)
    if count_unknown:
        fallen = fallen | ((chosen.verdict == "PERMIT") & ~chosen.known_rule)
    rows = chosen.mutate(watched=watched, fallen=fallen).filter(watched | fallen)
    rows = rows.mutate(destination=ibis.coalesce(rows.server_name, rows.address), port=rows.port.fill_null(-1))
    flows = _collect_flows(rows).union(_collect_single_lines(rows))
    known = flows.group_by(list(_KEY)).agg(known=flows.denied_by.min())
    joined = flows.join(known, list(_KEY))
    known_rule = ibis.ifelse(joined.unknown == 1, ibis.null("string"), joined.known)  # a permit by an unknown rule is no monitor permit
    counted = joined.denied_by.notnull() | known_rule.isnull()
    weighed = joined.mutate(
        rule=ibis.coalesce(joined.denied_by, known_rule, joined.permitted_by, ibis.literal("unknown")),
        weight=ibis.ifelse(counted, joined.lines, 0),
        **_HAS_BYTES,
        day=joined.first_seen.date(),
    )
    found = weighed.group_by(["destination", "agent", "rule"]).agg(
        count=weighed.weight.sum(),
        **_SUMMED,
        unknown=weighed.unknown.min(),
        first_seen=weighed.first_seen.min(),
        last_seen=weighed.last_seen.max(),
        days=weighed.day.nunique(),
    )
    return _unset_bytes(found).order_by(["destination", "agent", "rule"])


def _collect_flows(rows: Table) -> Table:
    """Return the lines of each named flow as one row: the lines of a flow repeat its bytes, so the most of each direction count."""
    named = rows.filter(rows.flow.notnull())
    return named.group_by([*_KEY, "flow"]).agg(
        denied_by=named.rule.max(where=named.watched),
        permitted_by=named.rule.max(where=~named.watched),
        lines=ibis.literal(1, "int64"),
        unknown=ibis.ifelse((~named.watched & ~named.known_rule).any(), 1, 0).cast("int64"),
        bytes_out=named.bytes_out.max(),
        bytes_in=named.bytes_in.max(),
        first_seen=named.time.min(),
        last_seen=named.time.max(),
    )


def _collect_single_lines(rows: Table) -> Table:
    """Return the lines that are flows by themselves as one row per day: their bytes add up, and watched lines count if there are any."""
    single = rows.filter(rows.flow.isnull())
    single = single.mutate(flow=single.time.date().cast("string"))
    found = single.group_by([*_KEY, "flow"]).agg(
        denied_by=single.rule.max(where=single.watched),
        permitted_by=single.rule.max(where=~single.watched),
        every_line=single.count(),
        watched_lines=single.count(where=single.watched),
        unknown=ibis.ifelse((~single.watched & ~single.known_rule).any(), 1, 0).cast("int64"),
        has_out=single.bytes_out.notnull().any(),
        has_in=single.bytes_in.notnull().any(),
        total_out=single.bytes_out.sum(),
        total_in=single.bytes_in.sum(),
        first_seen=single.time.min(),
        last_seen=single.time.max(),
    )
    return found.select(
        *_KEY,
        "flow",
        "denied_by",
        "permitted_by",
        lines=ibis.ifelse(found.denied_by.notnull(), found.watched_lines, found.every_line).cast("int64"),
        unknown=found.unknown,
        bytes_out=ibis.ifelse(found.has_out, found.total_out, ibis.null("int64")).cast("int64"),
        bytes_in=ibis.ifelse(found.has_in, found.total_in, ibis.null("int64")).cast("int64"),
        first_seen=found.first_seen,
        last_seen=found.last_seen,
    )


def ask_days(decisions: Table) -> Table:
    """Return the flows that enforce mode would deny by day and destination, with the bytes that left: what the plots show."""
    chosen = decisions.filter(decisions.source.isin(POLICY_SOURCES))
    rows = chosen.filter((chosen.verdict == "DENY") & ~chosen.enforced | chosen.rule.endswith(MONITOR_PERMIT).fill_null(False))
    rows = rows.mutate(
        destination=ibis.coalesce(rows.server_name, rows.address), day=rows.time.date(), single=rows.flow.isnull(), flow=_name_flow(rows)
    )
    key = ["day", "destination", "agent"]
    flows = rows.group_by([*key, "single", "flow"]).agg(lines=rows.count(), most=rows.bytes_out.max(), total=rows.bytes_out.sum())
    weighed = flows.mutate(
        weight=ibis.ifelse(flows.single, flows.lines, 1), bytes_out=ibis.ifelse(flows.single, flows.total, flows.most).fill_null(0)
    )
    found = weighed.group_by(["day", "destination"]).agg(count=weighed.weight.sum(), bytes_out=weighed.bytes_out.sum())
    return found.order_by(["day", "destination"])


def ask_dns_only(decisions: Table, answers: Table) -> Table:
    """Return the names that an agent resolved and never connected to, neither by name nor at an address of an answer."""
    asked = decisions.filter((decisions.source == Source.RESOLVER.value) & decisions.by_agent & decisions.server_name.notnull())
    flows = decisions.filter(decisions.source.isin(CONNECTIONS))
    by_name = flows.filter(flows.server_name.notnull()).select("agent", "server_name").distinct()
    reached = flows.filter(flows.address.notnull()).select("agent", "address").distinct()
    by_address = reached.join(answers, "address").select("agent", server_name="name").distinct()
    left = asked.anti_join(by_name, ["agent", "server_name"]).anti_join(by_address, ["agent", "server_name"])
    rows = left.mutate(denied=ibis.ifelse(left.verdict == "DENY", 1, 0), day=left.time.date())
    found = rows.group_by(["server_name", "agent"]).agg(rule=rows.rule.min(), denied=rows.denied.max(), count=rows.count(), **_SEEN)
    return found.order_by(["server_name", "agent"])


def ask_address_without_name(decisions: Table, answers: Table) -> Table:
    """Return the flows to addresses for which no log has a name; name resolution itself is left out."""
    flows = decisions.filter(decisions.source.isin(CONNECTIONS) & decisions.by_agent)
    named = flows.filter(flows.server_name.notnull()).select("agent", "address").distinct()
    rule = flows.rule.fill_null("")
    bare = flows.filter(
        flows.server_name.isnull() & flows.address.notnull() & ~rule.endswith(_DNS_RULES[0]) & ~rule.endswith(_DNS_RULES[1])
    )
    resolved = answers.select("address").distinct()
    left = bare.anti_join(resolved, "address").anti_join(named, ["agent", "address"])
    rows = left.mutate(
        port=left.port.fill_null(-1),
        rule=left.rule.fill_null(""),
        denied=ibis.ifelse(left.verdict == "DENY", 1, 0),
        applied=ibis.ifelse((left.verdict == "DENY") & left.enforced, 1, 0),
        day=left.time.date(),
        flow=left.flow.fill_null(""),
        **_HAS_BYTES,
    )
    key = ["address", "agent", "port", "protocol"]
    each = rows.group_by([*key, "source"]).agg(
        rule=rows.rule.max(), denied=rows.denied.max(), applied=rows.applied.max(), count=rows.count(), **_SUMMED, **_SEEN
    )
    found = each.group_by(key).agg(  # the gateway and the VPC log the same flow: the higher count is taken
        **{name: each[name].max() for name in each.columns if name not in (*key, "source")} | {"first_seen": each.first_seen.min()},
    )
    return _unset_bytes(found).order_by(key)


def ask_disagreements(decisions: Table, answers: Table) -> Table:
    """Return every named flow's address, with whether the resolver returned it for the name.

    `answered` is 1 where the logs have answers for the name, `matched` where the address is one of them, and `moved` where the gateway
    connected to another address than the flow's.
    """
    flows = decisions.filter(decisions.source.isin(POLICY_SOURCES) & decisions.server_name.notnull() & decisions.address.notnull())
    rows = flows.mutate(moved=ibis.ifelse(flows.upstream.notnull() & (flows.upstream != flows.address), 1, 0), day=flows.time.date())
    rows = rows.mutate(flow=rows.flow.fill_null(""))
    found = rows.group_by(["server_name", "address", "agent"]).agg(moved=rows.moved.max(), count=rows.flow.nunique(), **_SEEN)
    names = answers.select(server_name="name").distinct().mutate(answered=1)
    pairs = answers.select("address", server_name="name").distinct().mutate(matched=1)
    with_names = found.left_join(names, "server_name")[[*found.columns, "answered"]]
    out = with_names.left_join(pairs, ["server_name", "address"])[[*found.columns, "answered", "matched"]]
    out = out.mutate(answered=out.answered.fill_null(0), matched=out.matched.fill_null(0))
    return out.order_by(["server_name", "address", "agent"])


def ask_names(decisions: Table) -> Table:
    """Return the names that flows have: the ones that are in use."""
    flows = decisions.filter(decisions.source.isin(CONNECTIONS) & decisions.server_name.notnull())
    return flows.select("server_name").distinct().order_by("server_name")


def ask_minutes(decisions: Table) -> Table:
    """Return the minutes in which each kind of log has lines, with the first and last time in each."""
    source = ibis.ifelse(decisions.source == Source.VPC_INBOUND.value, Source.VPC_FLOW.value, decisions.source)
    rows = decisions.mutate(source=source, minute=decisions.time.truncate("m"))
    found = rows.group_by(["source", "minute"]).agg(first=rows.time.min(), last=rows.time.max())
    return found.order_by(["source", "minute"])


def ask_window(decisions: Table) -> Table:
    """Return one row: first and last time, days with lines, decisions of the policy, and its permits by unknown rules."""
    policy = decisions.source.isin(POLICY_SOURCES) & decisions.rule.notnull()
    rows = decisions.mutate(
        day=decisions.time.date(),
        judged=ibis.ifelse(policy, 1, 0),
        unknown=ibis.ifelse(policy & (decisions.verdict == "PERMIT") & ~decisions.known_rule, 1, 0),
    )
    return rows.agg(
        start=rows.time.min(), end=rows.time.max(), days=rows.day.nunique(), judged=rows.judged.sum(), unknown=rows.unknown.sum()
    )


def ask_sessions(decisions: Table) -> Table:
    """Return one row with the number of sessions: how often an agent began to be used.

    A session is an agent's activity in consecutive half hours of one UTC day. So at least `IDLE_MINUTES` without a flow are between two
    sessions of a day, and an agent that is never idle has one session per day. Only flows that the gateway decided count: a query of the
    resolver alone is no use of the policy.
    """
    rows = decisions.filter(decisions.source.isin(POLICY_SOURCES) & decisions.rule.notnull() & decisions.by_agent)
    active = rows.select("agent", slot=(rows.time.epoch_seconds() // (60 * IDLE_MINUTES)).cast("int64")).distinct()
    before = active.select("agent", slot=active.slot + 1)
    resumed = active.filter(active.slot % _SLOTS_PER_DAY != 0).semi_join(before, ["agent", "slot"])
    counts = [one.agg(sessions=one.count()) for one in (active, resumed)]
    return counts[0].cross_join(counts[1].rename(resumed="sessions")).select(sessions=_.sessions - _.resumed)


def restrict_to_agents(decisions: Table) -> Table:
    """Return the table without other machines' lines of the VPC and the resolver, where the gateway's log has the agents' addresses."""
    agents = decisions.filter(decisions.source.isin(POLICY_SOURCES)).select("agent").distinct().mutate(is_agent=True)
    joined = decisions.left_join(agents, "agent")[[*decisions.columns, "is_agent"]]
    return joined.mutate(by_agent=joined.by_agent & joined.is_agent.fill_null(False)).drop("is_agent")


def _name_flow(rows: Table) -> Any:
    """Return the flow's name, or the day for a line that is a flow by itself, so that such lines are grouped by day."""
    return ibis.ifelse(rows.flow.isnull(), rows.time.date().cast("string"), rows.flow)


def _unset_bytes(found: Table) -> Table:
    """Return the table with NULL where no row had a number of bytes: engines disagree about the sum of nothing."""
    return found.mutate(
        bytes_out=ibis.ifelse(found.has_out == 1, found.bytes_out, ibis.null("int64")),
        bytes_in=ibis.ifelse(found.has_in == 1, found.bytes_in, ibis.null("int64")),
    ).drop("has_out", "has_in")
