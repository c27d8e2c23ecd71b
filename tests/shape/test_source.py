from __future__ import annotations

import inspect
import re
from enum import Enum
from importlib import import_module

import pytest

from tests.shape.tree import functions, name, python_files, swallowing, text_files
from vault_svc.domain import errors
from vault_svc.domain.permissions import Permission

LINES_OF_A_FILE = 300
LINES_OF_A_FUNCTION = 60
LEAVES_OF_AN_ERROR = 7
LAST_HANDLERS = ("vault_svc/api/last_resort.py", "vault_svc/worker/loop.py")

# Put together here so that this file does not hold what it looks for.
UNFINISHED = "|".join(("TO" + "DO", "FIX" + "ME", "XX" + "X", "NotImpl" + "emented", "not impl" + "emented"))
NOT_RUN = "|".join((r"pytest\.sk" + "ip", r"mark\.(sk" + "ip|xf" + "ail)", r"importor" + "skip"))
MACHINE_PATH = r"(?<![\w.-])/(?:" + "|".join(("wo" + "rk", "fa" + "rm", "ro" + "ot")) + ")/"
INDEX_HOST = "|".join(("pypi" + r"\.org", "python" + r"hosted\.org", "npm" + r"js\.(org|com)"))
NO_NEWS = r"LICENSE|requirements.*\.txt"


def found(pattern: str, *folders: str) -> list[str]:
    """Every line that a pattern matches, with its place."""
    return [
        f"{name(path)}:{number}: {line.strip()[:100]}"
        for path, text in text_files(*folders)
        if not re.fullmatch(NO_NEWS, path.name)
        for number, line in enumerate(text.splitlines(), 1)
        if re.search(pattern, line)
    ]


def test_nothing_is_left_unfinished() -> None:
    """No file of the product holds a note about work that somebody still owes."""
    assert found(rf"\b(?:{UNFINISHED})", "vault_svc", "scripts", "policies", "tests", "benchmarks") == []


def test_no_test_is_told_not_to_run() -> None:
    """A test runs or fails; none is skipped or expected to fail."""
    assert found(NOT_RUN, "tests") == []


def test_no_path_of_a_machine_stands_in_a_file() -> None:
    """The project works from any folder."""
    assert found(MACHINE_PATH) == []


def test_no_package_index_is_named() -> None:
    """Where packages come from is decided by the machine that installs them."""
    assert found(INDEX_HOST) == []


def test_no_file_is_too_long() -> None:
    """A file of the product has at most 300 lines; it is split by use case, not by type."""
    too_long = {name(path): len(text.splitlines()) for path, text in python_files("vault_svc")}

    assert {path: lines for path, lines in too_long.items() if lines > LINES_OF_A_FILE} == {}


def test_no_function_is_too_long() -> None:
    """A function has at most 60 lines."""
    too_long = [
        f"{name(path)}:{function.lineno} {function.name}"
        for path, text in python_files("vault_svc", "scripts", "benchmarks", "tests")
        for function in functions(text)
        if (function.end_lineno or 0) - function.lineno + 1 > LINES_OF_A_FUNCTION
    ]

    assert too_long == []


def test_exceptions_are_caught_by_name() -> None:
    """Only the worker's loop and the API's last handler take whatever comes; elsewhere it is given on."""
    broad = [f"{name(path)}:{line}" for path, text in python_files("vault_svc") for line in swallowing(text)]

    assert [place for place in broad if not place.startswith(LAST_HANDLERS)] == []


def test_permissions_are_sorted_and_named_after_their_value() -> None:
    """``ACCOUNT_REVEAL`` is ``account:reveal``, and the list is in order."""
    values = [permission.value for permission in Permission]

    assert values == sorted(values)
    for permission in Permission:
        resource, _, action = permission.value.partition(":")
        assert permission.name == f"{resource}_{action}".upper()


def test_values_of_an_enumeration_are_unique() -> None:
    """No state, kind or tag of the domain is a second name of another."""
    modules = [
        import_module(name(path).removesuffix(".py").replace("/", ".")) for path, _ in python_files("vault_svc/domain")
    ]
    enumerations = {
        member
        for module in modules
        for _, member in inspect.getmembers(module, inspect.isclass)
        if issubclass(member, Enum) and member.__module__.startswith("vault_svc.")
    }

    assert enumerations
    assert [enumeration for enumeration in enumerations if len(enumeration.__members__) != len(enumeration)] == []


def branches() -> list[type[errors.VaultSvcError]]:
    """The first level of errors."""
    return words(errors.VaultSvcError)


def words(error: type[errors.VaultSvcError]) -> list[type[errors.VaultSvcError]]:
    """What stands directly under an error in the domain; an adapter's own refinements never leave it."""
    return [below for below in error.__subclasses__() if below.__module__.startswith("vault_svc.domain")]


@pytest.mark.parametrize("branch", branches(), ids=lambda branch: branch.__name__)
def test_a_branch_of_errors_stays_small(branch: type[errors.VaultSvcError]) -> None:
    """At most seven kinds of error under one branch, none below those."""
    leaves = words(branch)

    assert len(leaves) <= LEAVES_OF_AN_ERROR
    assert [below for leaf in leaves for below in words(leaf)] == []


def test_error_codes_are_unique() -> None:
    """Each error says its own code; a branch that is raised itself has its own too."""
    every = [error for branch in branches() for error in (branch, *words(branch))]

    codes = [error.code for error in every]

    assert sorted(codes) == sorted(set(codes))
