"""What the API takes: strict types, unknown fields refused, times with their offset (``contract.md`` §3)."""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, datetime
from typing import Annotated, Any, Final, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    StringConstraints,
    WithJsonSchema,
    model_validator,
)
from pydantic_core import PydanticCustomError

from vault_svc.domain.secrets import Secret

SECRET_LENGTH: Final = 64 * 1024
_ID = re.compile(r"[A-Za-z0-9._-]{1,64}", re.ASCII)
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d{1,6})?([Zz]|[+-]\d\d:\d\d)", re.ASCII)
_HIDDEN = frozenset({"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"})


def _id(value: str) -> str:
    if not _ID.fullmatch(value) or value in {".", ".."}:
        raise PydanticCustomError("bad_id", "only letters, digits, . _ - and at most 64 of them")
    return value


def _seen(value: str) -> str:
    if any(unicodedata.category(char) in _HIDDEN and char not in "\n\t" for char in value):
        raise PydanticCustomError("hidden_character", "no control, zero-width or direction characters")
    return value


def _moment(value: object) -> datetime:
    if isinstance(value, str) and _MOMENT.fullmatch(value):
        try:
            return datetime.fromisoformat(value.upper()).astimezone(UTC)
        except (ValueError, OverflowError):
            pass  # the 31st of February, or a year that no offset can be taken from
    raise PydanticCustomError("bad_moment", "an RFC 3339 time with its offset")


def _secret(value: SecretStr) -> SecretStr:
    if len(value.get_secret_value().encode("utf-8", "surrogatepass")) > SECRET_LENGTH:
        raise PydanticCustomError("string_too_long", "too long")
    return value


_ID_SCHEMA: Final = {"pattern": r"^[A-Za-z0-9._-]{1,64}$"}

Id = Annotated[str, AfterValidator(_id), Field(json_schema_extra=_ID_SCHEMA)]
Moment = Annotated[datetime, BeforeValidator(_moment), WithJsonSchema({"type": "string", "format": "date-time"})]
Word = Annotated[str, StringConstraints(max_length=128), AfterValidator(_seen)]
Prose = Annotated[str, StringConstraints(max_length=4000), AfterValidator(_seen)]
Value = Annotated[SecretStr, AfterValidator(_secret)]
Values = Annotated[dict[Id, Value], Field(min_length=1, max_length=16)]


class Body(BaseModel):
    """What every body keeps to."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, hide_input_in_errors=True)


class SignIn(Body):
    """``POST /sessions``."""

    name: Word
    password: Value
    one_time_code: Value | None = None


class StepUp(Body):
    """``POST /sessions/current/step-up``."""

    password: Value


class NewPassword(Body):
    """``PUT /me/password``."""

    current: Value
    new: Value


class Asked(Body):
    """What a request says, beside its kind."""

    payload: dict[str, Any]
    reason: Prose
    starts_at: Moment | None = Field(default=None, alias="from")
    ends_at: Moment | None = Field(default=None, alias="until")


class Submission(Asked):
    """``POST /access-requests``."""

    kind: Word


class NewVote(Body):
    """``POST /access-requests/{serial}/votes``."""

    decision: Literal["approve", "reject"]
    digest: Word
    reason: Prose = ""
    narrow: dict[str, Any] | None = None


class Withdrawal(Body):
    """``POST /access-requests/{serial}/withdraw``."""

    reason: Prose


class FirstValue(Body):
    """``POST /accounts/{id}/secret``."""

    fields: Values


class Reveal(Body):
    """``POST /accounts/{id}/reveal``."""

    purpose: Word
    reason: Prose
    fields: Annotated[list[Id], Field(min_length=1, max_length=16)] | None = None


class NewCheckOut(Body):
    """``POST /accounts/{id}/check-outs``."""

    purpose: Word
    reason: Prose
    until: Moment


class NewChange(Body):
    """``POST /accounts/{id}/changes``: a value of our own making, or one as the platform wants it."""

    request: Id
    generate: Literal[True] | None = None
    value: Values | None = None

    @model_validator(mode="after")
    def _one_of_two(self) -> Self:
        if (self.generate is None) == (self.value is None):
            raise PydanticCustomError("contradiction", "give either `generate` or `value`")
        return self


def secret(value: SecretStr) -> Secret:
    """Return the value in the one type that carries it on."""
    return Secret(value.get_secret_value())


def secrets(values: dict[str, SecretStr]) -> dict[str, Secret]:
    """Return each value in the one type that carries it on."""
    return {name: secret(value) for name, value in values.items()}


def _field_names(kind: type[Body]) -> set[str]:
    own = {field.alias or name for name, field in kind.model_fields.items()}
    return own.union(*(_field_names(below) for below in kind.__subclasses__()))


FIELD_NAMES: Final = frozenset(_field_names(Body))
"""The only names of fields that an answer about faults may repeat."""
