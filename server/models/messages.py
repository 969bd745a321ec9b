"""Who was told of what, and how far the couriers carried it: messages, deliveries, and where people can be reached."""

import uuid
from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Index, Integer, LargeBinary, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from server.db import Base
from server.models.columns import Instant, code_text, long_text


class Message(Base):
    """通知: one person is told of one step. Written in the step's own transaction; the inbox shows it at once."""

    __tablename__ = "messages"
    __table_args__ = (
        UniqueConstraint("step_id", "person_id"),
        Index("ix_messages_inbox", "person_id", "created_at", "id"),
        Index("ix_messages_changes", "person_id", "change", "id"),
        Index("ix_messages_unread", "person_id", postgresql_where=text("read_at IS NULL"),
              sqlite_where=text("read_at IS NULL")),
        Index("ix_messages_waiting", "way", "not_before", postgresql_where=text("carried_at IS NULL"),
              sqlite_where=text("carried_at IS NULL")),
    )  # fmt: skip

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("persons.id"))
    case_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("cases.id"))
    step_id: Mapped[uuid.UUID] = mapped_column()
    """No foreign key: the log is proven by its own chain, and a table beside it holds none of its rows."""
    action: Mapped[str] = mapped_column(String(20))
    kind: Mapped[str] = mapped_column(String(10))
    urgency: Mapped[int] = mapped_column(Integer)
    way: Mapped[str] = mapped_column(String(10))
    change: Mapped[int] = mapped_column(BigInteger)
    """Change number of the transaction that wrote it or marked it as read; `changes` reports it."""
    created_at: Mapped[datetime] = mapped_column(Instant())
    not_before: Mapped[datetime] = mapped_column(Instant())
    """When it may leave the office: later than its making in quiet hours."""
    read_at: Mapped[datetime | None] = mapped_column(Instant())
    carried_at: Mapped[datetime | None] = mapped_column(Instant())
    """When the relay planned its deliveries, or saw that there was nothing to plan."""
    carried_with: Mapped[uuid.UUID | None] = mapped_column()
    """The message in whose notice this one was collected; no foreign key, both go by age."""


class Delivery(Base):
    """投递: one message, or one urging of a silent unit, over one channel to one target.

    Its id follows from what it carries and where to, so planning it twice is planning it once.
    """

    __tablename__ = "deliveries"
    __table_args__ = (
        Index("ix_deliveries_waiting", "queue", "next_at", postgresql_where=text("state = 'waiting'"),
              sqlite_where=text("state = 'waiting'")),
        Index("ix_deliveries_target", "target", "tried_at"),
        Index("ix_deliveries_ended", "state", "ended_at"),
    )  # fmt: skip

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    channel: Mapped[str] = mapped_column(String(10))
    target: Mapped[uuid.UUID] = mapped_column()
    """The push subscription, the robot, or the person whose phone it is."""
    message_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("messages.id"), index=True)
    deadline_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("deadlines.id"), index=True)
    case_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("cases.id"))
    urgency: Mapped[int] = mapped_column(Integer)
    queue: Mapped[str] = mapped_column(String(10))
    covers: Mapped[int] = mapped_column(Integer)
    """How many messages this one notice stands for."""
    state: Mapped[str] = mapped_column(String(10))
    tries: Mapped[int] = mapped_column(Integer)
    claim: Mapped[int] = mapped_column(Integer)
    """Rises each time it is handed to a worker; a worker that comes with an older one is late and does nothing."""
    next_at: Mapped[datetime] = mapped_column(Instant())
    leased_until: Mapped[datetime | None] = mapped_column(Instant())
    tried_at: Mapped[datetime | None] = mapped_column(Instant())
    outcome: Mapped[str | None] = mapped_column(String(60))
    created_at: Mapped[datetime] = mapped_column(Instant())
    ended_at: Mapped[datetime | None] = mapped_column(Instant())


class PushSubscription(Base):
    """推送订阅: one browser's address for Web Push, as the browser gave it; the id is the device's."""

    __tablename__ = "push_subscriptions"
    __table_args__ = (
        Index("ix_push_subscriptions_alive", "endpoint_hash", unique=True, postgresql_where=text("ended_at IS NULL"),
              sqlite_where=text("ended_at IS NULL")),
    )  # fmt: skip

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("persons.id"), index=True)
    session_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("sessions.id"))
    """Signing that device out silences it."""
    content: Mapped[bytes] = mapped_column(LargeBinary(32))
    endpoint: Mapped[str] = mapped_column(long_text())
    endpoint_hash: Mapped[bytes] = mapped_column(LargeBinary(32))
    p256dh: Mapped[str] = mapped_column(String(100))
    auth: Mapped[str] = mapped_column(String(30))
    created_at: Mapped[datetime] = mapped_column(Instant())
    seen_at: Mapped[datetime] = mapped_column(Instant())
    ended_at: Mapped[datetime | None] = mapped_column(Instant())
    ended_why: Mapped[str | None] = mapped_column(String(10))


class NoticeChoice(Base):
    """A person's own choice of how one kind of notice reaches them."""

    __tablename__ = "notice_choices"

    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("persons.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(String(10), primary_key=True)
    way: Mapped[str] = mapped_column(String(10))


class Mobile(Base):
    """A person's phone number for text messages in an emergency, sealed like those of parties."""

    __tablename__ = "mobiles"

    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("persons.id"), primary_key=True)
    key_id: Mapped[str] = mapped_column(String(32))
    sealed: Mapped[bytes] = mapped_column(LargeBinary)


class Robot(Base):
    """群机器人: a unit's chat group in WeCom, DingTalk or Feishu; its address is a secret and sealed."""

    __tablename__ = "robots"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    unit_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("units.id"), index=True)
    kind: Mapped[str] = mapped_column(code_text(10))
    key_id: Mapped[str] = mapped_column(String(32))
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    ended_at: Mapped[datetime | None] = mapped_column(Instant())
