"""What a dry run of an import shows: plain JSON, without any value."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from vault_svc.domain.account_import import ImportPlan
    from vault_svc.domain.texts import Text


def report(plan: ImportPlan) -> dict[str, Any]:
    """Return the plan as people and programs read it; of each secret only which fields it has."""
    return {
        "format": plan.format.value,
        "ready": plan.ready,
        "opens": [
            {"where": planned.where, "account": dict(planned.account), "fields": sorted(planned.values)}
            for planned in plan.opens
        ],
        "gaps": [{"where": gap.where, "code": gap.code, **_words(gap.text)} for gap in plan.gaps],
        "losses": [{"where": loss.where, "code": loss.code, **_words(loss.text)} for loss in plan.losses],
        "duplicates": [list(group) for group in plan.duplicates],
        "skipped": list(plan.skipped),
    }


def _words(text: Text) -> dict[str, str]:
    return {"zh": text.zh, "en": text.en}
