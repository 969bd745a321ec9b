"""How alike two texts are, for telling possible duplicates: by pairs of neighbouring characters. Pure.

Two reports of one matter share many pairs (堵塞, 消防, 通道) in whatever order their sentences come; no language has to
be known and no words be cut out for that. Spaces, punctuation and case do not count. It says nothing about meaning:
"not blocked" is much like "blocked", so it is a reason to look, never a verdict.
"""

from collections import Counter
from itertools import pairwise


def similarity(one: str, other: str) -> float:
    """Dice's coefficient over pairs of characters, each counted as often as it stands: 0 for nothing in common, 1 for
    the same letters in the same order. A text with less than two letters is like nothing."""
    left, right = _pairs(one), _pairs(other)
    total = left.total() + right.total()
    return 2 * (left & right).total() / total if total and left and right else 0.0


def _pairs(text: str) -> Counter[str]:
    letters = [letter for letter in text.casefold() if letter.isalnum()]
    return Counter(map("".join, pairwise(letters)))
