"""Long runs that search for broken promises: each is a command, with planted faults that it must find.

- `command`, `figures`: options and what is printed. `failures`: what is found, kept and stored.
- `schedules`: campaigns of events that are drawn from seeds.
- `planted`: copies of the package with one fault each.
"""
