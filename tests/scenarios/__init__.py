"""Scenarios: each holds, and each fails by name when the rule that saves it is removed."""
