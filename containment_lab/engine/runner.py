"""Runs one Pulumi Python program; the engine starts it with the program's interpreter, so it imports nothing from this package.

Does the work of Pulumi's language host: it prints the packages whose SDKs are installed (its first line, JSON), takes configuration from
the environment and settings from argv, then runs the folder's `__main__` inside a stack. An error of the program is logged to the engine
with the user's frames only; a `pulumi.RunError` is its message. Exit code 0, or 1 after an error was logged.
"""

import asyncio
import gc
import importlib.util
import json
import logging
import os
import runpy
import sys
import traceback
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pulumi
import pulumi.runtime

NOT_THE_USERS = tuple(os.sep + part + os.sep for part in ("pulumi", "grpc", "asyncio", "concurrent", "runpy"))


def find_installed() -> dict[str, list[str]]:
    """Return {package: [version, download URL] of its plugin} for each SDK installed here, from its pulumi-plugin.json."""
    found = {}
    names = {each.name.partition("-")[0].lower() for folder in sys.path for each in Path(folder).glob("pulumi*.dist-info")}
    for spec in map(importlib.util.find_spec, sorted(names)):
        for folder in (spec.submodule_search_locations if spec else None) or ():
            file = Path(folder, "pulumi-plugin.json")
            told = json.loads(file.read_text()) if file.exists() else {}
            if told.get("resource"):
                named = (told.get("parameterization") or told).get("name") or Path(folder).name.removeprefix("pulumi_")
                found[named] = [told.get("version", ""), told.get("server", "")]
    return found


def format_user_trace(failed: BaseException, program: str) -> str:
    """Return the traceback from the program's first frame on, without the frames of Pulumi's SDK and of asyncio."""
    if isinstance(failed, SyntaxError):
        return "".join(traceback.format_exception_only(failed))
    frames = traceback.extract_tb(failed.__traceback__)
    elsewhere = (os.path.realpath(sys.prefix) + os.sep, os.path.realpath(__file__))  # the program's folder may be above these

    def is_users(file: str) -> bool:
        return file.startswith(program) and not os.path.realpath(file).startswith(elsewhere)

    first = next((at for at, frame in enumerate(frames) if is_users(frame.filename)), len(frames))
    mine = [f for f in frames[first:] if is_users(f.filename) or not any(part in f.filename for part in NOT_THE_USERS)]
    head = ["Traceback (most recent call last):\n", *traceback.format_list(mine)] if mine else []
    return "".join([*head, *traceback.format_exception_only(failed)])


def main() -> int:
    """Run the program that argv[1] (JSON: the settings, `program`) describes."""
    gc.set_threshold(50_000, 20, 100)  # the process lives for seconds, and the many classes of its SDKs are no garbage
    given = json.loads(sys.argv[1])
    program = given.pop("program")
    print(json.dumps(find_installed()), flush=True)
    pulumi.runtime.set_all_config(pulumi.runtime.get_config_env(), pulumi.runtime.get_config_secret_keys_env())
    pulumi.runtime.configure(pulumi.runtime.Settings(**given))
    sys.argv = [program]
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    threads = ThreadPoolExecutor(max_workers=4 * given["parallel"])
    loop.set_default_executor(threads)
    pulumi.log.debug = lambda *_, **__: None  # each is a call to the engine, hundreds in a run, and the engine drops them
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)  # a failed program leaves futures unobserved, on purpose

    def body() -> None:
        runpy.run_path(program, run_name="__main__")

    try:
        loop.run_until_complete(pulumi.runtime.run_in_stack(body))
    except Exception as failed:  # noqa: BLE001 - every exception of the program is its error
        trace = "" if isinstance(failed, pulumi.RunError) else format_user_trace(failed, os.path.realpath(program))
        pulumi.log.error(f"Program failed with an unhandled exception:\n{trace}" if trace else str(failed))
        return 1
    finally:
        threads.shutdown(wait=True, cancel_futures=True)
        loop.close()
        sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
