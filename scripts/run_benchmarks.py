"""Runs benchmarks/*.py side by side with what they are compared to; scripts/bench calls it.

A benchmark is a file with ``run() -> dict``: ``{"title": str, "ratios": [{"what": str, "ratio": float, "at_most" or
"at_least": float}, …]}`` and whatever else is worth keeping (times, sizes, rounds) under other names.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import runpy
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

BENCHMARKS = Path(__file__).resolve().parent.parent / "benchmarks"
RESULTS = BENCHMARKS / "results"


def kept(ratio: dict[str, Any]) -> bool:
    """Whether a ratio meets its goal; one without a goal is only told."""
    return bool(ratio.get("at_least", float("-inf")) <= ratio["ratio"] <= ratio.get("at_most", float("inf")))


def goal(ratio: dict[str, Any]) -> str:
    """The goal in words."""
    words = [f"≥ {ratio['at_least']:g}×"] if "at_least" in ratio else []
    words += [f"≤ {ratio['at_most']:g}×"] if "at_most" in ratio else []
    return ", ".join(words)


def run(path: Path) -> dict[str, Any]:
    """Run one benchmark, keep its result as JSON and return it."""
    started = time.monotonic()
    result: dict[str, Any] = runpy.run_path(str(path))["run"]()
    machine = {"cores": os.cpu_count(), "python": platform.python_version(), "system": platform.system()}
    took = {"at": datetime.now(UTC).isoformat(timespec="seconds"), "seconds": round(time.monotonic() - started, 1)}
    RESULTS.mkdir(exist_ok=True)
    text = json.dumps(result | {"machine": machine, "run": took}, ensure_ascii=False, indent=2, sort_keys=True)
    (RESULTS / f"{path.stem}.json").write_text(text + "\n", encoding="utf-8")
    return result


def show(console: Console, result: dict[str, Any]) -> None:
    """Print the ratios of one benchmark."""
    table = Table(title=result["title"], title_justify="left", expand=False)
    for heading in ("compared", "ratio", "goal", ""):
        table.add_column(heading, justify="right" if heading == "ratio" else "left")
    for ratio in result["ratios"]:
        table.add_row(ratio["what"], f"{ratio['ratio']:,.2f}×", goal(ratio), "ok" if kept(ratio) else "MISSED")
    console.print(table)


def main() -> int:
    """Run those that are named, or all; 1 where a goal was missed."""
    every = {path.stem: path for path in sorted(BENCHMARKS.glob("[!_]*.py"))}
    parser = argparse.ArgumentParser(prog="scripts/bench", description="Runs the benchmarks and prints their ratios.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"one of: {', '.join(every)}; none: all of them")
    names = parser.parse_args().names or list(every)
    if unknown := [name for name in names if name not in every]:
        parser.error(f"no such benchmark: {', '.join(unknown)}")
    sys.path.insert(0, str(BENCHMARKS.parent))
    console, missed = Console(), 0
    for name in names:
        result = run(every[name])
        show(console, result)
        missed += sum(not kept(ratio) for ratio in result["ratios"])
    if missed:
        console.print(f"{missed} missed their goal")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
