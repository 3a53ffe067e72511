"""Journals as released versions left them: what must keep opening, and what must be refused."""
