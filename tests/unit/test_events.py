from __future__ import annotations

import re

from vault_svc.domain.events import EventTag


def test_tags_keep_the_naming_rule() -> None:
    """A noun, a dot, what happened; the member's name is the tag's."""
    for tag in EventTag:
        assert re.fullmatch(r"[a-z]+\.[a-z]+(_[a-z]+)*", tag)
        assert tag.name == tag.value.replace(".", "_").upper()


def test_tags_are_sorted_and_there_once() -> None:
    """Whoever looks for a tag finds it, and none is given twice."""
    values = [tag.value for tag in EventTag]

    assert values == sorted(values)
    assert len(set(values)) == len(EventTag.__members__)
