"""What a case's steps say about people and attempts; a fold over them that ends in `Facts`. Pure."""

import uuid
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from server.rules.facts import Facts

HANDLING = frozenset({"settle_on_spot", "handle_here", "sign", "progress", "mediate", "feedback", "finish"})
"""Actions that make somebody a handler 承办人."""
NAMING: Mapping[str, str] = {"name_handler": "person", "handle_here": "handler"}
"""Actions that name a handler, and the payload's field that does."""
TELLING = HANDLING | NAMING.keys() | {"verify_pass", "verify_fail", "merge", "answer_source"}
"""Actions that this fold looks at."""


def remember(
    facts: Facts,
    action: str,
    person: uuid.UUID | None,
    behalf: uuid.UUID | None,
    unit: uuid.UUID | None,
    payload: Mapping[str, Any],
) -> Facts:
    """The facts with one more step in memory.

    Args:
        person: who made it; `behalf`: for whom, when they stood in; `unit`: for which unit.
    """
    people = frozenset(one for one in (person, behalf) if one is not None)
    if action in HANDLING:
        facts = replace(facts, handlers=facts.handlers | people)
    if action in NAMING and payload.get(NAMING[action]):
        facts = replace(facts, handlers=facts.handlers | {uuid.UUID(payload[NAMING[action]])})
    if action == "mediate":
        attempted = payload["present"] == "yes" and payload["outcome"] != "contacted"
        return replace(
            facts,
            attempts=facts.attempts + attempted,
            refused=facts.refused or payload["outcome"] == "refused",
        )
    if action == "verify_pass":
        return replace(facts, verifiers=facts.verifiers | people)
    if action == "merge" and unit is not None:
        return replace(facts, mergers=facts.mergers | {unit})
    if action == "answer_source":
        return replace(facts, answered=facts.answered | {str(payload["kind"])})
    return facts
