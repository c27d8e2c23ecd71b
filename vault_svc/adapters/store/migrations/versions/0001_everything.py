"""Everything that the first release keeps.

The columns are written out here and not read off the domain's classes: what a revision makes never changes afterwards.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa
from alembic import op

if TYPE_CHECKING:
    from collections.abc import Sequence

revision = "0001"
down_revision = None

_WORDS: Final = sa.Text().with_variant(sa.String(collation="C"), "postgresql")
_TYPES: Final[dict[str, sa.types.TypeEngine[Any]]] = {
    "bytes": sa.LargeBinary(),
    "day": sa.Date(),
    "moment": sa.String(32).with_variant(sa.DateTime(timezone=True), "postgresql"),
    "number": sa.BigInteger(),
    "words": _WORDS,
    "yes_no": sa.Boolean(create_constraint=False),
}
_FOR_EVER: Final = ("checkpoints", "events", "exposures", "votes")


def upgrade() -> None:
    """Make all tables, their indexes and the triggers that keep the record append-only."""
    for make in (_people, _accounts, _requests, _company, _operations, _record):
        make()
    for table in _FOR_EVER:
        _append_only(table)


def _append_only(table: str) -> None:
    """Have the engine refuse to alter or delete rows, whoever asks."""
    if op.get_bind().dialect.name == "sqlite":
        for act in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_refuse_{act.lower()} BEFORE {act} ON {table}"
                f" BEGIN SELECT RAISE(ABORT, '{table} are append-only'); END"
            )
        return
    op.execute(
        f"CREATE FUNCTION {table}_are_append_only() RETURNS trigger LANGUAGE plpgsql AS"
        f" $$ BEGIN RAISE EXCEPTION '{table} are append-only' USING ERRCODE = 'restrict_violation'; END $$"
    )
    for act, each in (("UPDATE", "ROW"), ("DELETE", "ROW"), ("TRUNCATE", "STATEMENT")):
        op.execute(
            f"CREATE TRIGGER {table}_refuse_{act.lower()} BEFORE {act} ON {table}"
            f" FOR EACH {each} EXECUTE FUNCTION {table}_are_append_only()"
        )


def _table(name: str, columns: str, *rules: sa.schema.SchemaItem, key: Sequence[str] = ("id",)) -> None:
    """Make a table out of ``name:type`` words; a question mark lets the column be empty."""
    made = []
    for word in columns.split():
        column, _, kind = word.partition(":")
        made.append(sa.Column(column, _TYPES[kind.removesuffix("?")], nullable=kind.endswith("?")))
    op.create_table(name, *made, sa.PrimaryKeyConstraint(*key, name=f"{name}_key"), *rules)


def _only_where(name: str, table: str, columns: list[str], condition: str) -> None:
    op.create_index(
        name, table, columns, unique=True, sqlite_where=sa.text(condition), postgresql_where=sa.text(condition)
    )


def _people() -> None:
    """People, their posts, passwords and sessions."""
    _table(
        "departments",
        "id:words name:words head:words",
    )
    _table(
        "people",
        "name:words display:words department:words? agency:words? mail:words? state:words created_at:moment "
        "known_to_vault:yes_no ended_at:moment?",
        sa.ForeignKeyConstraint(["department"], ["departments.id"], name="people_department_is_known"),
        key=["name"],
    )
    _table(
        "passwords",
        "person:words hash:words state:words set_at:moment expires_at:moment",
        sa.ForeignKeyConstraint(["person"], ["people.name"], name="passwords_person_is_known"),
        key=["person"],
    )
    _table(
        "past_passwords",
        "id:words person:words hash:words set_at:moment",
        sa.ForeignKeyConstraint(["person"], ["people.name"], name="past_passwords_person_is_known"),
    )
    op.create_index("past_passwords_by_person", "past_passwords", ["person", "set_at"])
    _table(
        "posts",
        "id:words person:words role:words since:moment until:moment? acting_for:words? serial:words?",
        sa.ForeignKeyConstraint(["person"], ["people.name"], name="posts_person_is_known"),
    )
    op.create_index("posts_by_person", "posts", ["person"])
    op.create_index("posts_by_role", "posts", ["role"])
    _table(
        "sessions",
        "id:words token_hash:words person:words created_at:moment seen_at:moment proved_at:moment "
        "proved_how:words expires_at:moment source:words client:words ended_at:moment?",
        sa.ForeignKeyConstraint(["person"], ["people.name"], name="sessions_person_is_known"),
        sa.UniqueConstraint("token_hash", name="one_session_a_bearer"),
    )
    op.create_index("sessions_by_end", "sessions", ["expires_at"])
    op.create_index("sessions_by_person", "sessions", ["person"])
    _table(
        "try_counters",
        "key:words tries:number first_at:moment locked_until:moment?",
        key=["key"],
    )


def _accounts() -> None:
    """Official accounts, who saw what, and what is owed."""
    _table(
        "official_accounts",
        "id:words name:words kind:words sensitivity:words custodians:words state:words opened_at:moment "
        "url:words? username:words? version:number wanted:number applied:number stand_in:yes_no serial:words? "
        "closed_at:moment?",
        sa.CheckConstraint("applied <= wanted", name="nothing_applied_that_was_not_wanted"),
    )
    _table(
        "deliveries",
        "id:words account:words person:words slot:words version:number fields:words purpose:words "
        "reason:words state:words created_at:moment expires_at:moment serial:words? grant:words? "
        "change:words?",
        sa.ForeignKeyConstraint(["account"], ["official_accounts.id"], name="deliveries_account_is_known"),
        sa.ForeignKeyConstraint(["person"], ["people.name"], name="deliveries_person_is_known"),
    )
    op.create_index("deliveries_by_account", "deliveries", ["account"])
    op.create_index("deliveries_by_person", "deliveries", ["person"])
    op.create_index("deliveries_by_state", "deliveries", ["state", "expires_at"])
    _table(
        "exposures",
        "id:words account:words slot:words version:number person:words at:moment outside:yes_no "
        "delivery:words? serial:words?",
        sa.ForeignKeyConstraint(["account"], ["official_accounts.id"], name="exposures_account_is_known"),
        sa.ForeignKeyConstraint(["person"], ["people.name"], name="exposures_person_is_known"),
    )
    op.create_index("exposures_by_account", "exposures", ["account", "version"])
    op.create_index("exposures_by_person", "exposures", ["person"])
    _table(
        "debts",
        "id:words account:words version:number owner_role:words due_on:day born_at:moment because:words "
        "state:words person:words? serial:words? settled_by:words?",
        sa.ForeignKeyConstraint(["account"], ["official_accounts.id"], name="debts_account_is_known"),
    )
    op.create_index("debts_by_account", "debts", ["account", "state"])
    op.create_index("debts_by_owner", "debts", ["owner_role", "state"])
    _table(
        "check_outs",
        "id:words account:words person:words purpose:words reason:words starts_at:moment until:moment "
        "returned_at:moment? serial:words?",
        sa.ForeignKeyConstraint(["account"], ["official_accounts.id"], name="check_outs_account_is_known"),
        sa.ForeignKeyConstraint(["person"], ["people.name"], name="check_outs_person_is_known"),
    )
    op.create_index("check_outs_by_account", "check_outs", ["account"])
    op.create_index("check_outs_by_person", "check_outs", ["person"])
    _only_where("one_open_check_out_an_account", "check_outs", ["account"], "returned_at IS NULL")


def _requests() -> None:
    """Requests, votes and what they opened."""
    _table(
        "access_requests",
        "serial:words kind:words payload:words reason:words requester:words state:words digest:words "
        "chain:words submitted_at:moment expires_at:moment revision:number starts_at:moment? ends_at:moment? "
        "about:words? object:words? decided_at:moment? carried_out_by:words? carried_out_at:moment? "
        "closed_at:moment? outcome:words?",
        sa.ForeignKeyConstraint(["requester"], ["people.name"], name="access_requests_requester_is_known"),
        key=["serial"],
    )
    op.create_index("access_requests_by_about", "access_requests", ["about"])
    op.create_index("access_requests_by_object", "access_requests", ["object"])
    op.create_index("access_requests_by_requester", "access_requests", ["requester"])
    op.create_index("access_requests_by_state", "access_requests", ["state", "expires_at"])
    op.create_index("access_requests_by_time", "access_requests", ["submitted_at"])
    _table(
        "votes",
        "id:words serial:words revision:number step:number person:words roles:words decision:words "
        "digest:words reason:words at:moment body:bytes signature:words new_digest:words? narrow:words?",
        sa.ForeignKeyConstraint(["person"], ["people.name"], name="votes_person_is_known"),
        sa.ForeignKeyConstraint(["serial"], ["access_requests.serial"], name="votes_serial_is_known"),
        sa.UniqueConstraint("serial", "revision", "person", name="one_vote_a_person"),
    )
    op.create_index("votes_by_person", "votes", ["person"])
    _table(
        "grants",
        "id:words serial:words person:words account:words purpose:words starts_at:moment ends_at:moment "
        "reveals_left:number state:words ended_at:moment?",
        sa.CheckConstraint("starts_at < ends_at", name="a_grant_ends_after_it_starts"),
        sa.CheckConstraint("reveals_left >= 0", name="no_more_reveals_than_granted"),
        sa.ForeignKeyConstraint(["account"], ["official_accounts.id"], name="grants_account_is_known"),
        sa.ForeignKeyConstraint(["person"], ["people.name"], name="grants_person_is_known"),
        sa.ForeignKeyConstraint(["serial"], ["access_requests.serial"], name="grants_serial_is_known"),
        sa.UniqueConstraint("serial", name="one_grant_a_request"),
    )
    op.create_index("grants_by_account", "grants", ["account", "person"])
    op.create_index("grants_by_person", "grants", ["person"])
    op.create_index("grants_by_state", "grants", ["state", "ends_at"])
    _table(
        "account_changes",
        "id:words account:words serial:words person:words state:words base_version:number "
        "staged_version:number begun_at:moment ended_at:moment?",
        sa.ForeignKeyConstraint(["account"], ["official_accounts.id"], name="account_changes_account_is_known"),
        sa.ForeignKeyConstraint(["person"], ["people.name"], name="account_changes_person_is_known"),
        sa.ForeignKeyConstraint(["serial"], ["access_requests.serial"], name="account_changes_serial_is_known"),
    )
    op.create_index("account_changes_by_account", "account_changes", ["account"])
    op.create_index("account_changes_by_serial", "account_changes", ["serial"])
    _only_where(
        "one_live_change_a_request", "account_changes", ["serial"], "state IN ('beginning', 'begun', 'confirming')"
    )
    _only_where(
        "one_live_change_an_account", "account_changes", ["account"], "state IN ('beginning', 'begun', 'confirming')"
    )


def _company() -> None:
    """What the company file brings beside people and accounts."""
    _table(
        "companies",
        "id:words name:words timezone:words incident_partner:words file_digest:words opened_at:moment",
    )
    _table(
        "registered_databases",
        "id:words name:words engine:words body:words active:yes_no",
    )
    _table(
        "engagements",
        "id:words agency:words name:words body:words active:yes_no",
    )


def _operations() -> None:
    """The service's own work."""
    _table(
        "messages",
        "id:words topic:words payload:words created_at:moment not_before:moment attempts:number "
        "done_at:moment? error:words? result:words? key:words?",
        sa.UniqueConstraint("key", name="owed_once"),
    )
    op.create_index("messages_by_topic", "messages", ["topic"])
    op.create_index("messages_by_turn", "messages", ["done_at", "not_before"])
    _table(
        "heartbeats",
        "name:words at:moment body:words",
        key=["name"],
    )
    _table(
        "answers",
        "id:words person:words call_digest:words status:number body:words at:moment",
    )
    op.create_index("answers_by_time", "answers", ["at"])
    _table(
        "policy_sets",
        "version:number files:words digest:words since:moment serial:words?",
        key=["version"],
    )
    _table(
        "counters",
        "series:words value:number",
        key=["series"],
    )


def _record() -> None:
    """The record itself."""
    _table(
        "events",
        "stream:words seq:number id:words at:moment action:words actor:words on_behalf:words? obj:words "
        "verdict:words rule:words? serial:words? source:words prev:words hash:words body:bytes",
        sa.UniqueConstraint("id", name="one_event_an_id"),
        key=["stream", "seq"],
    )
    op.create_index("events_by_action", "events", ["action", "id"])
    op.create_index("events_by_actor", "events", ["actor", "id"])
    op.create_index("events_by_object", "events", ["obj", "id"])
    op.create_index("events_by_on_behalf", "events", ["on_behalf", "id"])
    op.create_index("events_by_rule", "events", ["rule", "id"])
    op.create_index("events_by_serial", "events", ["serial", "id"])
    op.create_index("events_by_time", "events", ["at", "id"])
    _table(
        "checkpoints",
        "id:words at:moment heads:words signature:words",
    )
    op.create_index("checkpoints_by_time", "checkpoints", ["at"])
