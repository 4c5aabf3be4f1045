"""The launcher `containment-sandbox`: it starts one command confined by a class's profile, on any Linux, as root or as a plain user.

It needs neither the lab nor AWS, and starts fast: modules on the way to the command import the standard library only.

- `command_line`: the commands; `start`: from a profile to a running command;
- `settings`: the profile as read here; `view`: visible paths, Landlock rules and programs that follow from it;
- `observation`: programs, paths, connections and system calls as the supervisor sees them (`reported_calls`, `process_memory`,
  `destinations`); `ocsf`, `event_log`: their events;
- `connections`: the interface of the local proxy, the only way to the network;
- `control_groups`: limits of all processes together;
- `layers`: what this kernel has; `unit`: the systemd unit.
"""
