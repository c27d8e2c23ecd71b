"""The tables: one for each kept dataclass of the domain, its columns read off the fields.

A constraint has the name of the rule that it holds. ``TABLES`` says which table keeps which class; what is in
``APPEND_ONLY`` is never changed or deleted, which triggers hold as well (see the first migration).
"""

from __future__ import annotations

import dataclasses
import types
from collections.abc import Mapping
from datetime import date, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Union, get_args, get_origin, get_type_hints

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKeyConstraint,
    Index,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    UniqueConstraint,
    text,
)
from sqlalchemy.types import Boolean, LargeBinary, TypeEngine

from vault_svc.adapters.columns import Day, JsonMapping, JsonTuple, Moment, Word, Words
from vault_svc.domain.access_requests import AccessRequest, Vote
from vault_svc.domain.accounts import AccountChange, CheckOut, Debt, Delivery, Exposure, OfficialAccount
from vault_svc.domain.audit import Checkpoint, Event
from vault_svc.domain.company import Company, Engagement, RegisteredDatabase
from vault_svc.domain.grants import Grant
from vault_svc.domain.operations import Answer, Heartbeat, Message, PolicySet
from vault_svc.domain.people import Department, Password, PastPassword, Person, Post
from vault_svc.domain.sessions import Session, TryCounter

if TYPE_CHECKING:
    from sqlalchemy.schema import SchemaItem

metadata = MetaData()

TABLES: dict[type[Any], Table] = {}
"""Kept dataclass → its table."""

APPEND_ONLY: frozenset[type[Any]] = frozenset({Event, Vote, Exposure, Checkpoint})
"""What is on record for ever."""

_PLAIN: dict[object, TypeEngine[Any]] = {
    str: Words(),
    int: BigInteger(),
    bool: Boolean(create_constraint=False),
    bytes: LargeBinary(),
    datetime: Moment(),
    date: Day(),
}
# The domain's modules import these for type checking only, so their names are handed in here.
_NAMES = {"Any": Any, "Mapping": Mapping, "date": date, "datetime": datetime}


def _type_of(hint: object) -> tuple[TypeEngine[Any], bool]:
    """Return the column type for a field's type and whether it may be NULL."""
    if get_origin(hint) in {Union, types.UnionType}:
        (inner,) = (part for part in get_args(hint) if part is not types.NoneType)
        return _type_of(inner)[0], True
    if hint in _PLAIN:
        return _PLAIN[hint], False
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return Word(hint), False
    if get_origin(hint) is tuple:
        return JsonTuple(), False
    if get_origin(hint) is Mapping:
        return JsonMapping(), False
    raise TypeError(f"no column for {hint!r}")


def _keep(kind: type[Any], name: str, *rules: SchemaItem, key: tuple[str, ...] = ("id",)) -> Table:
    hints = get_type_hints(kind, localns=_NAMES)
    columns: list[SchemaItem] = []
    for field in dataclasses.fields(kind):
        column_type, nullable = _type_of(hints[field.name])
        columns.append(Column(field.name, column_type, nullable=nullable))
    table = Table(name, metadata, *columns, PrimaryKeyConstraint(*key, name=f"{name}_key"), *rules)
    TABLES[kind] = table
    return table


def _known(table: str, column: str, target: str) -> ForeignKeyConstraint:
    """The thing referred to exists; checked at once, so that a batch never fails at its end for one of its writes."""
    return ForeignKeyConstraint([column], [target], name=f"{table}_{column}_is_known")


def _only_where(name: str, condition: str, *columns: str) -> Index:
    """At most one row with these values among those that meet the condition."""
    return Index(name, *columns, unique=True, sqlite_where=text(condition), postgresql_where=text(condition))


_LIVE_CHANGE = "state IN ('beginning', 'begun', 'confirming')"

departments = _keep(Department, "departments")
people = _keep(Person, "people", _known("people", "department", "departments.id"), key=("name",))
passwords = _keep(Password, "passwords", _known("passwords", "person", "people.name"), key=("person",))
past_passwords = _keep(
    PastPassword,
    "past_passwords",
    _known("past_passwords", "person", "people.name"),
    Index("past_passwords_by_person", "person", "set_at"),
)
posts = _keep(
    Post,
    "posts",
    _known("posts", "person", "people.name"),
    Index("posts_by_person", "person"),
    Index("posts_by_role", "role"),
)
sessions = _keep(
    Session,
    "sessions",
    _known("sessions", "person", "people.name"),
    UniqueConstraint("token_hash", name="one_session_a_bearer"),
    Index("sessions_by_person", "person"),
    Index("sessions_by_end", "expires_at"),
)
try_counters = _keep(TryCounter, "try_counters", key=("key",))
official_accounts = _keep(
    OfficialAccount,
    "official_accounts",
    CheckConstraint("applied <= wanted", name="nothing_applied_that_was_not_wanted"),
)
deliveries = _keep(
    Delivery,
    "deliveries",
    _known("deliveries", "account", "official_accounts.id"),
    _known("deliveries", "person", "people.name"),
    Index("deliveries_by_account", "account"),
    Index("deliveries_by_person", "person"),
    Index("deliveries_by_state", "state", "expires_at"),
)
exposures = _keep(
    Exposure,
    "exposures",
    _known("exposures", "account", "official_accounts.id"),
    _known("exposures", "person", "people.name"),
    Index("exposures_by_account", "account", "version"),
    Index("exposures_by_person", "person"),
)
debts = _keep(
    Debt,
    "debts",
    _known("debts", "account", "official_accounts.id"),
    Index("debts_by_account", "account", "state"),
    Index("debts_by_owner", "owner_role", "state"),
)
check_outs = _keep(
    CheckOut,
    "check_outs",
    _known("check_outs", "account", "official_accounts.id"),
    _known("check_outs", "person", "people.name"),
    _only_where("one_open_check_out_an_account", "returned_at IS NULL", "account"),
    Index("check_outs_by_account", "account"),
    Index("check_outs_by_person", "person"),
)
access_requests = _keep(
    AccessRequest,
    "access_requests",
    _known("access_requests", "requester", "people.name"),
    Index("access_requests_by_state", "state", "expires_at"),
    Index("access_requests_by_requester", "requester"),
    Index("access_requests_by_about", "about"),
    Index("access_requests_by_object", "object"),
    Index("access_requests_by_time", "submitted_at"),
    key=("serial",),
)
account_changes = _keep(
    AccountChange,
    "account_changes",
    _known("account_changes", "account", "official_accounts.id"),
    _known("account_changes", "person", "people.name"),
    _known("account_changes", "serial", "access_requests.serial"),
    _only_where("one_live_change_an_account", _LIVE_CHANGE, "account"),
    _only_where("one_live_change_a_request", _LIVE_CHANGE, "serial"),
    Index("account_changes_by_account", "account"),
    Index("account_changes_by_serial", "serial"),
)
grants = _keep(
    Grant,
    "grants",
    _known("grants", "account", "official_accounts.id"),
    _known("grants", "person", "people.name"),
    _known("grants", "serial", "access_requests.serial"),
    UniqueConstraint("serial", name="one_grant_a_request"),
    CheckConstraint("reveals_left >= 0", name="no_more_reveals_than_granted"),
    CheckConstraint("starts_at < ends_at", name="a_grant_ends_after_it_starts"),
    Index("grants_by_account", "account", "person"),
    Index("grants_by_person", "person"),
    Index("grants_by_state", "state", "ends_at"),
)
votes = _keep(
    Vote,
    "votes",
    _known("votes", "serial", "access_requests.serial"),
    _known("votes", "person", "people.name"),
    UniqueConstraint("serial", "revision", "person", name="one_vote_a_person"),
    Index("votes_by_person", "person"),
)
companies = _keep(Company, "companies")
registered_databases = _keep(RegisteredDatabase, "registered_databases")
engagements = _keep(Engagement, "engagements")
messages = _keep(
    Message,
    "messages",
    UniqueConstraint("key", name="owed_once"),
    Index("messages_by_turn", "done_at", "not_before"),
    Index("messages_by_topic", "topic"),
)
heartbeats = _keep(Heartbeat, "heartbeats", key=("name",))
answers = _keep(Answer, "answers", Index("answers_by_time", "at"))
policy_sets = _keep(PolicySet, "policy_sets", key=("version",))
events = _keep(
    Event,
    "events",
    UniqueConstraint("id", name="one_event_an_id"),
    Index("events_by_time", "at", "id"),
    Index("events_by_actor", "actor", "id"),
    Index("events_by_on_behalf", "on_behalf", "id"),
    Index("events_by_object", "obj", "id"),
    Index("events_by_rule", "rule", "id"),
    Index("events_by_serial", "serial", "id"),
    Index("events_by_action", "action", "id"),
    key=("stream", "seq"),
)
checkpoints = _keep(Checkpoint, "checkpoints", Index("checkpoints_by_time", "at"))

counters = Table(
    "counters",
    metadata,
    Column("series", Words(), nullable=False),
    Column("value", BigInteger(), nullable=False),
    PrimaryKeyConstraint("series", name="counters_key"),
)
"""Series of numbers without gaps; see ``Tx.number``."""
