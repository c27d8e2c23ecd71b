"""What is typed after --set, --from and --until becomes what the API takes."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from vault_svc.cli.failures import Failure
from vault_svc.cli.values import moment, payload
from vault_svc.services.kinds import spec

if TYPE_CHECKING:
    from pathlib import Path

NOW = datetime(2026, 12, 5, 10, 0, 0, 123456, tzinfo=UTC)


@pytest.mark.parametrize("setting", ["", "account", "=x", "a:=nonsense", "note=@/no/such/file"])
def test_what_is_no_setting_is_refused(setting: str) -> None:
    """A setting that can't be read is a wrong usage."""
    with pytest.raises(Failure) as found:
        payload([setting], spec("account.change").schema())

    assert found.value.exit_code == 2


@pytest.mark.parametrize(
    ("kind", "settings", "made"),
    [
        ("account.use", ["account=alipay", "purpose=operations"], {"account": "alipay", "purpose": "operations"}),
        ("account.custody", ["account=a", "add=it_lead, x"], {"account": "a", "add": ["it_lead", "x"]}),
        ("account.custody", ['add:=["it_lead"]'], {"add": ["it_lead"]}),
        ("post.assign", ["person=p", "post=x", "end=true"], {"person": "p", "post": "x", "end": True}),
        (
            "account.open",
            ["account.id=x", "account.custodians=it_lead"],
            {"account": {"id": "x", "custodians": ["it_lead"]}},
        ),
        ("account.change", ["note=a=b"], {"note": "a=b"}),
        ("account.change", ["no_such=1"], {"no_such": "1"}),
    ],
)
def test_settings_follow_the_schema(kind: str, settings: list[str], made: dict[str, Any]) -> None:
    """Lists, switches and objects are made as the kind's schema has them; the rest stays text."""
    assert payload(settings, spec(kind).schema()) == made


def test_a_file_keeps_its_bytes(tmp_path: Path) -> None:
    """A policy file goes in whole, under its own name with a dot in it."""
    file = tmp_path / "chains.toml"
    file.write_bytes(b"a = 1\r\n\xe5\xae\xa1\n")

    made = payload([f"files.chains.toml=@{file}"], spec("policy.change").schema())

    assert made == {"files": {"chains.toml": "a = 1\r\n审\n"}}


@pytest.mark.parametrize("written", ["tomorrow", "+2", "+2y", "2026-13-01"])
def test_what_is_no_time_is_refused(written: str) -> None:
    """A time that can't be read is a wrong usage."""
    with pytest.raises(Failure):
        moment(written, now=NOW)


def test_times() -> None:
    """A span counts from now; a whole time keeps its offset."""
    assert moment(None) is None
    assert moment("+2h", now=NOW) == "2026-12-05T12:00:00+00:00"
    assert datetime.fromisoformat(moment("2026-12-05T18:00:00+08:00") or "") == NOW.replace(microsecond=0)
    assert datetime.fromisoformat(moment("2026-12-05 18:00") or "").tzinfo is not None
