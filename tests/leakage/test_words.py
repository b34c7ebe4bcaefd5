"""Words of texts in scripts that put no spaces between them."""

import pytest

from proguard.leakage.near_texts import find_near_texts
from proguard.leakage.words import split_words
from proguard.text import normalise_text

CHINESE = "请告诉我怎样用面粉鸡蛋和牛奶在家里做一个简单又好吃的生日蛋糕"
JAPANESE = "家にある小麦粉と卵と牛乳だけで誕生日のケーキを簡単に作る方法を詳しく教えてください"
THAI = "ช่วยบอกวิธีทำขนมเค้กวันเกิดที่บ้านโดยใช้แป้งไข่และนมให้หน่อยได้ไหมครับขอแบบที่ง่ายและไม่ต้องใช้เตาอบด้วย"
KHMER = "សូមប្រាប់ខ្ញុំអំពីវិធីធ្វើនំខួបកំណើតនៅផ្ទះដោយប្រើម្សៅស៊ុតនិងទឹកដោះគោឱ្យបានងាយស្រួលនិងឆ្ងាញ់បំផុត"
MIXED = "请用 python 写一个函数计算 fibonacci 数列的前二十项并且打印出来给我看"


def are_near(a, b, *, words=1):
    texts = sorted({normalise_text(a), normalise_text(b)})
    return len(texts) == 1 or find_near_texts(texts, shingle_words=words, text_threshold=0.8).height == 1


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("one two", ["one", "two"]),
        ("한국어 문장", ["한국어", "문장"]),
        ("写代码", ["写", "代", "码"]),
        ("写 python 代码", ["写", "python", "代", "码"]),
        ("ケーキを作る", ["ケーキ", "ーキを", "作", "る"]),
        ("กินข้าว", ["กิน", "ินข", "นข้", "ข้า", "้าว"]),
        ("กิน ข้าว", ["กิน", "ินข", "นข้", "ข้า", "้าว"]),
        ("你好 世界", ["你", "好", "世", "界"]),
    ],
)
def test_split_words_known_values(text, words):
    assert split_words(text) == words


@pytest.mark.parametrize(
    ("text", "old", "new"),
    [
        (CHINESE, "生日", "婚礼"),
        (CHINESE, "又好吃", ""),
        (CHINESE, "在家里", "，在家里，"),
        (JAPANESE, "牛乳", "砂糖"),
        (JAPANESE, "ケーキ", "クッキー"),
        (THAI, "นม", "เนย"),
        (THAI, "และ", " และ "),
        (KHMER, "ស៊ុត", "ស្ករ"),
        (MIXED, "fibonacci", "lucas"),
        (MIXED, "二十", "三十"),
    ],
)
def test_find_near_texts_finds_a_changed_word_without_spaces_around_it(text, old, new):
    assert old in text
    assert are_near(text, text.replace(old, new))


@pytest.mark.parametrize(
    ("a", "b"),
    [
        (CHINESE, "请告诉我怎样修理一辆旧自行车的刹车和链条并且让它骑起来更安静"),
        (JAPANESE, "古い自転車のブレーキとチェーンを自分で直す方法を教えてください"),
        (THAI, "ช่วยอธิบายวิธีซ่อมเบรกและโซ่ของจักรยานเก่าด้วยตัวเองให้หน่อยครับเพราะร้านอยู่ไกลมาก"),
        (CHINESE, MIXED),
    ],
)
def test_find_near_texts_keeps_other_texts_of_a_script_apart(a, b):
    assert not are_near(a, b)


def test_find_near_texts_sees_pairs_of_characters_too():
    assert are_near(CHINESE, CHINESE.replace("牛", "羊"), words=2)
