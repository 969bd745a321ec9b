"""Who looked at or changed what outside the steps: sign-ins, unmasking, imports. Append-only."""

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, Identity, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from server.db import Base
from server.models.columns import Instant


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
