from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from zxcvbn import matching, zxcvbn

from tests.unit.password_cases import lore
from vault_svc.adapters.strength import SEEN


@pytest.mark.parametrize("value", ["", "a", "password", "aaaaaaaaaaaaaaaa", "qwertyuiop", "20241111", "abcabcabcabc"])
def test_what_falls_at_once_scores_nothing_or_little(value: str) -> None:
    """The empty value too, at which the library itself fails."""
    assert lore().score(value) <= 1


@pytest.mark.parametrize(("value", "without"), [("Zhifubao#88", 4), ("我爱你一生一世啊", 2), ("taobao2024", 3)])
def test_chinese_words_are_known(value: str, without: int) -> None:
    """The library's own dictionaries know no Chinese."""
    assert zxcvbn(value)["score"] == without
    assert lore().score(value) < without


def test_only_the_first_72_are_looked_at() -> None:
    """The library raises beyond; a weak beginning is not mended by a long end."""
    weak = "a" * SEEN

    assert lore().score(weak + "Hq7!vTz2kM") == lore().score(weak)
    with pytest.raises(ValueError, match="72"):
        zxcvbn(weak + "a")


@given(value=st.text(st.characters(), max_size=128))
@example(value="\u0130" * 40)
@example(value="\ud800\n\x00")
@example(value="①²½٣" * 20)
def test_any_value_has_a_score(value: str) -> None:
    """Whatever is typed."""
    assert lore().score(value) in range(5)


@given(value=st.text("abcdeXYZ 23456789-.", min_size=1, max_size=40))
def test_more_words_never_make_a_value_stronger(value: str) -> None:
    """Our dictionary is one more beside the library's."""
    assert lore().score(value) <= zxcvbn(value)["score"]


def test_a_hostile_value_is_not_tried_in_thousands_of_readings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every leet sign has up to four readings, which multiply; the library would sit over this one for seconds."""
    hostile = "4@8({[<3691!|10$5+7%2" * 3
    tried: list[int] = []
    enumerate_all = matching.enumerate_l33t_subs

    def counted(table: dict[str, list[str]]) -> list[dict[str, str]]:
        found: list[dict[str, str]] = enumerate_all(table)
        tried.append(len(found))
        return found

    monkeypatch.setattr(matching, "enumerate_l33t_subs", counted)

    assert lore().score(hostile) in range(5)

    assert tried
    assert max(tried) <= 16


def test_many_can_ask_at_once() -> None:
    """Nothing is kept between two values."""
    values = ["Zhifubao#88", "Kranich-Teller-Nord", "aaaaaaaaaaaaaaaa"] * 8
    start = threading.Barrier(8)

    def score(value: str) -> int:
        start.wait(timeout=30)
        return lore().score(value)

    with ThreadPoolExecutor(8) as pool:
        scores = list(pool.map(score, values))

    assert scores == [lore().score(value) for value in values]


def test_common_passwords_are_ours_and_the_librarys() -> None:
    """Chinese ones from policies, the bulk of the English ones from zxcvbn, all folded."""
    common = lore().common

    assert {"woaini", "zhifubao", "我爱你", "trustno1", "password", "qwerty"} <= common
    assert len(common) > 30_000


@pytest.mark.parametrize("name", ["", "Anna Smith", "!!!", "🙂"])
def test_a_name_without_chinese_has_no_pinyin(name: str) -> None:
    """It is an own word as it stands."""
    assert lore().pinyin(name) == ()


@pytest.mark.parametrize(
    ("name", "forms"),
    [
        ("张三", {"zhangsan", "sanzhang", "zhang", "san", "zs", "zhangs", "szhang"}),
        ("王小明", {"wangxiaoming", "xiaomingwang", "wang", "xiaoming", "wxm", "wangxm", "xmwang"}),
        ("欧阳小明", {"ouyangxiaoming", "ouyang", "xiaoming", "oyxm", "ouyangxm"}),
        ("曾小单", {"zengxiaoshan", "cengxiaodan"}),
        ("吕布", {"lvbu", "lubu", "lyubu"}),
    ],
)
def test_a_chinese_name_in_all_its_spellings(name: str, forms: set[str]) -> None:
    """Family name of one or two syllables, initials, more than one reading, ü typed as v, u or yu."""
    assert forms <= set(lore().pinyin(name))


def test_a_long_name_has_a_bounded_number_of_spellings() -> None:
    """Readings multiply; what is asked at every change of a password must not."""
    assert len(lore().pinyin("重行长乐单曾盖朝" * 8)) < 1000
