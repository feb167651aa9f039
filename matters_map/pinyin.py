"""Finding Chinese text by what people type: characters, full pinyin, initials, or a mixture of them.

The readings are looked up when text is indexed, never when someone searches. Every reading of a character counts (曾 is
ceng and zeng, 仇 is chou and qiu), and ü may be typed v or yu.
"""

import unicodedata
from collections.abc import Callable, Iterator
from functools import cache, lru_cache
from itertools import islice, product
from typing import cast

from pypinyin import Style, load_phrases_dict, pinyin

# Place names that the dictionary reads wrongly: the right reading comes first.
_OWN_PHRASES = {"曾都": [["zēng"], ["dū"]], "随县": [["suí"], ["xiàn"]], "枣阳": [["zǎo"], ["yáng"]]}
# What is not Chinese stays, a character at a time; the library's own annotation forgets that it takes a list.
_APART = cast(Callable[[str], str], list)
MOST_VARIANTS = 64  # combinations kept for one name
Readings = tuple[tuple[str, ...], ...]  # for each character: everything it may be typed as


@cache
def _own_phrases() -> None:
    load_phrases_dict(_OWN_PHRASES)


def folded(text: str) -> str:
    """Text or query in the form in which they are compared: half-width, lower case, no spaces or apostrophes."""
    plain = unicodedata.normalize("NFKC", text).lower()
    return "".join(letter for letter in plain if not letter.isspace() and letter not in "'’·•")


def readings(text: str) -> Readings:
    """For each character of the folded text its readings, the likeliest first; the character itself if it has none."""
    _own_phrases()
    clean = folded(text)
    likely = pinyin(clean, style=Style.NORMAL, errors=_APART)
    return tuple(_of_character(one, best[0]) for one, best in zip(clean, likely, strict=True))


@lru_cache(8192)
def _of_character(character: str, likely: str) -> tuple[str, ...]:
    every = pinyin(character, style=Style.NORMAL, heteronym=True, errors=_APART)[0]
    spelt = [spelling for sound in (likely, *every) for spelling in _spellings(sound)]
    return tuple(dict.fromkeys(spelt))


def _spellings(sound: str) -> tuple[str, ...]:
    return (sound, sound.replace("v", "yu")) if len(sound) > 1 and "v" in sound else (sound,)


def pinyin_terms(name: str) -> list[str]:
    """What a person's name may be typed as: full pinyin in every combination of readings, then the initials.

    At most MOST_VARIANTS of each, the likeliest reading first. A name without any Chinese character gives itself,
    folded.
    """
    return terms_of(readings(name))


def terms_of(sounds: Readings) -> list[str]:
    """The same of readings that were looked up before, for instance of the beginning of a name."""
    full = ("".join(parts) for parts in product(*sounds))
    initials = ("".join(parts) for parts in product(*(_initials(one) for one in sounds)))
    terms = [*islice(full, MOST_VARIANTS), *islice(initials, MOST_VARIANTS)]
    return [term for term in dict.fromkeys(terms) if term]


def _initials(sounds: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(sound[0] for sound in sounds))


class Text:
    """A text that can be found by a part of it, however typed: 社保, shebao, sb, sheb, 社bao."""

    def __init__(self, text: str) -> None:
        self._plain = folded(text)
        self._readings = readings(text)
        self._starts: dict[str, list[int]] = {}
        for place, (character, sounds) in enumerate(zip(self._plain, self._readings, strict=True)):
            for first in dict.fromkeys([character, *_initials(sounds)]):
                self._starts.setdefault(first, []).append(place)

    def found_by(self, query: str) -> bool:
        """Does the folded query read like any stretch of this text? Its last syllable may be incomplete."""
        return query in self._plain or any(self._reads(start, query) for start in self._starts.get(query[0], ()))

    def _reads(self, start: int, query: str) -> bool:
        reached = {0}  # how far into the query one can be before each character
        for place in range(start, len(self._plain)):
            reached = {after for done in reached for after in self._after(place, query, done)}
            if len(query) in reached:
                return True
            if not reached:
                return False
        return False

    def _after(self, place: int, query: str, done: int) -> Iterator[int]:
        if query[done] == self._plain[place]:
            yield done + 1
        for sound in self._readings[place]:
            if query.startswith(sound, done):
                yield done + len(sound)
            elif sound.startswith(query[done:]):
                yield len(query)
            if query[done] == sound[0]:
                yield done + 1
