"""Run one command in a network namespace, confined by bubblewrap.

Standard library only, and independent of the lab: the same code confines a command on a real host.

- `profile`: the description of a confined command: its network, visible paths, environment, limits;
- `launch`: starts the command and waits for it;
- `entry`: the steps between fork and exec: namespaces, staged paths, an unprivileged user id;
- `bubblewrap`: the arguments of `bwrap`; `seccomp` and `syscalls`: its system call filter;
- `identity`: the unprivileged user id; `folders`: the folder that the command may write to;
- `session` and `joining`: start a command with further layers, as the launcher does: Landlock (`landlock`) and a filter that reports to a
  supervisor (`notifications`, `decision`);
- `stage`, `limits`, `ending`: visible paths, resource limits, the end of a child;
- `kernel`: system calls for which Python has no function.

If any part is unavailable, `ConfinementError` is raised; a command never starts with less.
"""
