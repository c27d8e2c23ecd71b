"""The kinds of requests: what each is called, what it has to say, what it is about."""

from __future__ import annotations

import json
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from vault_svc.domain.access_requests import RequestKind
from vault_svc.domain.errors import Invalid, UnknownKind, Violation
from vault_svc.domain.texts import Text
from vault_svc.services import payloads

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from pydantic_core import ErrorDetails


@dataclass(frozen=True, slots=True)
class KindSpec:
    """One kind. ``shrinkable`` are the lists of its payload out of which an approver may strike items."""

    kind: RequestKind
    names: Text
    model: type[payloads.Payload]
    _object: Callable[[Mapping[str, Any]], str]
    _about: str | None = None
    shrinkable: frozenset[str] = frozenset()
    spans: bool = False

    def validate(self, payload: object) -> dict[str, Any]:
        """Return the payload as it is kept: plain JSON, ids in small letters, what was left out left out.

        ``Invalid`` with a violation for each fault, which never repeats what was written.
        """
        try:
            text = json.dumps(payload, allow_nan=False)
            return self.model.model_validate_json(text).model_dump(mode="json", exclude_none=True)
        except ValidationError as found:
            raise Invalid(violations=_violations(found.errors(include_url=False, include_input=False))) from None
        except (TypeError, ValueError, RecursionError):
            raise Invalid(violations=[Violation("not_json", _WORDS["json_invalid"], field="payload")]) from None

    def obj(self, payload: Mapping[str, Any]) -> str:
        """Return what a valid payload concerns (``account:alipay``)."""
        return self._object(payload)

    def about(self, payload: Mapping[str, Any]) -> str | None:
        """Return the person whom a valid payload concerns, None where it concerns nobody."""
        return str(payload[self._about]) if self._about else None

    def schema(self) -> dict[str, Any]:
        """Return the payload's JSON Schema; ``title`` is Chinese, ``description`` English."""
        return self.model.model_json_schema()


def spec(kind: str) -> KindSpec:
    """Return the kind. ``UnknownKind`` where there is none."""
    if kind not in set(RequestKind):
        known = ", ".join(KINDS)
        raise UnknownKind(next_step=Text(f"可选: {known}", f"one of: {known}"))
    return KINDS[RequestKind(kind)]


def _named(noun: str, key: str) -> Callable[[Mapping[str, Any]], str]:
    return lambda payload: f"{noun}:{payload[key]}"


def _violations(errors: Sequence[ErrorDetails]) -> list[Violation]:
    return [Violation(error["type"], _said(error["type"]), field=_field(error["loc"])) for error in errors]


def _field(loc: tuple[int | str, ...]) -> str:
    # A name that was written by the caller (an unknown field, a key of a mapping) may hold anything: cut it short.
    parts = [str(part) if str(part).isidentifier() or isinstance(part, int) else "…" for part in loc]
    return ".".join(["payload", *(part[:64] for part in parts)])


def _said(code: str) -> Text:
    return _WORDS.get(code, Text("填写的内容不符合要求", "this is not what the field takes"))


_WORDS = {
    "bad_file_name": Text("不是策略文件名", "this is no name of a policy file"),
    "bad_id": Text("只能用字母、数字和 . _ -,最多64个", "only letters, digits and . _ -, at most 64"),
    "bad_mail": Text("不是有效的邮箱地址", "this is no mail address"),
    "bad_url": Text("须是 http(s) 网址,且不含登录名和密码", "an http(s) address without a name or password in it"),
    "bool_type": Text("须为 true 或 false", "this must be true or false"),
    "contradiction": Text("同一岗位不能既新增又取消", "a role can't be added and removed at once"),
    "dict_type": Text("须为文件名到内容的对应", "this must map file names to texts"),
    "edge_space": Text("首尾不能有空格", "no space at either end"),
    "enum": Text("不在可选范围内", "this is none of the choices"),
    "extra_forbidden": Text("没有这一项", "there is no such field"),
    "hidden_character": Text("含有不可见字符", "it holds characters that nobody can see"),
    "json_invalid": Text("内容无法读取", "the content can't be read"),
    "list_type": Text("须为列表", "this must be a list"),
    "literal_error": Text("不在可选范围内", "this is none of the choices"),
    "missing": Text("必须填写", "this is missing"),
    "model_type": Text("格式不正确", "this must be an object"),
    "nothing_asked": Text("请至少写一个岗位", "name a role to add or to remove"),
    "string_too_long": Text("过长", "this is too long"),
    "string_too_short": Text("不能为空", "this must not be empty"),
    "string_type": Text("须为文字", "this must be a text"),
    "too_long": Text("过多", "these are too many"),
    "too_short": Text("不能为空", "this must not be empty"),
    "twice": Text("有重复", "something is named twice"),
}

KINDS: Mapping[RequestKind, KindSpec] = MappingProxyType(
    {
        made.kind: made
        for made in (
            KindSpec(
                RequestKind.ACCOUNT_OPEN,
                Text("开立账户", "open an account"),
                payloads.AccountOpen,
                lambda payload: f"account:{payload['account']['id']}",
            ),
            KindSpec(
                RequestKind.ACCOUNT_USE,
                Text("使用账户", "use an account"),
                payloads.AccountUse,
                _named("account", "account"),
                spans=True,
            ),
            KindSpec(
                RequestKind.ACCOUNT_CHANGE,
                Text("变更账户", "change an account"),
                payloads.AccountChange,
                _named("account", "account"),
            ),
            KindSpec(
                RequestKind.ACCOUNT_CUSTODY,
                Text("变更保管人", "change who keeps an account"),
                payloads.AccountCustody,
                _named("account", "account"),
                shrinkable=frozenset({"add", "remove"}),
            ),
            KindSpec(
                RequestKind.ACCOUNT_CLOSE,
                Text("注销账户", "close an account"),
                payloads.AccountClose,
                _named("account", "account"),
            ),
            KindSpec(
                RequestKind.POLICY_CHANGE,
                Text("变更策略文件", "change the policy files"),
                payloads.PolicyChange,
                lambda _: "policy:set",
            ),
            KindSpec(
                RequestKind.POST_ASSIGN,
                Text("任免岗位", "give or end a post"),
                payloads.PostAssign,
                _named("person", "person"),
                _about="person",
            ),
            KindSpec(
                RequestKind.PERSON_JOIN,
                Text("人员入职", "take somebody on"),
                payloads.PersonJoin,
                _named("person", "name"),
                _about="name",
                shrinkable=frozenset({"posts"}),
            ),
            KindSpec(
                RequestKind.PERSON_RESET,
                Text("重置登录", "reset somebody's sign-in"),
                payloads.PersonReset,
                _named("person", "person"),
                _about="person",
            ),
        )
    }
)
