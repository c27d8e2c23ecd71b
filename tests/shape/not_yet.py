"""The company's rules that no code carries out yet.

The issue that brings one deletes its line here and adds ``tests/rules/test_<id>.py``; no line is ever added.
"""

from __future__ import annotations

RULES = (
    *("ACC-1", "ACC-2", "ACC-3", "ACC-4"),
    *("AGY-1", "AGY-2", "AGY-3", "AGY-4", "AGY-5", "AGY-6", "AGY-7", "AGY-8", "AGY-9"),
    *("BAK-1", "BAK-2", "BAK-3", "BAK-4", "BAK-5", "BAK-6"),
    *("DB-1", "DB-2", "DB-3", "DB-4", "DB-5", "DB-6", "DB-7", "DB-8"),
    *("HR-1", "HR-2"),
    *("MOD-1", "MOD-2", "MOD-3"),
    *("SEC-1", "SEC-2", "SEC-3", "SEC-4"),
)
"""Every rule of the regulations."""

NOT_YET = (
    "AGY-1",
    "AGY-2",
    "AGY-3",
    "AGY-4",
    "AGY-5",
    "AGY-6",
    "AGY-7",
    "AGY-8",
    "AGY-9",
    "BAK-1",
    "BAK-2",
    "BAK-3",
    "BAK-4",
    "BAK-5",
    "BAK-6",
    "DB-2",
    "DB-3",
    "DB-4",
    "DB-6",
    "DB-7",
    "DB-8",
    "HR-1",
    "HR-2",
    "MOD-1",
    "MOD-2",
    "MOD-3",
    "SEC-1",
    "SEC-3",
    "SEC-4",
)
