"""Texts that mean something to somebody: one corpus for every place that takes text (method M6).

What comes out of such a place equals what went in, or it is refused with a located error; nothing in between.
"""

from hypothesis import strategies as st

# By name, for parametrize ids: ``pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)``.
HOSTILE = {
    # Template engines and HCL
    "jinja-expression": "{{ 7*7 }}",
    "jinja-statement": "{% for x in y %}",
    "jinja-comment": "{# gone #}",
    "jinja-escape": "{{ ''.__class__.__mro__ }}",
    "hcl-interpolation": '${file("/etc/passwd")}',
    "hcl-escaped": "$${local.secret}",
    "hcl-directive": "%{ if true }x%{ endif }",
    "hcl-heredoc": "<<EOT",
    "hcl-quote": '"} resource "null_resource" "x" {',
    "iam-variable": "${aws:username}",
    "format-percent": "%s%n%d",
    "format-brace": "{0.__class__}",
    # Quotes, slashes, shells
    "double-quote": 'a"b',
    "single-quote": "a'b",
    "backslash": "a\\b\\n\\",
    "backtick": "`id`",
    "shell": "$(touch x); rm -rf * | true & # \\",
    "path": "../../etc/passwd",
    "wildcard-star": "*@mail.example",
    "wildcard-question": "a?@mail.example",
    # HTML, CSV, mail headers, DNS
    "html-script": "<script>alert(1)</script>",
    "html-attribute": '" onmouseover="x',
    "html-entity": "&lt;b&gt; &amp; &#x3C;",
    "csv-equals": "=1+1",
    "csv-plus": "+1+1",
    "csv-minus": "-1+1",
    "csv-at": "@SUM(A1)",
    "csv-tab": "\t=1+1",
    "header-newline": "Anna\r\nBcc: eve@mail.example",
    "header-newline-only": "Anna\nBcc: eve@mail.example",
    "header-encoded": "=?utf-8?q?=0ABcc:_eve?=",
    "dns-semicolon": "v=DMARC1; p=none; rua=mailto:eve@mail.example",
    "dns-quotes": '" "',
    # YAML
    "yaml-colon": "a: b",
    "yaml-comment": "a #b",
    "yaml-anchor": "&a",
    "yaml-alias": "*a",
    "yaml-tag": "!!python/object/apply:os.system [id]",
    "yaml-document": "---",
    "yaml-dash": "- a",
    "yaml-no": "no",
    "yaml-on": "on",
    "yaml-null": "~",
    "yaml-octal": "007",
    "yaml-sexagesimal": "12:30:45",
    "yaml-underscore": "1_000",
    "yaml-date": "2024-02-29",
    "yaml-exponent": "1e3",
    "yaml-infinity": ".inf",
    # Invisible, direction, terminal
    "nul": "a\x00b",
    "ansi": "\x1b[31mred\x1b[0m",
    "ansi-title": "\x1b]0;owned\x07",
    "c1-control": "a\x9bb",
    "backspace": "good\x08\x08\x08\x08evil",
    "bidi-override": "abc\u202egpj.exe",
    "bidi-isolate": "\u2066a\u2069",
    "zero-width": "ba\u200bkery",
    "bom": "\ufeffa",
    "line-separator": "a\u2028b",
    "next-line": "a\x85b",
    "lone-surrogate": "a\ud800b",
    # Beyond ASCII
    "umlaut": "Bäckerei Grün & Söhne",
    "combining": "Ba\u0308ckerei",
    "emoji": "🥐 café 👩‍🍳",
    "cyrillic-look-alike": "b\u0430kery",
    "cjk": "山田太郎",
    "arabic": "مخبز",
    # Size and emptiness
    "empty": "",
    "spaces": "   ",
    "leading-space": " a ",
    "long": "x" * 10_000,
    "long-wide": "🥐" * 3_000,
}

CHARACTERS = "".join(sorted({char for text in HOSTILE.values() for char in text}))


def hostile_text(max_size: int = 80) -> st.SearchStrategy[str]:
    """The corpus, pieces of it joined, and free text over the characters in it and beyond."""
    pieces = st.sampled_from([text for text in HOSTILE.values() if len(text) <= max_size])
    joined = st.lists(pieces, min_size=1, max_size=3).map("".join)
    return st.one_of(pieces, joined, st.text(CHARACTERS, max_size=max_size), st.text(max_size=max_size)).filter(
        lambda text: len(text) <= max_size
    )
