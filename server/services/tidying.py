"""Clean-up: forgets what was carried long ago and addresses that nobody uses; nothing that waits, nothing of a case.

Who was called out about a clock is remembered while it runs: they would be called out again.
"""

from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, exists, select

from server.models import Deadline, Delivery, Message, PushSubscription
from server.rules.rulebook import RuleBook

AT_A_TIME = 1000
"""Rows of one kind in one transaction: a long one would hold back everybody's `changes`."""
DELIVERY_DAYS, SUBSCRIPTION_DAYS = 30, 60


def tidy(tx: Connection, rules: RuleBook, now: datetime) -> int:
    """Delete up to `AT_A_TIME` rows of each kind; twice does no harm. Returns: how many went."""
    old_deliveries = (
        select(Delivery.id)
        .where(
            Delivery.state.in_(("delivered", "dropped", "dead")),
            Delivery.ended_at < now - timedelta(days=DELIVERY_DAYS),
            ~exists().where(
                Deadline.id == Delivery.deadline_id, Deadline.met_at.is_(None), Deadline.ended_at.is_(None)
            ),
        )
        .limit(AT_A_TIME)
    )
    gone = tx.execute(delete(Delivery).where(Delivery.id.in_(old_deliveries))).rowcount
    inbox_days = rules.numbers["inbox_days"]
    old_messages = (
        select(Message.id)
        .where(
            Message.created_at < now - timedelta(days=inbox_days), Message.carried_at.is_not(None),
            ~exists().where(Delivery.message_id == Message.id),
        )
        .limit(AT_A_TIME)
    )  # fmt: skip
    gone += tx.execute(delete(Message).where(Message.id.in_(old_messages))).rowcount
    unused = now - timedelta(days=SUBSCRIPTION_DAYS)
    gone += tx.execute(delete(PushSubscription).where(PushSubscription.ended_at < unused)).rowcount
    return gone
