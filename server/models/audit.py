"""What proves the books: the audit log (who looked at or changed what outside the steps) and anchors of the steps."""

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, Identity, Integer, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from server.db import Base
from server.models.columns import Instant


class Anchor(Base):
    """锚点: what all steps up to a change number hashed to when it was written. Triggers refuse UPDATE and DELETE."""

    __tablename__ = "anchors"

    upto: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    """Steps with a change number below this were all committed."""
    steps: Mapped[int] = mapped_column(BigInteger)
    digest: Mapped[bytes] = mapped_column(LargeBinary(32))
    at: Mapped[datetime] = mapped_column(Instant())


class Audit(Base):
    """审计记录: one line of the audit log. Triggers refuse UPDATE and DELETE."""

    __tablename__ = "audit"

    id: Mapped[int] = mapped_column(
        BigInteger().with_variant(Integer, "sqlite"), Identity(always=False), primary_key=True
    )
    at: Mapped[datetime] = mapped_column(Instant(), index=True)
    person_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("persons.id"))
    action: Mapped[str] = mapped_column(String(32))
    object: Mapped[str] = mapped_column(String(64))
    detail: Mapped[dict[str, Any]] = mapped_column(JSON)
