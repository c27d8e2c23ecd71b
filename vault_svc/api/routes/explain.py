"""Why, why not, who must agree, and when next."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query

from vault_svc.api import views
from vault_svc.api.deps import Ctx, Language, Who, needs
from vault_svc.api.schemas import Id, Moment, Word
from vault_svc.domain.permissions import ObjectRef, Permission
from vault_svc.services import explain

router = APIRouter(prefix="/explain", tags=["explain"])


@router.get("", openapi_extra=needs(Permission.EXPLAIN_SELF))
def why(
    *,
    context: Ctx,
    caller: Who,
    language: Language,
    person: Annotated[Id, Query()],
    action: Annotated[Word, Query()],
    obj: Annotated[Word, Query(alias="object")],
    at: Annotated[Moment | None, Query()] = None,
) -> dict[str, Any]:
    """What the rules say of a person, an act and an object, at a time."""
    kind, _, name = obj.partition(":")
    told = explain.explain(context, caller, person=person, action=action, obj=ObjectRef(kind, name), at=at)
    return {
        "decision": told.decision,
        "because": [{"rule": b.rule, "text": b.text.in_language(language), "source": b.source} for b in told.because],
        "missing": [
            {
                "what": m.what.in_language(language),
                "who": m.who.in_language(language),
                "how": m.how.in_language(language),
            }
            for m in told.missing
        ],
        "when_next": views.moment_or_none(told.when_next),
    }
