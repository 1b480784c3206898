"""Text for a terminal: whatever a stranger wrote is shown, never obeyed."""

import unicodedata

# Control, format (bidi marks, zero-width), surrogate, private-use, line and paragraph separators.
_HIDDEN = {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}


def printable(text: str, *, keep: str = "") -> str:
    """``text`` with every control and invisible character as a visible escape, except those in ``keep``."""
    return "".join(
        char if char in keep or unicodedata.category(char) not in _HIDDEN else ascii(char)[1:-1] for char in text
    )
