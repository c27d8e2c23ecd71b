"""ACC-1: the kinds of official accounts are the regulations' list, and a new kind is data, not code."""

from __future__ import annotations

import pytest

from tests.unit.company_cases import changed, found, line_of, policies
from vault_svc.adapters.companyfile import parse
from vault_svc.adapters.policyfiles import KINDS, load_dir, read_policies, shipped_dir
from vault_svc.domain.company_file import read_company

OF_THE_REGULATIONS = (
    "site_back_office",
    "community_back_office",
    "tenpay",
    "online_banking",
    "alipay",
    "shop_platform",
    "domain_registration",
    "trademark_file",
    "company_mail",
    "blog",
    "source_code_hosting",
)


def test_unknown_kind_is_refused() -> None:
    """An account of a kind that no policy file lists is no account (ACC-1)."""
    text = changed('kind = "tenpay"', 'kind = "livestream"')

    assert ("unknown_kind", line_of(text, 'kind = "livestream"')) in found(text)


@pytest.mark.parametrize("kind", OF_THE_REGULATIONS)
def test_kind_of_the_regulations(kind: str) -> None:
    """Each kind that the regulations name is there, with a name in both languages (ACC-1)."""
    known = policies().account_kinds.by_id.get(kind)

    assert known is not None
    assert known.names.zh
    assert known.names.en


def test_new_kind_is_data() -> None:
    """A table more in kinds.toml, and the company file may use the kind (ACC-1)."""
    files = load_dir(shipped_dir())
    files[KINDS] += '\n[kind.livestream]\nzh = "直播平台"\nen = "live streaming"\n'
    source = parse(changed('kind = "tenpay"', 'kind = "livestream"').encode(), file="company.toml", faults=[])
    assert source is not None

    document, faults = read_company(source, read_policies(files))

    assert faults == ()
    assert document is not None
    assert "livestream" in {account.kind for account in document.accounts}
