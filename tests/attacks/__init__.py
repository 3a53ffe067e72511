"""Attacks, one file for each thing that a thief can hold; each test is one attack and what it gains."""
