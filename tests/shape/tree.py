"""The project's own files, as the shape tests read them."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = (".ci", "benchmarks", "docs", "policies", "scripts", "tests", "vault_svc")

ANY = frozenset({"BaseException", "Exception"})


def name(path: Path) -> str:
    """The path as people say it, from the project's folder."""
    return path.relative_to(ROOT).as_posix()


def text_files(*folders: str) -> Iterator[tuple[Path, str]]:
    """Every text file of these folders (all of the project's, with the files beside them, when none is named)."""
    paths = [path for folder in folders or FOLDERS for path in sorted((ROOT / folder).rglob("*"))]
    if not folders:
        paths += sorted(ROOT.glob("*"))
    for path in paths:
        if path.is_file() and not path.name.startswith(".coverage"):
            content = path.read_bytes()
            if b"\0" not in content and path.parent.name != "exports":  # a picture, a font; spreadsheets in GB18030
                yield path, content.decode()


def python_files(*folders: str) -> Iterator[tuple[Path, str]]:
    """Every Python file of these folders."""
    return ((path, text) for path, text in text_files(*folders) if path.suffix == ".py")


def functions(source: str) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Every function and method in a source text."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def swallowing(source: str) -> Iterator[int]:
    """The line of every handler that takes any exception whatever and does not give it on."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ExceptHandler):
            caught = {part.id for part in ast.walk(node.type) if isinstance(part, ast.Name)} if node.type else ANY
            if caught & ANY and not isinstance(node.body[-1], ast.Raise):
                yield node.lineno
