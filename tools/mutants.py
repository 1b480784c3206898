#!/usr/bin/env python3
"""Run the changed programs that mutmut makes, quickly: some five thousand in ten minutes of one core.

mutmut starts pytest anew for each; here tests are collected once, and each mutant is one fork that runs only the tests
that reach its function, cheapest first, until one fails. Time is counted as CPU time, so a busy machine kills nothing.
Hypothesis draws the same examples every time and does not shrink them. In a working copy of its own:

    pip install mutmut==3.8.1
    python tools/mutants.py make                           # write mutants/, as `mutmut run` does
    python tools/mutants.py run results.jsonl [module ...]   # goes on where it stopped; --again: survivors once more
    python tools/mutants.py show results.jsonl               # the table, and what survived as differences
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import re
import resource
import signal
import sys
import time
from collections import Counter, defaultdict
from pathlib import Path

TREE = Path("mutants")
CHEAP = 0.12  # seconds of CPU: dearer tests run only with --all-tests
NAMES = {0: "survived", 1: "killed", 33: "no test", -24: "timeout", -9: "timeout"}


def make() -> None:
    import mutmut.__main__ as mutmut
    from mutmut.utils.file_utils import copy_also_copy_files, copy_src_dir, setup_source_paths

    os.environ["MUTANT_UNDER_TEST"] = "mutant_generation"
    TREE.mkdir(exist_ok=True)
    copy_src_dir()
    copy_also_copy_files()
    setup_source_paths()
    mutmut.create_mutants(1)


def read(results: Path) -> dict[str, dict]:
    """The last result of each mutant."""
    lines = results.read_text().splitlines() if results.exists() else []
    return {one["mutant"]: one for one in map(json.loads, lines)}


def mutants(modules: list[str]) -> list[str]:
    found = []
    for meta in sorted(Path("provisioner").rglob("*.py.meta")):
        if not modules or meta.name.removesuffix(".py.meta") in modules:
            found += json.loads(meta.read_text())["exit_code_by_key"]
    return found


class Loop:
    """A pytest plugin that takes the place of running the tests one after the other."""

    def __init__(self, args: argparse.Namespace, results: Path) -> None:
        import mutmut.mutation.trampoline as trampoline

        self.args, self.results, self.active = args, results, ""
        trampoline.get_mutant_under_test = lambda: self.active  # asked at every call: no look at os.environ

    def pytest_configure(self, config) -> None:
        from hypothesis import Phase, settings

        quick = {"derandomize": True, "database": None, "deadline": None}
        settings.register_profile("mutants", phases=[Phase.explicit, Phase.generate], **quick)
        settings.load_profile("mutants")

    def pytest_runtestloop(self, session) -> bool:
        self.session, items = session, {item.nodeid: item for item in session.items}
        status, answer, _ = self.fork(self.measure)
        if status:
            sys.exit(f"the tests fail without any mutant: {answer}")
        reach, cost = json.loads(answer)
        dear = set() if self.args.all_tests else {test for test, seconds in cost.items() if seconds > CHEAP}
        print(f"\n{len(items)} tests, {sum(cost.values()):.1f} s; {len(dear)} dear ones left out", file=sys.__stderr__)
        gc.collect()
        gc.freeze()  # forks share what they do not touch
        done = read(self.results)
        again = {0, 33} if self.args.again else set()
        with self.results.open("a") as log:
            for mutant in mutants(self.args.modules):
                if mutant in done and done[mutant]["status"] not in again:
                    continue
                function = re.sub(r"__mutmut_\d+$", "", mutant)
                tests = sorted(set(reach.get(function, ())) - dear, key=cost.get)
                one = {"mutant": mutant, "status": 33}
                if tests:
                    limit = 3 + 3 * sum(map(cost.get, tests))
                    status, by, cpu = self.fork(lambda: self.run([items[test] for test in tests], mutant, limit))  # noqa: B023
                    one = {"mutant": mutant, "status": status, "by": by, "tests": len(tests), "cpu": round(cpu, 2)}
                    if status == -signal.SIGTERM:  # ended from outside: nothing is known of it
                        continue
                log.write(json.dumps(one) + "\n")
                log.flush()
        return True

    def fork(self, work) -> tuple[int, str, float]:
        """Exit status, what was written, and the CPU time of a child."""
        reader, writer = os.pipe()
        child = os.fork()
        if not child:
            os.close(reader)
            try:
                status, text = work()
            except BaseException as err:  # also SystemExit: the child must not go on as its parent
                status, text = 1, repr(err)
            with os.fdopen(writer, "w") as out:
                out.write(text)
            os._exit(status)
        os.close(writer)
        with os.fdopen(reader) as source:
            text = source.read()
        _, status, used = os.wait4(child, 0)
        return os.waitstatus_to_exitcode(status), text, used.ru_utime + used.ru_stime

    def measure(self) -> tuple[int, str]:
        """Which tests reach which function, and what each costs."""
        from mutmut.state import state

        self.active = "stats"
        reach, cost = defaultdict(list), {}
        for test, after in self.pairs(self.session.items):
            state()._stats.clear()
            begun = time.process_time()
            test.config.hook.pytest_runtest_protocol(item=test, nextitem=after)
            cost[test.nodeid] = time.process_time() - begun
            for function in state()._stats:
                reach[function].append(test.nodeid)
            if self.session.testsfailed:
                return 1, test.nodeid
        return 0, json.dumps([reach, cost])

    def run(self, tests: list, mutant: str, limit: float) -> tuple[int, str]:
        self.active = mutant
        silence = os.open(os.devnull, os.O_WRONLY)
        os.dup2(silence, 1)
        os.dup2(silence, 2)
        seconds = int(time.process_time() + limit) + 1
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 2))
        for test, after in self.pairs(tests):
            test.config.hook.pytest_runtest_protocol(item=test, nextitem=after)
            if self.session.testsfailed:
                return 1, test.nodeid
        return 0, ""

    @staticmethod
    def pairs(tests: list):
        return zip(tests, [*tests[1:], None], strict=True)


def run(args: argparse.Namespace) -> int:
    import pytest
    from mutmut.configuration import config

    selection, results = config().pytest_add_cli_args_test_selection, args.results.absolute()
    if args.all_tests:
        selection = [one for one in selection if not one.startswith("--deselect")]
    os.chdir(TREE)
    sys.path.insert(0, os.getcwd())
    options = ["--rootdir=.", "-q", "-s", "--tb=native", *config().pytest_add_cli_args, *selection]
    return int(pytest.main(options, plugins=[Loop(args, results)]))


def show(args: argparse.Namespace) -> int:
    from mutmut.mutation.diff_apply import get_diff_for_mutant

    table, left = defaultdict(Counter), []
    for mutant, one in read(args.results).items():
        module = mutant.split(".")[2] if mutant.count(".") > 2 else "__init__"  # noqa: PLR2004
        table[module][NAMES.get(one["status"], "killed")] += 1
        if one["status"] in (0, 33) and (not args.modules or module in args.modules):
            left.append((module, mutant))
    total = sum(table.values(), Counter())
    for module, counts in (*sorted(table.items()), ("all", total)):
        killed = counts["killed"] + counts["timeout"]
        row = [counts.total(), killed, counts["survived"] + counts["no test"], counts["timeout"]]
        print(f"| `{module}` | {' | '.join(f'{number:,}' for number in row)} | {100 * killed / counts.total():.1f} % |")
    for module, mutant in left:
        difference = get_diff_for_mutant(mutant, path=f"provisioner/rules/{module}.py").splitlines()[3:]
        print(mutant, *(re.sub(r"\s+", " ", line) for line in difference if line[:1] in "+-"), sep="\n    ")
    return 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("make", "run", "show"))
    parser.add_argument("results", nargs="?", type=Path, default=Path("mutants.jsonl"))
    parser.add_argument("modules", nargs="*")
    parser.add_argument("--again", action="store_true", help="run those that survived or had no test once more")
    parser.add_argument("--all-tests", action="store_true", help="the dear tests, too")
    args = parser.parse_intermixed_args()
    return {"make": lambda _: make(), "run": run, "show": show}[args.what](args) or 0


if __name__ == "__main__":
    sys.exit(main())
