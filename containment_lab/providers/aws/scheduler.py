"""Schedules of EventBridge Scheduler."""

from __future__ import annotations

from typing import Any

from containment_lab.providers.aws.named_resource import NamedResource
from containment_lab.providers.aws.resource import map_names
from containment_lab.providers.aws.shapes import convert_from_aws, convert_to_aws
from containment_lab.providers.handler import Call, Props

_PLAIN = "name description scheduleExpression scheduleExpressionTimezone state kmsKeyArn startDate endDate actionAfterCompletion"


class Schedule(NamedResource):
    """A schedule in the default group, identified by its name, as the provider identifies it in that group."""

    service = "scheduler"
    token = "aws:scheduler/schedule:Schedule"  # noqa: S105 - a type
    create_call, delete_call, id_arg = "create_schedule", "delete_schedule", "Name"
    send = map_names(_PLAIN)
    also = frozenset({"target", "flexibleTimeWindow", "groupName"})
    also_in_place = frozenset({*_PLAIN.split(), *also}) - {"name", "groupName"}
    defaults = {"state": "ENABLED", "scheduleExpressionTimezone": "UTC", "groupName": "default"}
    arn = "arn:aws:scheduler:{region}:{account}:schedule/default/{id}"

    def create_args(self, call: Call, inputs: Props) -> Props:
        """Return the arguments with target and window in AWS's form."""
        return {**super().create_args(call, inputs), **self._build_nested(inputs)}

    def modify(self, call: Call, ident: str, live: Props, inputs: Props) -> None:  # noqa: ARG002
        """Set everything anew if anything differs; Scheduler takes a whole schedule only."""
        if any(not self.is_same(key, live.get(key), inputs.get(key)) for key in self.also_in_place if key in inputs):
            self.call_aws(call, inputs, "update_schedule", **self.create_args(call, inputs))

    def _build_nested(self, inputs: Props) -> Props:
        return {"Target": convert_to_aws(inputs["target"]), "FlexibleTimeWindow": convert_to_aws(inputs["flexibleTimeWindow"])}

    def find(self, call: Call, ident: str, state: Props) -> Props | None:
        """Return the schedule of this name."""
        listed = self.call_aws(call, state, "list_schedules", NamePrefix=ident)["Schedules"]
        if not any(each["Name"] == ident for each in listed):
            return None
        found: Props = self.call_aws(call, state, "get_schedule", Name=ident)
        return found

    def build_outputs(self, call: Call, ident: str, thing: Props, state: Props) -> Props:
        """Return the schedule as AWS has it."""
        own: dict[str, Any] = {key: thing.get(name) for key, name in self.send.items() if thing.get(name) is not None}
        nested = {"target": convert_from_aws(thing["Target"]), "flexibleTimeWindow": convert_from_aws(thing["FlexibleTimeWindow"])}
        return {**super().build_outputs(call, ident, thing, state), **own, **nested, "groupName": "default"}


TYPES = (Schedule,)
