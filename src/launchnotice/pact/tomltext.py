"""What is looked at in a TOML text before `tomllib` reads it, for all that people write in TOML."""

from __future__ import annotations

import re
from typing import Final

_DEEPEST: Final = 32
"""Parts that the keys of a line may have; the deepest key of any file has five."""
TOKEN: Final = (
    r'"""(?s:\\.|[^\\])*?"{3,5}|\'\'\'(?s:.)*?\'{3,5}'
    r'|"(?:[^"\\\n]|\\.)*"|\'[^\'\n]*\'|#[^\n]*|[^"\'#\[\]{}=\n]+|(?s:.)'
)
"""A text in quotation marks, a comment, a run of other characters, or one character."""


def too_deep(text: str) -> int | None:
    """The first line with keys of too many parts, ``a.a.a…``: for each `tomllib` keeps all before it."""
    line, dots = 1, 0
    for token in re.findall(TOKEN, text):
        if "\n" in token:
            line, dots = line + token.count("\n"), 0
        elif token[0] not in "\"'#":
            dots += token.count(".")
            if dots > _DEEPEST:
                return line
    return None
