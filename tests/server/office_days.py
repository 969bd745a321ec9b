"""The calendar that tables of days and limits are counted on by hand, and how they write an instant."""

from datetime import datetime, time
from zoneinfo import ZoneInfo

from server.rules.workdays import Calendar

ZONE = ZoneInfo("Asia/Shanghai")
SHIFTS = [(time(8, 30), time(12)), (time(14, 30), time(18))]
"""Three and a half hours each, seven a day."""
CALENDAR = Calendar(ZONE, SHIFTS)
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def local(text: str, zone: ZoneInfo = ZONE) -> datetime:
    """ "Friday 2026-11-20 09:30", or "Fri", on the office's clock; the weekday must be that day's."""
    weekday, day, hour = text.split()
    moment = datetime.fromisoformat(f"{day}T{hour}").replace(tzinfo=zone)
    assert weekday in (WEEKDAYS[moment.weekday()], WEEKDAYS[moment.weekday()][:3]), text
    return moment
