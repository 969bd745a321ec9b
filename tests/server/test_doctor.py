"""The doctor says before anybody works by it that a year's holidays are not known."""

from datetime import UTC, date, datetime

from sqlalchemy import insert

from server.db import reading, transaction
from server.models import Holiday
from server.services import doctor
from server.services.reference import RULES, touch
from tests.conftest import Office

DECEMBER = datetime(2026, 12, 1, tzinfo=UTC)


def guessed(office: Office, now: datetime) -> list[tuple[str, str]]:
    """Severity and the year of each remark about holidays."""
    with office.app.app_context(), reading() as snapshot:
        remarks = doctor.examine(snapshot, now)
    return [(remark.severity, remark.en[16:20]) for remark in remarks if remark.en.startswith("The holidays of")]


def write_down(office: Office, *days: date) -> None:
    with office.app.app_context(), transaction() as tx:
        tx.execute(insert(Holiday), [{"day": day, "kind": "off", "name": "放假"} for day in days])
        touch(tx, RULES)


def test_a_year_that_is_guessed_is_told_until_its_holidays_are_written_down(office: Office):
    assert guessed(office, DECEMBER) == [("warning", "2027")]
    write_down(office, date(2027, 1, 1))
    assert guessed(office, DECEMBER) == [("warning", "2027")]
    write_down(office, date(2027, 10, 1))
    assert guessed(office, DECEMBER) == []


def test_the_year_is_the_office_s_own(office: Office):
    # Half past midnight on New Year's Day in Shanghai.
    assert guessed(office, datetime(2026, 12, 31, 16, 30, tzinfo=UTC)) == [("warning", "2027"), ("warning", "2028")]
    assert guessed(office, datetime(2025, 12, 31, 15, 30, tzinfo=UTC)) == []
