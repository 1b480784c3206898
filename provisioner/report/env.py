"""The template engine: everything escaped, nothing undefined, nothing rendered twice."""

import textwrap
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup

from provisioner.report import words
from provisioner.report.safe import visible

_TEMPLATES = Path(__file__).parent / "templates"


class Lines(str):
    """Text whose line breaks are ours: the data in it has been made visible already."""

    __slots__ = ()


def _finalize(value: Any) -> Any:
    """Every value that a template prints passes here: data cannot bring control characters or line breaks."""
    return visible(value, 4000) if isinstance(value, str) and not isinstance(value, (Markup, Lines)) else value


def wrap(text: str, first: str = "", rest: str | None = None) -> Lines:
    """``text`` in lines of 78 characters for a plain-text mail; long words stay whole."""
    indent = " " * len(first) if rest is None else rest
    lines = textwrap.wrap(
        visible(text, 4000), 78, initial_indent=first, subsequent_indent=indent,
        break_long_words=False, break_on_hyphens=False,
    )  # fmt: skip
    return Lines("\n".join(lines))


def underline(text: str, char: str = "=") -> Lines:
    """A heading of a plain-text mail."""
    shown = visible(text)
    return Lines(f"{shown}\n{char * min(len(shown), 78)}")


def _environment(*, html: bool) -> jinja2.Environment:
    env = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_TEMPLATES),
        autoescape=html,  # noqa: S701 - False for the plain-text half only
        undefined=jinja2.StrictUndefined,
        finalize=_finalize,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    env.filters |= {
        "day": words.day,
        "time": words.time,
        "number": words.number,
        "percent": words.percent,
        "label": words.label,
        "wrap": wrap,
        "underline": underline,
    }
    env.globals |= {"plural": words.plural, "quantity": words.quantity, "state_names": words.STATES}
    return env


_HTML = _environment(html=True)
_TEXT = _environment(html=False)


def render_html(template: str, **values: Any) -> str:
    """An HTML template, autoescaped."""
    return _HTML.get_template(template).render(values)


def render_text(template: str, **values: Any) -> str:
    """A plain-text template."""
    return _TEXT.get_template(template).render(values)
