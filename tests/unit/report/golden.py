"""Compare text with a file kept beside the tests; a failure prints the one command that writes it anew."""

import os
from pathlib import Path

FOLDER = Path(__file__).parent / "golden"


def assert_golden(name, text):
    path = FOLDER / name
    if os.environ.get("UPDATE_GOLDEN"):
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="")
    kept = path.read_bytes().decode() if path.exists() else ""
    assert text == kept, (
        f"{name} has changed. If that is intended, run\n"
        "  UPDATE_GOLDEN=1 pytest tests/unit/report\nand review the difference."
    )
