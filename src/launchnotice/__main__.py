"""`python -m launchnotice`: the command line."""

import sys

from launchnotice.cli import main

if __name__ == "__main__":
    sys.exit(main())
