"""Long runs that search for broken promises: each is a command, with planted faults that it must find.

- `command`, `figures`: options and what is printed. `planted`: copies of the package with one fault each.
"""
