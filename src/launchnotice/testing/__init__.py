"""Helpers for the test suites of others: contracts that a store must keep, stores that fail on demand.

Not needed to run an endpoint; nothing in the rest of the library imports it.
"""
