"""What an answer over HTTP means for a delivery, the same for every channel: delivered, later, or never."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import NamedTuple

from server.services.deliveries import DELIVERED, Outcome


class Answer(NamedTuple):
    """Status and headers (lower-case names)."""

    status: int
    headers: Mapping[str, str]


def judge(answer: Answer, now: datetime) -> Outcome:
    """By the status; `Retry-After` is obeyed."""
    status = answer.status
    if 200 <= status < 300:
        return DELIVERED
    if status == 429 or status >= 500 or status == 408:
        return Outcome(f"status {status}", "waiting", _retry_after(answer.headers.get("retry-after"), now))
    # 400, 401, 403, 404, 413 and redirects: the same request would get the same answer.
    return Outcome(f"status {status}", "dead")


def _retry_after(text: str | None, now: datetime) -> timedelta | None:
    if not text:
        return None
    if text.isascii() and text.isdigit():
        return timedelta(seconds=min(int(text), 86_400))
    try:
        at = parsedate_to_datetime(text)
    except ValueError:
        return None
    return max(at.astimezone(UTC) - now, timedelta())
