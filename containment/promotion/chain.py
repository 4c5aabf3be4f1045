"""Where the rules of other owners come from: a file, the lab of this folder while it runs, or the configured Controller."""

from __future__ import annotations

import functools
from pathlib import Path

from containment.config.spec import ContainmentSpec
from containment.controller_api.client import ControllerAddress
from containment.controller_api.errors import ControllerError
from containment.controller_api.reader import ControllerReader
from containment.errors import InputError, Problem
from containment.machine.live_systems import find_controller_address, find_lab_systems, find_running_lab
from containment.preflight.facts import UnreadFact
from containment.promotion.judgement import ChainSource
from containment.queries.subject.controller_chain import ControllerChain, read_chain_file, read_live_chain

_FIX = "give --policy FILE with the Controller's rules, or a Controller that can be read"


def compare_own_only(_: ContainmentSpec) -> str:
    """Return why only a stack's own rules are compared: nothing else was given."""
    return _FIX


def make_chain_source(policy: Path | None, use_controller: bool | None, folder: Path) -> ChainSource:
    """Return the source of a stack's chain.

    Args:
        policy: a file with the Controller's rules; it wins.
        use_controller: True if a Controller that cannot be read is an error, False to read none, None to read one if there is one.
        folder: the folder of the stack files.

    Raises:
        InputError: the file cannot be read.
    """
    if policy is not None:
        chain = read_chain_file(policy)
        return lambda _: chain
    if use_controller is False:
        return lambda _: f"no Controller was read; {_FIX}"
    read = functools.cache(_read_chain)

    def find_chain(spec: ContainmentSpec) -> ControllerChain | str:
        address = _find_address(spec, folder)
        found = read(address) if isinstance(address, ControllerAddress) else address
        if use_controller and isinstance(found, str):
            why = "the change is to be compared with the rules of other owners"
            raise InputError("cannot promote", [Problem("--controller", found, why, "correct that, or leave --controller out")])
        return found

    return find_chain


def _find_address(spec: ContainmentSpec, folder: Path) -> ControllerAddress | str:
    home = find_running_lab()
    found = find_lab_systems(home).controller if home else find_controller_address(spec.stack, folder)
    return found.why if isinstance(found, UnreadFact) else found


def _read_chain(address: ControllerAddress) -> ControllerChain | str:
    try:
        return read_live_chain(ControllerReader(address)) or f"the Controller {address.host} has no rule"
    except ControllerError as error:
        return str(error)
