"""`python -m containment.launcher`: the same as `containment-sandbox`."""

from containment.launcher.command_line import run_and_exit

run_and_exit()
