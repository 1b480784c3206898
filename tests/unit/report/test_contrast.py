"""Text must be readable for everybody: WCAG asks for a contrast of 4.5."""

import re
from pathlib import Path

import pytest

from provisioner.report import behaviour

CSS = (Path(behaviour.__file__).parent / "templates" / "page.css").read_text(encoding="utf-8")
PAIRS = [
    *((ink, ground) for ink in ("ink", "head", "muted", "calm") for ground in ("paper", "card")),
    *((tone, f"{tone}-soft") for tone in ("good", "calm", "warn", "stop")),
    *(("ink", f"{tone}-soft") for tone in ("good", "calm", "warn", "stop")),
    ("ink", "well"),
]


def palette(dark):
    light = dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6})", CSS.partition("@media")[0]))
    block = CSS.partition("prefers-color-scheme: dark")[2].partition("}\n}")[0]
    return light | (dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6})", block)) if dark else {})


def brightness(colour):
    parts = (int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5))
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize(("text", "ground"), PAIRS)
def test_text_stands_out(text, ground, dark):
    colours = palette(dark)
    high, low = sorted((brightness(colours[text]), brightness(colours[ground])), reverse=True)
    assert (high + 0.05) / (low + 0.05) >= 4.5
