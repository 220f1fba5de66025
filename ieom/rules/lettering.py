"""Which signs a text may be written with: none that is not seen, none that only looks like a letter, and the letters of its
language. What reads alike must be written alike, or no rule about words holds."""

from __future__ import annotations

import re
import unicodedata

LATIN = frozenset({"en", "tr", "az", "tk", "hu"})
CYRILLIC = frozenset({"ru"})
"""Languages written in one alphabet alone; Kazakh, Kyrgyz and Uzbek are written in either."""
ALIKE = str.maketrans(
    {"ı": "i", "ə": "e", "Ə": "E", "ł": "l", "ø": "o", "đ": "d", "æ": "ae", "œ": "oe", "ß": "ss", "ð": "d", "þ": "th"}
    | dict.fromkeys("ʻʼʹ‘’`´", "'") | dict.fromkeys("‐‑–—", "-")
)  # fmt: skip
_CYRILLIC = frozenset("абвгдежзийклмнопрстуфхцчшщъыьэюяёіїєґўәғқңөұүһҳҷ")
_APOSTROPHES = "ʻʼʹ"
_STEERING = re.compile("[\u202a-\u202e\u2066-\u2069\u200b\u2060\ufeff]")
_WORD = re.compile(r"[^\W\d_]+")
_ADDRESS = re.compile(
    r"\S*@\S+|\S*://\S+|\bwww\.\S+|\b[\w-]+(?:\.[\w-]+)*\.(?:example|org|com|int|net|info|eu|kz|az|tr|kg|uz|tm|hu|ru)\b\S*"
)


def unseen(sign: str) -> bool:
    """Whether a sign is not seen: one that turns the direction of what follows, a zero-width one, half of a pair, one
    without a meaning (Unicode categories Cf, Cs, Co, Cn)."""
    return unicodedata.category(sign) in {"Cf", "Cs", "Co", "Cn"}


def hidden(text: str) -> list[int]:
    """The places of signs that are not seen. A joiner or its opposite between letters of an alphabet that needs it
    (Persian, Hindi) is none of them: names are written with it."""
    return [place for place, sign in enumerate(text) if unseen(sign) and not _joins(text, place)]


def steering(text: str) -> list[int]:
    """The places of signs that turn the direction of what follows, or have no width and join nothing. Nobody types one; in
    free texts the other signs that are not seen are let be, for emoji and letters of other alphabets are written with them."""
    return [found.start() for found in _STEERING.finditer(text)]


def named(sign: str) -> str:
    """A sign by its number and name, to be printed safely."""
    return f"U+{ord(sign):04X} {unicodedata.name(sign, 'no character')}".lower().replace("u+", "U+", 1)


def strange(line: str) -> str | None:
    """What is wrong with the signs of a line, or None."""
    hidden = next((sign for sign in line if unseen(sign)), None)
    if hidden is not None:
        return f"a sign that is not seen ({named(hidden)}); write the words anew instead of copying them"
    line = unicodedata.normalize("NFC", line)
    for sign in line:
        if unicodedata.category(sign) in {"Mn", "Me", "Mc"}:
            return f"a mark apart from its letter ({named(sign)}); type the letter with it"
        if _no_letter(sign):
            return f"'{sign}' ({named(sign)}), which only looks like a letter or figure; write plain ones"
    for word in _WORD.findall(line):
        if len({_script(letter) for letter in word} - {""}) > 1:
            told = ", ".join(
                f"'{letter}' is {_script(letter)}" for letter in dict.fromkeys(word) if _lesser(word, letter)
            )
            return f"the word '{word}', whose letters are of two alphabets ({told}); type it anew in one"
    inside = re.search(r"[^\W_]*[^\W\d_]\d+[^\W\d_][^\W_]*", _ADDRESS.sub(" ", line))
    if inside:
        return f"'{inside.group()}', a word with a figure in it; write it in letters"
    apart = re.search(r"\b(?:[a-z] ){3,}", line, re.IGNORECASE)
    if apart:
        return f"'{apart.group().strip()}', letters apart; write the word"
    return None


def unfit(text: str, language: str) -> str | None:
    """Why a text can't be in its language, by its letters; or None. Addresses are left out of it; a name may stand in
    Latin letters among Cyrillic ones, another word may not."""
    words = _WORD.findall(_ADDRESS.sub(" ", text))
    cyrillic = [word for word in words if _script(word[0]) == "Cyrillic"]
    latin = [word for word in words if _script(word[0]) == "Latin"]
    mostly = "Cyrillic" if sum(map(len, cyrillic)) > sum(map(len, latin)) else "Latin"
    if language in CYRILLIC and mostly != "Cyrillic":
        return "it is in Latin letters; this language is written in Cyrillic ones"
    if language in LATIN or (mostly == "Latin" and language in {"kk", "ky", "uz"}):
        return f"'{cyrillic[0]}' is in Cyrillic letters; write it in Latin ones" if cyrillic else None
    small = [word for word in latin if word.islower()] if mostly == "Cyrillic" else []
    return f"'{small[0]}' is in Latin letters, and no name; write it in Cyrillic ones" if small else None


def folded(text: str) -> str:
    """The text as it is looked through for words: plain letters without their marks."""
    plain = unicodedata.normalize("NFKD", text.translate(ALIKE))
    return "".join(sign for sign in plain if not unicodedata.combining(sign)).translate(ALIKE)


def _joins(text: str, place: int) -> bool:
    beside = (text[place - 1 : place], text[place + 1 : place + 2])
    return text[place] in "\u200c\u200d" and all(
        one and unicodedata.category(one)[0] in "LM" and not _script(one) for one in beside
    )


def _no_letter(sign: str) -> bool:
    if sign.isascii() or sign in _APOSTROPHES or sign in "№™":
        return False
    if unicodedata.category(sign)[0] == "L":
        return _script(sign) == ""
    alike = unicodedata.normalize("NFKC", sign)
    return (
        unicodedata.category(sign) in {"Nd", "Nl"}
        or any(one.isalpha() for one in alike)
        or "LETTER" in unicodedata.name(sign, "")
    )


def _script(letter: str) -> str:
    """'Latin' or 'Cyrillic'; empty for what belongs to both, or to neither."""
    if letter.lower() in _CYRILLIC:
        return "Cyrillic"
    if letter in _APOSTROPHES:
        return ""
    plain = folded(unicodedata.normalize("NFC", letter))
    whole = unicodedata.normalize("NFKD", letter)[:1]
    return "Latin" if plain.isascii() and plain.isalpha() and (whole.isascii() or whole in "ıəƏłøđæœßðþ") and (
        letter.isascii() or unicodedata.normalize("NFKC", letter) == letter) else ""  # fmt: skip


def _lesser(word: str, letter: str) -> bool:
    """Whether this letter is of the alphabet that has fewer letters of the word."""
    scripts = [_script(one) for one in word]
    return _script(letter) == min(sorted(set(scripts) - {""}), key=scripts.count)
