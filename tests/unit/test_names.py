from __future__ import annotations

import unicodedata

import pytest
from confusable_homoglyphs.confusables import confusables_data
from hypothesis import given
from hypothesis import strategies as st

from vault_svc.domain import names
from vault_svc.domain.confusables import skeleton
from vault_svc.domain.errors import Invalid

HOSTILE = {
    "empty": "",
    "dot": ".",
    "dots": "..",
    "walk": "a/../b",
    "double slash": "a//b",
    "backslash": "a\\b",
    "nul": "a\x00b",
    "tab": "a\tb",
    "line break": "a\nb",
    "last line break": "ab\n",
    "escaped": "%2e%2e",
    "override": "a\u202eb",
    "isolate": "a\u2066b",
    "zero width space": "a\u200bb",
    "zero width joiner": "a\u200db",
    "soft hyphen": "a\u00adb",
    "byte order mark": "\ufeffab",
    "surrogate": "a\ud800",
    "private": "a\ue000",
    "unassigned": "a\U000e0080",
    "hangul filler": "a\u3164",
    "65 characters": "a" * 65,
    "wide dots": "\uff0e\uff0e",
    "wide slash": "a\uff0fb",
    "two dot leader": "\u2025",
}
ROLES = ("general_manager", "it_lead", "auditor", "planner")

login_names = st.from_regex(r"[a-z0-9]([a-z0-9._-]{0,20}[a-z0-9])?", fullmatch=True)


@pytest.mark.parametrize("typed", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_login_name(typed: str) -> None:
    """What could be a path, hide or be too long is no login name, neither to create nor to sign in."""
    assert names.sign_in_name(typed) is None
    with pytest.raises(Invalid):
        names.canonical_name(typed)


@pytest.mark.parametrize("written", [*HOSTILE.values(), "\uff41", "张三", "a:b", "a b"])
def test_hostile_id(written: str) -> None:
    """An id is one segment of a path in plain ASCII; wide letters are not folded into it."""
    with pytest.raises(Invalid):
        names.check_id(written)


@pytest.mark.parametrize(
    "typed",
    [
        *(text for name, text in HOSTILE.items() if name in {"nul", "tab", "override", "isolate", "zero width joiner"}),
        *(text for name, text in HOSTILE.items() if name in {"surrogate", "private", "unassigned", "hangul filler"}),
        *(text for name, text in HOSTILE.items() if name in {"empty", "65 characters", "line break", "soft hyphen"}),
        " 天猫",
        "天猫\u3000",
        "天\u00a0猫",
        "天\u2028猫",
        "\u0301a",
        "e" + "\u0301\u0302\u0303\u0304\u0305\u0306",
        "\u2800",
    ],
)
def test_hostile_display(typed: str) -> None:
    """Words shown to people hide nothing, forge nothing and fit on a line."""
    with pytest.raises(Invalid):
        names.check_display(typed)


@pytest.mark.parametrize("check", [names.canonical_name, names.check_id, names.check_display])
def test_no_echo(check: object) -> None:
    """An error never repeats what was typed: it could have been a password in the wrong field."""
    typed = "Hunter2/Geheim\x00"

    with pytest.raises(Invalid) as caught:
        check(typed)  # type: ignore[operator]  # each of the three takes a text

    told = [caught.value.detail, *(violation.text for violation in caught.value.violations)]
    assert len(told) == 2
    assert not any("Hunter2" in words for text in told for words in text)
    assert "Hunter2" not in repr(caught.value)


def test_violation_names_the_field() -> None:
    """The violation carries the field that the caller names."""
    with pytest.raises(Invalid) as caught:
        names.check_id("..", field="payload.account")

    assert [(v.code, v.field) for v in caught.value.violations] == [("bad_id", "payload.account")]


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("zongjingli", "zongjingli"),
        ("ZongJingLi", "zongjingli"),
        ("\uff5a\uff4a\uff4c", "zjl"),
        ("kefu-zao", "kefu-zao"),
        ("7", "7"),
    ],
)
def test_one_identity(typed: str, stored: str) -> None:
    """Case and width of the typing do not make another person."""
    assert names.canonical_name(typed) == stored
    assert names.sign_in_name(typed) == stored


@pytest.mark.parametrize("typed", ["-a", "a-", ".a", "a.", "_a", "a_"])
def test_separators_at_the_edges(typed: str) -> None:
    """A login name begins and ends with a letter or a digit."""
    assert names.sign_in_name(typed) is None


def test_ids_meet_in_small_letters() -> None:
    """Two spellings of an id that the vault would mix up are one id."""
    assert names.check_id("Use-Alipay") == names.check_id("use-alipay") == "use-alipay"


@pytest.mark.parametrize(
    "typed", ["天猫旗舰店 后台", "支付宝\u3000登录", "Müller", "M😀ail", "市场部(电子商务部)", "字" * 64]
)
def test_display(typed: str) -> None:
    """Chinese, accents, emoji and inner spaces are fine, up to 64 code points."""
    assert names.check_display(typed) == unicodedata.normalize("NFC", typed)


@pytest.mark.parametrize(
    ("name", "role"),
    [
        ("auditor", "auditor"),
        ("p1anner", "planner"),
        ("it_lead", "it_lead"),
        ("it-lead", "it_lead"),
        ("1t.lead", None),
        ("it.1ead", "it_lead"),
        ("generalmanager", "general_manager"),
        ("genera1-manager", "general_manager"),
        ("generalrnanager", "general_manager"),
    ],
)
def test_looks_like_role(name: str, role: str | None) -> None:
    """A name that reads as a role is found, whatever stands between its words."""
    assert names.looks_like_role(name, ROLES) == role


@pytest.mark.parametrize(
    ("name", "taken"), [("adrnin", "admin"), ("zongjing1i", "zongjingli"), ("zhao0", "zhaoo"), ("same", "same")]
)
def test_looks_like_taken_name(name: str, taken: str) -> None:
    """A name that reads as another one is refused for a new person."""
    with pytest.raises(Invalid) as caught:
        names.new_login_name(name, roles=ROLES, taken=["other", taken])

    assert [violation.code for violation in caught.value.violations] == ["name_looks_taken"]


def test_role_is_no_new_name() -> None:
    """Nobody is called like a role: pycasbin would give a subject of that spelling the role."""
    with pytest.raises(Invalid) as caught:
        names.new_login_name("It-Lead", roles=ROLES, taken=[])

    assert [violation.code for violation in caught.value.violations] == ["name_is_role"]


def test_new_name() -> None:
    """A name that looks like nothing else is given in its one spelling."""
    assert names.new_login_name("Li.Lei", roles=ROLES, taken=["hanmeimei", "lilei"]) == "li.lei"


@pytest.mark.parametrize("pair", [("а", "a"), ("ρ", "p"), ("Ⅰ", "l"), ("ⅿ", "rn"), ("𝐚", "a"), ("0", "O")])
def test_skeleton_after_uts_39(pair: tuple[str, str]) -> None:
    """Look-alikes of other scripts, widths and alphabets have one skeleton."""
    assert skeleton(pair[0]) == skeleton(pair[1])


def test_skeleton_keeps_what_differs() -> None:
    """Different letters, and the case of a letter, keep their skeletons apart."""
    seen = {skeleton(c) for c in "abcdefghjknopqrstuvwxyz23456789ABCDEFGHJKLMNPQRSTUVWXYZ"}

    assert len(seen) == len("abcdefghjknopqrstuvwxyz23456789ABCDEFGHJKLMNPQRSTUVWXYZ")


def test_skeleton_agrees_with_its_source() -> None:
    """Every pair of the data whose sides are decomposed already has one skeleton."""
    differ = [
        (text, other["c"])
        for text, others in confusables_data.items()
        for other in others
        if unicodedata.is_normalized("NFD", text + other["c"]) and skeleton(text) != skeleton(other["c"])
    ]

    assert differ == []


@given(st.text(max_size=80))
def test_no_hostile_name_passes(typed: str) -> None:
    """Whatever is typed, a name that passes is a plain segment of at most 64 characters, and is its own spelling."""
    name = names.sign_in_name(typed)

    if name is not None:
        assert set(name) <= set("abcdefghijklmnopqrstuvwxyz0123456789._-")
        assert 1 <= len(name) <= 64
        assert name not in {".", ".."}
        assert names.sign_in_name(name) == name


@given(st.text(max_size=70))
def test_display_is_stable(typed: str) -> None:
    """What may be shown may be shown again unchanged."""
    try:
        shown = names.check_display(typed)
    except Invalid:
        return

    assert names.check_display(shown) == shown
    assert shown.isprintable() or "\u3000" in shown


@given(st.text(max_size=40))
def test_skeleton_is_stable(text: str) -> None:
    """The skeleton of a skeleton is itself: equal skeletons are an equivalence, and one of its texts stands for all."""
    assert skeleton(skeleton(text)) == skeleton(text)


@given(login_names, st.data())
def test_look_is_an_equivalence(name: str, data: st.DataObject) -> None:
    """Whatever look-alikes are put in, in several rounds, the name goes on looking the same, both ways round."""
    swaps = {"l": "1", "1": "l", "o": "0", "0": "o", "m": "rn"}
    first = "".join(data.draw(st.sampled_from([c, swaps.get(c, c)])) for c in name)
    second = "".join(data.draw(st.sampled_from([c, swaps.get(c, c)])) for c in first)

    assert names.looks_like(first, [name]) == name
    assert names.looks_like(name, [first]) == first
    assert names.looks_like(second, [name]) == name
