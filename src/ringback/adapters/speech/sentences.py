"""A text as sentences: what is spoken, and remembered, one by one."""

import re
from collections.abc import Iterator, Sequence
from typing import Final

LONGEST: Final = 400
"""Characters of a piece; a longer sentence is parted at a comma, else at a space."""

_TITLES: Final = frozenset({"Mr", "Mrs", "Ms", "Dr", "Prof", "St", "Sr", "Jr", "Nr", "vs", "ca", "Hr", "Fr"})
_BORDER: Final = re.compile(
    r"""(?<=[.!?…।؟])["”’»)\]]*\s+(?=\S)"""  # noqa: RUF001 - the quotation marks of print
    r"""|(?<=[。！？])["”’」』)]*(?=\S)"""  # noqa: RUF001 - Chinese and Japanese have no space between sentences
    r"""|(?<=\S)\s*\n\s*(?=\S)"""
)
_CLAUSE: Final = re.compile(r"[,;:—،](?=\s)|[、，；：]")  # noqa: RUF001 - nor after a comma
_SIGNS: Final = frozenset("$€£¥%&+@#*=°")  # spoken, though neither letter nor digit


def sentences(text: str) -> Sequence[str]:
    """Split a text at the ends of its sentences and lines; pieces without anything to speak are left out.

    A period after a title or an initial ("Dr. Smith") and one before a lower-case word end nothing.
    """
    # half of a surrogate pair cannot be written to a pipe
    text = text.encode("utf-8", "replace").decode("utf-8").strip()
    found, start = [], 0
    for border in _BORDER.finditer(text):
        if _ends(text, start, border):
            found.append(text[start : border.end()])
            start = border.end()
    found.append(text[start:])
    pieces = (piece for sentence in found for piece in _bounded(" ".join(sentence.split())))
    return [piece for piece in pieces if any(sign.isalnum() or sign in _SIGNS for sign in piece)]


def _ends(text: str, start: int, border: re.Match[str]) -> bool:
    if text[border.end()].islower():
        return False
    end = border.start()
    if text[end - 1] != ".":
        return True
    word = text[start : end - 1].rpartition(" ")[2].lstrip("(\"“'‘")  # noqa: RUF001 - the quotation marks of print
    return word not in _TITLES and not (len(word) == 1 and word.isupper())


def _bounded(sentence: str) -> Iterator[str]:
    while len(sentence) > LONGEST:
        clauses = [match.end() for match in _CLAUSE.finditer(sentence, 0, LONGEST)]
        cut = clauses[-1] if clauses else sentence.rfind(" ", 1, LONGEST)
        if cut < 1:
            cut = LONGEST
        yield sentence[:cut].strip()
        sentence = sentence[cut:].strip()
    yield sentence
