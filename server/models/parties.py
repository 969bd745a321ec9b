"""Personal data of the people a report concerns 当事人: sealed, found only through keyed indexes."""

import uuid

from sqlalchemy import ForeignKey, Integer, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from server.db import Base


class Party(Base):
    """One person named in a report or step. `sealed` holds name, phone and ID number together."""

    __tablename__ = "parties"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    case_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("cases.id"), index=True)
    parent_id: Mapped[uuid.UUID] = mapped_column()
    """The report or step that named the person."""
    position: Mapped[int] = mapped_column(Integer)
    role: Mapped[str] = mapped_column(String(50))
    key_id: Mapped[str] = mapped_column(String(16))
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    phone_index: Mapped[bytes | None] = mapped_column(LargeBinary(32), index=True)
    id_number_index: Mapped[bytes | None] = mapped_column(LargeBinary(32), index=True)
