"""An office that stands in June 2026: its clock is set by hand, and people's grants and sessions reach that far."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import update

from geodata.demo import demo_county
from server import clock
from server.db import transaction
from server.models import Grant, Session
from server.services import freezing
from tests.conftest import Client, Office
from tests.server.conftest import filed, place_in
from tests.server.office_days import local

TOWNSHIP, VILLAGE, OTHER_VILLAGE = "990101001000", "990101001001", "990101001002"
FIRE, DISPUTE, CADRES = "H-FIRE-01", "D-02", "P-08"
OUTSIDE = {"lon": 111.10, "lat": 34.75, "crs": "wgs84", "accuracy_m": 10, "fix": "gps"}


@dataclass
class June:
    """Verbs of people in an office whose clock is set: each names when, who, which case, what."""

    office: Office
    set_clock: Callable[[datetime], None]

    def at(self, when: str) -> None:
        """The office's clock stands at "Tuesday 2026-06-02 09:00"."""
        self.set_clock(local(when).astimezone(UTC))

    def file(self, when: str, account: str = "worker1", **changes: Any) -> str:
        """File a report (a blocked fire lane in worker1's grid unless it says otherwise); the case's id."""
        self.at(when)
        body = {
            "category": FIRE, "text": "楼道堆放杂物，堵住了消防通道。", "urgency": 2, "source": "patrol",
            "location": in_grid_of(VILLAGE), "filed_at": local(when).isoformat(), "photos": [], **changes,
        }  # fmt: skip
        case_id: str = filed(self.client(account), body)["id"]
        return case_id

    def move(
        self, when: str, account: str, case_id: str, action: str, *, told: str | None = None, **payload: Any
    ) -> dict[str, Any]:
        """Make a move on the case as this person sees it then; their phone's clock says `told`."""
        self.at(when)
        client = self.client(account)
        case = client.get(f"/cases/{case_id}")
        assert case.status_code == 200, case.text
        body = {
            "action": action, "based_on": case.json["version"], "payload": payload,
            "at": told or local(when).isoformat(),
        }  # fmt: skip
        answer = client.put(f"/cases/{case_id}/steps/{uuid.uuid4()}", json=body)
        assert answer.status_code == 201, (action, answer.text)
        step: dict[str, Any] = answer.json["step"]
        return step

    def handle(self, when: str, case_id: str, account: str = "village1", category: str = FIRE) -> None:
        """The village takes it on itself."""
        self.move(when, account, case_id, "handle_here", category=category, urgency=2)

    def finish(self, when: str, case_id: str, account: str = "village1", **changes: Any) -> None:
        self.move(when, account, case_id, "finish", **{"result": "resolved", "text": "已经全部清理干净。", **changes})

    def verify(self, when: str, case_id: str, account: str = "township1") -> None:
        self.move(when, account, case_id, "verify_pass", mode="on_site", note="现场查看，情况属实。")

    def settle(self, received: str, handled: str, finished: str, verified: str) -> str:
        """A fire lane that the village clears itself and its township verifies; the case's id."""
        case_id = self.file(received)
        self.handle(handled, case_id)
        self.finish(finished, case_id)
        self.verify(verified, case_id)
        return case_id

    def unit(self, account: str) -> str:
        """The id of the first unit somebody belongs to."""
        unit: str = self.client(account).get("/me").json["units"][0]["id"]
        return unit

    def figures(self, account: str = "township1", **changes: Any) -> dict[str, Any]:
        """The report of June for the township, by its villages."""
        answer = self.ask(account, "/indicators", **changes)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json
        return found

    def behind(self, indicator: str, part: str = "numerator", account: str = "township1", **changes: Any) -> Any:
        """The cases behind a figure of June."""
        answer = self.ask(account, "/indicators/cases", indicator=indicator, part=part, limit=200, **changes)
        assert answer.status_code == 200, answer.text
        return answer.json

    def ask(self, account: str, path: str, **changes: Any) -> Any:
        query = {"area": TOWNSHIP, "from": "2026-06-01", "to": "2026-06-30", **changes}
        return self.client(account).get(path, query_string=query)

    def freeze(self) -> int:
        """Let the office store what is frozen by now; how many reports were stored."""
        with self.office.app.app_context():
            return freezing.freeze(clock.now(), most=10_000)

    def client(self, account: str) -> Client:
        """The HTTP client of somebody whose session outlives this year."""
        if account not in self.office._clients:
            self.office.client(account)
            with self.office.app.app_context(), transaction() as tx:
                tx.execute(update(Session).values(expires_at=datetime(2100, 1, 1, tzinfo=UTC)))
        return self.office.client(account)


def open_in_june(office: Office, monkeypatch: pytest.MonkeyPatch) -> June:
    """The office with its clock in our hands."""
    with office.app.app_context(), transaction() as tx:
        tx.execute(update(Grant).values(valid_from=datetime(2026, 1, 1, tzinfo=UTC)))
    return June(office, lambda moment: monkeypatch.setattr(clock, "now", lambda: moment))


def in_grid_of(village: str) -> dict[str, Any]:
    """A place in the first grid of this village."""
    return place_in(next(one.code for one in demo_county().grids if one.code.startswith(village)))
