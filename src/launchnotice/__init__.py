"""launchnotice: the reference implementation of LNP/1, the Launch Notification Protocol."""

__version__ = "0.1.0"
