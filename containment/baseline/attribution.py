"""Attribution of flows to LLM endpoints: by the flow's name, or by the only name of its address in the resolver's answers.

A flow without a name to an address of several names, or of none, is not attributed: it is counted, and never taken for model traffic or
for other traffic.
"""

from __future__ import annotations

from typing import Any, Final, TypeAlias

import ibis

from containment.observe.questions import CONNECTIONS

Table: TypeAlias = Any
"""An Ibis table."""

_WEB_PORT: Final = 443
SHARED: Final = "shared"
"""Reason: the address has several names, one of which is an LLM endpoint."""
NAMELESS: Final = "nameless"
"""Reason: no log has a name for the address."""


def ask_all_names(decisions: Table, answers: Table) -> Table:
    """Return every name of a flow, a query or an answer."""
    seen = decisions.filter(decisions.server_name.notnull()).select(name="server_name")
    return seen.union(answers.select("name")).distinct().order_by("name")


def name_addresses(answers: Table, models: Table) -> Table:
    """Return the addresses of answers: how many names each has, the first of them, and how many are LLM endpoints."""
    marked = answers.left_join(models, "name")[[*answers.columns, "catalog_set"]]
    rows = marked.mutate(is_model=ibis.ifelse(marked.catalog_set.notnull(), 1, 0))
    return rows.group_by("address").agg(names=rows.name.nunique(), found=rows.name.min(), models=rows.is_model.sum())


def attribute_flows(decisions: Table, answers: Table, models: Table) -> Table:
    """Return the flows of agents to LLM endpoints, with the column `endpoint`."""
    flows = decisions.filter(decisions.source.isin(CONNECTIONS) & decisions.by_agent)
    named = flows.filter(flows.server_name.notnull()).mutate(endpoint=lambda rows: rows.server_name)
    known = name_addresses(answers, models)
    single = known.filter((known.names == 1) & (known.models == 1)).select("address", endpoint="found")
    bare = flows.filter(flows.server_name.isnull()).join(single, "address")[[*decisions.columns, "endpoint"]]
    return named.union(bare).semi_join(models, [("endpoint", "name")])


def ask_unattributed(decisions: Table, answers: Table, models: Table) -> Table:
    """Return how many log lines of each agent and kind of log are not attributed, by reason."""
    flows = decisions.filter(
        decisions.source.isin(CONNECTIONS)
        & decisions.by_agent
        & decisions.server_name.isnull()
        & (decisions.port.fill_null(-1) == _WEB_PORT)
    )
    known = name_addresses(answers, models)
    joined = flows.left_join(known, "address")[[*decisions.columns, "names", "models"]]
    reason = ibis.ifelse(
        joined.names.isnull(), NAMELESS, ibis.ifelse((joined.names > 1) & (joined.models > 0), SHARED, ibis.null("string"))
    )
    rows = joined.mutate(reason=reason)
    rows = rows.filter(rows.reason.notnull())
    found = rows.group_by(["agent", "source", "reason"]).agg(count=rows.count(), addresses=rows.address.nunique())
    return found.order_by(["agent", "source", "reason"])


def ask_exchanges(flows: Table) -> Table:
    """Return the exchanges of attributed flows, in order: one per flow, or per time where a log has no identity of flows.

    `denied` is 1 where the policy refused the flow, so that nothing was exchanged. Bytes are NULL where no line has them.
    """
    rows = flows.mutate(
        single=ibis.ifelse(flows.flow.isnull(), 1, 0),
        flow=ibis.ifelse(flows.flow.isnull(), flows.time.cast("string"), flows.flow),
        denied=ibis.ifelse((flows.verdict == "DENY") & flows.enforced, 1, 0),
        has_out=ibis.ifelse(flows.bytes_out.notnull(), 1, 0),
        has_in=ibis.ifelse(flows.bytes_in.notnull(), 1, 0),
    )
    found = rows.group_by(["agent", "endpoint", "source", "single", "flow", "denied"]).agg(
        time=rows.time.min(),
        most_out=rows.bytes_out.max(),
        most_in=rows.bytes_in.max(),
        sum_out=rows.bytes_out.sum(),
        sum_in=rows.bytes_in.sum(),
        has_out=rows.has_out.max(),
        has_in=rows.has_in.max(),
    )
    none = ibis.null("int64")
    found = found.mutate(
        bytes_out=ibis.ifelse(found.has_out == 1, ibis.ifelse(found.single == 1, found.sum_out, found.most_out), none).cast("int64"),
        bytes_in=ibis.ifelse(found.has_in == 1, ibis.ifelse(found.single == 1, found.sum_in, found.most_in), none).cast("int64"),
    )
    columns = ["agent", "endpoint", "source", "time", "single", "denied", "bytes_out", "bytes_in"]
    return found.select(*columns).order_by(columns)
