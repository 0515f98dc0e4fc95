"""Which language a visitor asks for, in five languages, with and without diacritics."""

from __future__ import annotations

import pytest

from bot.wording import load_wording

ASKED = [
    ("slikti runāju latviski, var krieviski?", "ru"),
    ("I don't speak Latvian, English please", "en"),
    ("i dont speak latvian english please", "en"),
    ("do you speak Polish", "pl"),
    ("English not Russian", "en"),
    ("not in Russian, in English", "en"),
    ("my Czech is bad, could we do Latvian", "lv"),
    ("could you write in Polish, my English is poor", "pl"),
    ("switch from Russian to English", "en"),
    ("English instead of Russian", "en"),
    ("don't you have Czech?", "cs"),
    ("eng pls", "en"),
    ("vai runājat angļu valodā", "en"),
    ("anglu val ludzu", "en"),
    ("nesaprotu krieviski", None),
    ("nesaprotu krieviski, rakstiet latviski", "lv"),
    ("ne krievu bet polu valodā", "pl"),
    ("var pa poļu?", "pl"),
    ("čehu valoda ir?", "cs"),
    ("cehu valoda", "cs"),
    ("vai nerunājat krieviski?", "ru"),
    ("latviesu valoda ludzu", "lv"),
    ("можно на английский", "en"),
    ("не на русском, а на латышском", "lv"),
    ("плохо понимаю по-латышски давайте по-русски", "ru"),
    ("рус есть?", "ru"),
    ("латыш", "lv"),
    ("по чешски", "cs"),
    ("вы говорите по-польски?", "pl"),
    ("po russki mozhno?", "ru"),
    ("można po angielsku?", "en"),
    ("nie mówię po polsku, english", "en"),
    ("po polsku nie rozumiem można po angielsku", "en"),
    ("po łotewsku", "lv"),
    ("po rosyjsku proszę", "ru"),
    ("po czesku sie da", "cs"),
    ("słabo mówię po polsku", None),
    ("anglicky prosim", "en"),
    ("česky moc nerozumím, angličtina?", "en"),
    ("mluvíte rusky", "ru"),
    ("cesky", "cs"),
    ("polštinu nemáte?", "pl"),
    ("lotyšsky", "lv"),
    ("misto anglicky radsi polsky", "pl"),
    ("you don't speak Russian?", "ru"),
    ("our address is info@firma.lv", None),
    ("we are in Latvia", None),
    ("jesteśmy na Litwie", None),
    ("можно українською?", None),
    ("in my language please", None),
    ("hello", None),
    ("", None),
]


@pytest.mark.parametrize(("text", "language"), ASKED)
def test_finds_the_one_asked_for(text: str, language: str | None) -> None:
    assert load_wording().language_named_in(text) == language


@pytest.mark.parametrize("language", ["en", "lv", "ru", "pl", "cs"])
def test_knows_each_by_its_own_name(language: str) -> None:
    wording = load_wording()
    assert wording.language_named_in(wording.languages[language].own_name) == language


def test_reads_a_hostile_text_quickly_enough() -> None:
    assert load_wording().language_named_in("not " * 50_000 + "english") is None
