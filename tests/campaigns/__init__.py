"""Long runs that search for broken promises: each is a command, with planted faults that it must find."""
