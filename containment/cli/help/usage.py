"""Wrong usage in plain words: what an option's value should be, and what a missing one is.

Typer prints pydantic's messages ("Input should be a valid integer, unable to parse string as an integer"); this module replaces them.
"""

from __future__ import annotations

import re
from typing import Any, Final

import typer
from pydantic import BaseModel, ValidationError
from typer.exceptions import TyperException

from containment.fixes.model_findings import describe_finding, quote_value
from containment.fixes.nearest_word import make_proposal

_QUOTED: Final = re.compile(r"'([^']*)'")


def explain_usage(error: TyperException) -> None:
    """Replace the message of wrong usage by what is wrong and the fix."""
    if not isinstance(error, typer.BadParameter):
        _explain_option(error)
    elif isinstance(error.__cause__, ValidationError):
        error.message = _explain_value(error.__cause__.errors(include_url=False)[0])
    elif not error.message and (text := getattr(error.param, "help", None)):
        error.message = f"It is: {text}"


def _explain_option(error: Any) -> None:
    """Explain an unknown option that has the name of an argument: `enforce --stack STACK`."""
    option, context = getattr(error, "option_name", None), getattr(error, "ctx", None)
    if option is None or context is None:
        return
    name = option.lstrip("-").replace("-", "_")
    if any(one.param_type_name == "argument" and one.name == name for one in context.command.params):
        error.possibilities = None
        error.message = f"No such option: {option}. It is an argument: write {context.command_path} {name.upper()}"


def _explain_value(found: Any) -> str:
    raw = found["input"]
    said = describe_finding(found, BaseModel)
    if found["type"] == "value_error" and " is not one of " in said.what:
        words = _QUOTED.findall(said.what.partition(" is not one of ")[2])
        return f"{quote_value(raw)} is not known; {make_proposal(str(raw), words, 'see --help')}"
    return f"{quote_value(raw)} {said.what}; {said.fix or 'see --help'}"
