"""Fuzz what reads tenants, the platform and policies: bytes as they come, lines put together from what YAML and our
forms know, our examples with a few places changed, and pieces of all of these repeated up to the largest file.

    python tests/bench/fuzz_config.py -max_total_time=300 -timeout=20 -rss_limit_mb=512     (pip install atheris)
    python tests/bench/fuzz_config.py --seconds 300           without: random choices, no coverage guidance

Any bytes give a value or located problems, soon and in little memory; a value survives being written and read again.
"""

import resource
import sys
import time
from contextlib import nullcontext, suppress
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests"), str(Path(__file__).parent)]

atheris: Any = None
if __name__ == "__main__":
    with suppress(ImportError):
        import atheris

with atheris.instrument_imports(include=["provisioner.config"]) if atheris else nullcontext():
    import fuzzing
    import msgspec
    from fuzzing import Choices
    from strategies_hostile import HOSTILE

    from provisioner.config.dump import dump_platform, dump_tenant
    from provisioner.config.fleet import check_together
    from provisioner.config.platform import parse_platform, parse_policy
    from provisioner.config.problem import Problem
    from provisioner.config.tenant import parse_tenant
    from provisioner.config.text import MAX_BYTES
    from provisioner.config.wiring import rule_options
    from provisioner.model.tenant import Operator, Platform

OPTIONS = rule_options()
SMALLEST = Platform(region="eu-west-1", operator=Operator(name="Erika", email="erika@mail.example"),
                    sender="notices@mail.example", file="platform.yaml")  # fmt: skip
TENANT, PLATFORM, POLICY = "tenants/bakery.yaml", "platform.yaml", "policies/house.yaml"
EXAMPLES = [path.read_bytes() for path in sorted((ROOT / "examples").rglob("*.yaml"))]
EXAMPLES.append(b"id: bakery\nname: Bakery\ndomain: bakery.example\ncontacts: [anna@mail.example]\n")
EXAMPLES = [b"\n".join(line for line in text.split(b"\n") if line.strip()[:1] != b"#") for text in EXAMPLES]
KEYS = ["id", "name", "domain", "contacts", "dns", "sending", "from", "from_name", "mail_from", "source_ips", "dmarc",
        "restrict_from", "policy", "percent", "reports", "conduct", "profile", "overrides", "ses_tenant", "region",
        "operator", "email", "sender", "sender_zone", "state", "bucket", "folder", "runtime", "hard", "soft.recipient",
        "strikes", "<<", "=", "? a", "'id'", '"id"', *sorted(OPTIONS)[::7]]  # fmt: skip
VALUES = ["bakery", "batches", "bakery.example", "xn--a", "bücher.example", "co.uk", "a@mail.example", "true", "no",
          "12", "-0", "0.5", "~", "", "&a x", "*a", "!!int 3", "!!binary x", "|", ">", "|9", '"', "'", "{", "[", "]",
          "}", "- a", "[a, b]", "{a: b}", "192.0.2.1", "::/0", "1.2.3.4/33", "fe80::1%eth0", "2024-01-01", "---", "...",
          "? a", ": ", "# c", "%YAML 1.9", "%TAG ! !", '"\\ud800"', '"\\U00110000"', '"\\x00"', "9" * 30, "1e400",
          "policies/house.yaml", "policies/../x.yaml", "eu-central-1", "af-south-1", "python3.13",
          "../state"]  # fmt: skip
PIECES = [text.encode("utf-8", "surrogatepass") for text in [*VALUES, *KEYS, *HOSTILE.values()]]
SECONDS = 30  # of processor time, under coverage; a file of 64 KiB takes some 1 s without


def some_text(choices):
    """A value, a key, a hostile text, or the fuzzer's own bytes."""
    return choices.one_of(PIECES) if choices.below(4) else choices.take(choices.below(12))


def lines(choices):
    """A file of keys and values, indented as it comes."""
    made = []
    for _ in range(1 + choices.below(10)):
        indent = b"  " * choices.below(4) + b"- " * (choices.below(5) == 0)
        made.append(indent + choices.one_of(KEYS).encode() + b": " + some_text(choices))
    return b"\n".join(made)


def bent(choices):
    """An example with one to three of its words, lines or bytes replaced, repeated or taken away."""
    text = choices.one_of(EXAMPLES)
    for _ in range(1 + choices.below(3)):
        apart = choices.one_of([b"\n", b" ", b": ", b""])
        parts = text.split(apart) if apart else [bytes([byte]) for byte in text]
        if not parts:
            break
        place = choices.below(len(parts))
        match choices.below(4):
            case 0:
                parts[place] = some_text(choices)
            case 1:
                parts.insert(place, some_text(choices))
            case 2:
                parts.insert(choices.below(len(parts)), parts[place])
            case _:
                del parts[place]
        text = apart.join(parts)
    return text


def file_of(choices):
    match choices.below(5):
        case 0:
            return choices.rest()
        case 1:
            return lines(choices)
        case 2:
            return repeated(choices)
        case _:
            return bent(choices)


def repeated(choices):
    """A piece many times, after a beginning and before an end: nesting, long lists, very many keys."""
    begin, piece, end = (some_text(choices) for _ in range(3))
    mark = choices.one_of([b"", b"%d", b"%d: ", b"\n", b"\n%d: "])
    count = 2 + choices.below(1 + MAX_BYTES // max(1, len(piece) + len(mark)))
    made = (piece + (mark % number if b"%" in mark else mark) for number in range(count))
    return (begin + b"".join(made))[:MAX_BYTES] + end


def check(data):
    """What must hold for any bytes."""
    choices = Choices(data)
    options = OPTIONS if choices.below(3) else None
    content = file_of(choices)
    before = time.process_time()
    CHECKS[choices.below(len(CHECKS)) if choices.rest() else len(content) % len(CHECKS)](content, options)
    assert time.process_time() - before < SECONDS


def check_tenant(content, options):
    draft = parse_tenant(TENANT, content, options)
    other = parse_tenant("tenants/cinema.yaml", content, options)
    check_problems(draft.reading.problems, content)
    assert (draft.tenant is None) == bool(draft.reading.problems)
    if draft.tenant:
        text = dump_tenant(draft.tenant)
        again = parse_tenant(TENANT, text.encode(), options).tenant
        assert again == draft.tenant or (not options and len(text.encode()) > MAX_BYTES)
        assert again is None or dump_tenant(again) == text
    check_together([draft, other], parse_platform(PLATFORM, content, options))
    assert draft.domain is None or draft.reading.problems
    check_problems(draft.reading.problems, content)


def check_platform(content, options):
    draft = parse_platform(PLATFORM, content, options)
    check_problems(draft.reading.problems, content)
    assert (draft.platform is None) == bool(draft.reading.problems)
    if draft.platform:
        text = dump_platform(draft.platform).encode()
        again = parse_platform(PLATFORM, text, options)
        assert again.platform == draft.platform or (not options and len(text) > MAX_BYTES)


def check_policy(content, options):
    values, problems = parse_policy(POLICY, content, options)
    check_problems(problems, content)
    if not problems:
        platform = msgspec.structs.replace(SMALLEST, policy=values)
        text = dump_platform(platform).encode()
        # Without options any value goes, and escapes make some larger than a file may be.
        assert parse_platform(PLATFORM, text, options).platform == platform or (not options and len(text) > MAX_BYTES)


CHECKS = (check_tenant, check_tenant, check_platform, check_policy)


def check_problems(problems, content):
    """Each is one short printable line that points into the file."""
    rows = content.decode("utf-8", "replace").split("\n")
    widest = max(map(len, rows))
    for problem in problems:
        assert isinstance(problem, Problem)
        shown = str(problem)
        assert shown.isprintable()
        assert len(shown) < 2000, len(shown)
        assert 1 <= problem.line <= len(rows) + 1
        assert 1 <= problem.column <= widest + 1


def fuzz_blindly(seed, count):
    """Try ``count`` inputs; the process must not grow by more than 100 MB."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    fuzzing.blindly(check, seed, count)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100_000


if __name__ == "__main__":
    fuzzing.main(check, atheris, __doc__)
