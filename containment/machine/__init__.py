"""The machine that a command runs on: the checks of `doctor`, the lab of this folder, and the recorded state of stacks.

`doctor` checks the machine and the checkout, `data_plane` what only the lab needs. `live_systems` finds the account and the Controller to
read: the lab's while it runs, else the real ones. `deployed_state` reads a stack's state from a file, the lab or the Pulumi CLI.
"""
