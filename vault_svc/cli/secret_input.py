"""Secrets come from a prompt or from stdin, never from an argument; they leave to a terminal or where ``-`` says so."""

from __future__ import annotations

import getpass
import select
import sys
from typing import TYPE_CHECKING, Final

from vault_svc.cli.failures import INVALID, USAGE, Failure
from vault_svc.domain.texts import Text

if TYPE_CHECKING:
    from collections.abc import Mapping

_MOST: Final = 1024 * 1024


def ask(prompt: str) -> str:
    """Return what is typed, unseen. ``Failure`` where there is nobody to ask."""
    if not sys.stdin.isatty():
        words = Text(
            "没有终端可以输入密码,请用 - 从标准输入读取",
            "there is no terminal to type it at: use - to read it from stdin",
        )
        raise Failure(USAGE, words, code="no_terminal")
    return getpass.getpass(f"{prompt}: ", stream=sys.stderr)


def line() -> str:
    """Return the next line of stdin without its end. ``Failure`` where there is none."""
    found = sys.stdin.readline(_MOST)
    if not found:
        raise Failure(INVALID, Text("标准输入没有内容", "there is nothing on stdin"), code="no_input")
    return found.removesuffix("\n").removesuffix("\r")


def everything(source: str) -> str:
    """Return all of stdin; ``source`` must be ``-``."""
    if source != "-":
        words = Text(
            "密码不能写在命令行上,请用 - 从标准输入读取", "a secret is never an argument: use - to read it from stdin"
        )
        raise Failure(USAGE, words, code="secret_in_argument")
    return sys.stdin.read(_MOST)


def given(value: str | None, prompt: str) -> str:
    """Return the secret: from stdin where the option is ``-``, from a prompt without it."""
    if value not in {None, "-"}:
        words = Text(
            "密码不能写在命令行上,请用 - 从标准输入读取", "a secret is never an argument: use - to read it from stdin"
        )
        raise Failure(USAGE, words, code="secret_in_argument")
    return line() if value == "-" else ask(prompt)


def may_show(output: str | None) -> None:
    """Make sure that a value can be shown before it is asked for: on a terminal, or where ``--output -`` says so."""
    if output not in {None, "-"}:
        raise Failure(USAGE, Text("只支持 --output -", "only --output - is known"), code="bad_output")
    if output is None and not sys.stdout.isatty():
        words = Text(
            "密码只在终端上显示;要写到标准输出请加 --output -",
            "a secret is shown on a terminal only; --output - writes it to stdout",
        )
        raise Failure(USAGE, words, code="no_terminal")


def show(fields: Mapping[str, str], *, hide_after_s: int) -> None:
    """Show the value on the terminal's other screen until Enter or its time is over; no scrollback keeps it."""
    sys.stdout.write("\x1b[?1049h\x1b[2J\x1b[H")
    try:
        for name, value in fields.items():
            sys.stdout.write(f"{name}: {_harmless(value)}\n")
        sys.stdout.write(f"\n{hide_after_s} 秒后隐藏,按回车立即隐藏 · hidden after {hide_after_s} s, or press Enter\n")
        sys.stdout.flush()
        select.select([sys.stdin], [], [], hide_after_s)
    finally:
        sys.stdout.write("\x1b[2J\x1b[?1049l")
        sys.stdout.flush()


def _harmless(value: str) -> str:
    return "".join(char if char.isprintable() or char == "\n" else f"\\u{{{ord(char):x}}}" for char in value)
