"""The matcher of ``model.conf``, compiled once.

Casbin parses the expression anew on every call and walks its tree for every row. Here it becomes one function, after
every part of it was found on a short list of exact comparisons, and it tells which of a row's words it pins to the
request, so that rows that can't match need not be tried.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from types import FunctionType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

REQUEST_WORDS = ("r_sub", "r_dom", "r_obj", "r_act", "r_pw")
ROW_WORDS = ("p_role", "p_obj", "p_act", "p_eft", "p_rule")
HAS_ROLE = "g"

_PARAMETERS = (*REQUEST_WORDS, *ROW_WORDS, HAS_ROLE)
_SPELLINGS = ((re.compile(r"&&"), " and "), (re.compile(r"\|\|"), " or "), (re.compile(r"!(?!=)"), " not "))
_TEXTS = re.compile(r"\"[^\"]*\"|'[^']*'")


class MatcherFault(ValueError):
    """The expression can't be used; ``args[0]`` names the part."""


@dataclass(frozen=True, slots=True)
class Matcher:
    """``matches(*request words, *row words, g)`` says whether a row fits.

    The flags tell in which words only the request's own can fit; ``pins_role``: only a role that the caller holds.
    """

    matches: Callable[..., bool]
    pins_kind: bool
    pins_act: bool
    pins_role: bool


def compile_matcher(expression: str) -> Matcher:
    """Compile an expression whose ``r.`` and ``p.`` Casbin has turned into ``r_`` and ``p_``.

    ``MatcherFault`` where it holds more than ``&&``, ``||``, ``!``, ``==``, ``!=``, ``in`` a list of texts, and ``g``.
    """
    try:
        body = ast.parse(_python(expression), mode="eval").body
    except (SyntaxError, ValueError) as fault:
        raise MatcherFault(expression) from fault
    _check(body)
    conjuncts = [ast.unparse(part) for part in _conjuncts(body)]
    return Matcher(
        matches=_function(body),
        pins_kind=_pins(conjuncts, "r_obj", "p_obj"),
        pins_act=_pins(conjuncts, "r_act", "p_act"),
        pins_role="g(r_sub, p_role, r_dom)" in conjuncts,
    )


def _python(expression: str) -> str:
    """Spell the operators as Python does, as Casbin itself has it; texts are left alone."""
    pieces, at = [], 0
    for text in _TEXTS.finditer(expression):
        pieces += [_spelled(expression[at : text.start()]), text.group()]
        at = text.end()
    return "".join([*pieces, _spelled(expression[at:])]).strip()


def _spelled(code: str) -> str:
    for pattern, word in _SPELLINGS:
        code = pattern.sub(word, code)
    return code


def _check(node: ast.expr) -> None:
    """Refuse whatever is not known to be harmless, exact and either true or false."""
    match node:
        case ast.BoolOp(values=values):
            for value in values:
                _check(value)
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            _check(operand)
        case ast.Compare(left=left, ops=[ast.Eq() | ast.NotEq()], comparators=[right]) if _word(left) and _word(right):
            pass
        case ast.Compare(left=left, ops=[ast.In() | ast.NotIn()], comparators=[ast.Tuple(elts=listed)]) if (
            _word(left) and listed and all(_text(item) for item in listed)
        ):
            pass
        case ast.Call(func=ast.Name(id="g"), args=[one, two, three], keywords=[]) if (
            _word(one) and _word(two) and _word(three)
        ):
            pass
        case _:
            raise MatcherFault(ast.unparse(node))


def _word(node: ast.expr) -> bool:
    return _text(node) or (isinstance(node, ast.Name) and node.id in _PARAMETERS and node.id != HAS_ROLE)


def _text(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def _conjuncts(node: ast.expr) -> Iterator[ast.expr]:
    if isinstance(node, ast.BoolOp) and isinstance(node.op, ast.And):
        for value in node.values:
            yield from _conjuncts(value)
    else:
        yield node


def _pins(conjuncts: list[str], one: str, other: str) -> bool:
    return f"{one} == {other}" in conjuncts or f"{other} == {one}" in conjuncts


def _function(body: ast.expr) -> Callable[..., Any]:
    """Make a function of the checked tree; it sees its arguments and no globals or builtins."""
    arguments = ast.arguments([], [ast.arg(name) for name in _PARAMETERS], None, [], [], None, [])
    tree = ast.fix_missing_locations(ast.Expression(ast.Lambda(arguments, body)))
    module = compile(tree, "model.conf", "eval")
    code = next(item for item in module.co_consts if hasattr(item, "co_code"))
    return FunctionType(code, {"__builtins__": {}})
