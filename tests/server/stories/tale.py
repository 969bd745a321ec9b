"""How a story is told: who does what at which hour of the office's clock, how the case stands then, who was told.

Everything goes through HTTP except the sweep, which is called as the couriers call it. Hours are the office's own, on
days of March 2026 unless a story says otherwise: Monday the 2nd, shifts 08:30–12:00 and 14:30–18:00, no holidays.
"""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select, update

from server.db import transaction
from server.models import Case, Grant, Message, Person, Session, Step
from server.services import people, sweep
from tests.conftest import Client, Office
from tests.server.conftest import place_in, refused

ZONE = ZoneInfo("Asia/Shanghai")
AT_HOME = "990101001001001"
"""worker1's grid, in the village of village1, in the township of township1."""
UNITS = {
    "village": "village1", "village2": "village2", "mediators": "townshipmediator1", "fire": "fire1",
    "police": "police1", "health": "health1", "order": "order1", "township": "township1", "town": "township2",
    "town village": "village9", "county": "county1", "emergency": "emergency1", "city": "city1",
}  # fmt: skip
"""What stories call a unit, and somebody who works there."""
LONG_AGO, FAR_AWAY = datetime(2020, 1, 1, tzinfo=UTC), datetime(2098, 1, 1, tzinfo=UTC)
TEXTS: dict[str, dict[str, Any]] = {
    "reject": {"code": "not_ours", "basis": "不属于网格事项受理范围。", "guidance": "请到政务服务中心三号窗口办理。"},
    "escalate": {"reason": "村里没有执法权。", "work_done": "已上门劝说两次。"},
    "hand_down": {"reason": "村里更熟悉情况。", "answer_to_me": False},
    "send_back": {"code": "not_village_power", "text": "村里没有执法权。"},
    "transfer": {"reason": "地点在对方辖区。"},
    "take_over": {"reason": "下级逾期未处理。"},
    "overrule": {"reason": "属于受理范围，应当受理。"},
    "object": {"reason": "我认为应当受理。"},
    "withdraw": {"reason": "住户已经自己清理干净。"},
    "supplement": {"text": "今天又多了两个纸箱。"},
    "register_only": {"text": "已当场解释政策并答复。"},
    "settle_on_spot": {"result": "当场清理完毕。"},
    "progress": {"text": "已到现场，正在处理。"},
    "feedback": {"result": "本单位部分已处理完毕。"},
    "finish": {"result": "resolved", "text": "已全部处理完毕。"},
    "waive_co": {"reason": "已不需要该单位参与。"},
    "redispatch": {"reason": "职责不在原主办单位。"},
    "ask_return": {"code": "not_our_duty", "text": "不属于本单位职责。"},
    "refuse_return": {"reason": "职责清单写明由你单位负责。"},
    "rule": {"clause": "职责清单第三条", "text": "依职责清单由其主办。"},
    "ask_extension": {"reason": "等待材料到货。"},
    "refuse_extension": {"reason": "材料已经到货。"},
    "ask_suspension": {"code": "waiting_appraisal", "text": "等待房屋鉴定结果。", "measures": "已拉警戒线，每日巡查。"},
    "renew_suspension": {"code": "still_waiting", "text": "鉴定仍未出结果。", "measures": "已现场查看，专人看守。"},
    "refuse_suspension": {"reason": "不影响继续处理。"},
    "resume": {"reason": "鉴定结果已出。"},
    "refer_out": {"target": "court", "letter": "禾桥转〔2026〕7号", "route": "court", "text": "当事人已向法院起诉。"},
    "receipt": {"text": "对方来函告知。"},
    "answer_source": {"text": "按期办理，结果如附件。"},
    "correct": {"reason": "上报时选错了。"},
    "ask_check": {"question": "现场是否还有杂物？"},
    "answer_check": {"finding": "true", "text": "情况属实。", "no_photo_reason": "当事人不让拍照。"},
    "verify_pass": {"mode": "on_site", "note": "现场查看，已处理好。"},
    "verify_fail": {"reason": "现场仍有遗留问题。"},
    "visit": {"result": "satisfied", "text": "居民表示满意。"},
    "inspect": {"mode": "on_site", "finding": "true", "text": "现场情况与记录一致。"},
    "review": {"outcome": "upheld", "text": "复核后认为办理得当。"},
    "reopen": {"reason": "问题又出现了。"},
    "merge": {"reason": "同一件事的两次上报。"},
    "split": {"reason": "其实是两件事。"},
    "void": {"code": "no_such_matter", "text": "经查没有该事项。"},
    "refuse_void": {"reason": "事项确实存在。"},
    "refuse_transfer": {"reason": "地点就在你辖区。"},
    "supervise": {"rung": "reminder", "text": "请抓紧办理。"},
    "acknowledge": {"text": "收到，今天办理。"},
    "lift": {"reason": "已经按要求办理。"},
    "comment": {"text": "请消防所牵头尽快处理。"},
    "excuse": {"reason": "现场没有信号，确属按时。"},
    "mediate": {"place": "望禾社区调解室", "level": "village", "mediator": "许建国"},
}  # fmt: skip
"""What people write when a story does not say otherwise."""


class OfficeClock:
    """The office's clock, set by hand."""

    def __init__(self) -> None:
        self.instant = moment("03-02 09:00")

    def now(self) -> datetime:
        return self.instant


def moment(text: str) -> datetime:
    """`03-02 09:00` is that hour of the office's clock in 2026; a year may stand before it."""
    return datetime.fromisoformat(text if text[:2] == "20" else f"2026-{text}").replace(tzinfo=ZONE)


def clocked(text: str | None) -> str:
    """An instant of an answer as the office's clock shows it; seconds only where there are some."""
    if text is None:
        return "—"
    local = datetime.fromisoformat(text).astimezone(ZONE)
    shown = local.strftime("%m-%d %H:%M:%S" if local.second else "%m-%d %H:%M")
    return shown if local.year == 2026 else f"{local.year}-{shown}"


@dataclass
class Stage:
    """An office whose clock is set by hand, with everybody signed in for good."""

    office: Office
    clock: OfficeClock
    units: dict[str, uuid.UUID] = field(default_factory=dict)
    crews: dict[str, set[str]] = field(default_factory=dict)
    people: dict[str, uuid.UUID] = field(default_factory=dict)
    _clients: dict[str, Client] = field(default_factory=dict)

    def __post_init__(self) -> None:
        with self.office.app.app_context(), transaction() as tx:
            tx.execute(update(Grant).values(valid_from=LONG_AGO))
        rows = self.office.rows(
            select(Person.account, Grant.unit_id)
            .join(Grant, Grant.person_id == Person.id)
            .where(Grant.role.in_(("member", "leader")), Grant.behalf_id.is_(None))
        )
        of = {row.account: row.unit_id for row in rows}
        self.units = {word: of[account] for word, account in UNITS.items()}
        self.people = {row.account: row.id for row in self.office.rows(select(Person.account, Person.id))}
        self.crews = {word: {who for who, unit in of.items() if unit == self.units[word]} for word in UNITS}

    def client(self, account: str) -> Client:
        if account not in self._clients:
            self._clients[account] = Client(self.office.app.test_client(), self._signed_in(account))
        return self._clients[account]

    def _signed_in(self, account: str) -> str:
        token, person = uuid.uuid4().hex, self.person(account)
        with self.office.app.app_context(), transaction() as tx:
            session = {
                "id": uuid.uuid4(), "token_hash": people.token_hash(token), "person_id": person,
                "device": "stories", "created_at": LONG_AGO, "renewed_at": FAR_AWAY, "expires_at": FAR_AWAY,
            }  # fmt: skip
            tx.execute(Session.__table__.insert().values(session))
        return token

    def person(self, account: str) -> uuid.UUID:
        return self.people[account]

    def word(self, unit: str) -> str:
        """What stories call this unit."""
        return next((word for word, one in self.units.items() if str(one) == unit), unit)

    def sweep(self) -> int:
        """The couriers look at every case whose time has come."""
        with self.office.app.app_context():
            return sweep.sweep(self.clock.now())


@dataclass
class Tale:
    """One case, told from its report on."""

    stage: Stage
    case: dict[str, Any] = field(default_factory=dict)
    secret: str = ""

    def at(self, text: str) -> "Tale":
        """The office's clock shows this."""
        self.stage.clock.instant = moment(text)
        return self

    def files(self, account: str, **body: Any) -> dict[str, Any]:
        """Somebody reports; the story goes on with the case it becomes."""
        grid = body.pop("grid", AT_HOME)
        sent = {
            "category": "H-FIRE-01", "text": "楼道堆放杂物，堵住了消防通道。", "urgency": 2, "source": "patrol",
            "location": place_in(grid), "filed_at": self.stage.clock.now().isoformat(), "photos": [], **body,
        }  # fmt: skip
        answer = self.stage.client(account).put(f"/reports/{uuid.uuid4()}", json=sent)
        assert answer.status_code == 201, answer.text
        self.case, self.secret = answer.json["case"], answer.json["secret"]
        return self.case

    def is_led_by(self, lead: str, *, signed: bool = True, report: dict[str, Any] | None = None, **more: Any) -> None:
        """Reported, sent up by the village and dispatched by the township, all at this hour; the lead has signed."""
        self.files("worker1", **(report or {}))
        self.does(
            "village1", "escalate", **({"override_reason": "情况紧急。"} if self.case["category"][0] == "D" else {})
        )
        self.does("township1", "accept")
        self.does("township1", "dispatch", lead=lead, **more)
        if signed:
            self.does(UNITS[lead], "sign")

    def does(self, account: str, action: str, /, **payload: Any) -> dict[str, Any]:
        """Somebody makes a move on the case as it stands; the case afterwards, as they see it."""
        answer = self.tries(account, action, **payload)
        problem = {name: answer.json.get(name) for name in ("code", "errors", "choices")}
        assert answer.status_code == 201, (account, action, problem)
        if answer.json["case"] is not None:
            self.case = answer.json["case"]
        found: dict[str, Any] = answer.json["case"] or {}
        return found

    def tries(self, account: str, action: str, /, **payload: Any) -> Any:
        """The answer to a move. Payload words that name units, people or moments by their story words are put into
        ids and instants; `based_on`, `request`, `assignment`, `as_unit`, `device_at`, `step_id` go into the body."""
        about = {name: payload.pop(name) for name in ("request", "assignment") if name in payload}
        if "as_unit" in payload:
            about["as_unit"] = self._unit(payload.pop("as_unit"))
        based_on = payload.pop("based_on", None) or self.version()
        device_at = payload.pop("device_at", None)
        step_id = payload.pop("step_id", None) or uuid.uuid4()
        instant = moment(device_at) if device_at else self.stage.clock.now()
        body = {
            "action": action, "based_on": based_on, "at": instant.isoformat(), "payload": self.payload(action, payload),
            **about,
        }  # fmt: skip
        return self.stage.client(account).put(f"/cases/{self.case['id']}/steps/{step_id}", json=body)

    def is_refused(self, account: str, action: str, code: str, /, *fields: str, **payload: Any) -> dict[str, Any]:
        """A move that must be refused so, naming exactly these fields."""
        status = {"move_not_allowed": 409, "case_has_moved": 409, "not_found": 404}.get(code, 422)
        return refused(self.tries(account, action, **payload), status, code, *fields)

    def payload(self, action: str, given: dict[str, Any]) -> dict[str, Any]:
        """What is sent: the usual words, the story's own, names made into ids."""
        sent = {**self._usual(action), **given}
        for name in ("lead", "unit", "co_at_fault"):
            if name in sent:
                sent[name] = self._unit(sent[name])
        for name in ("pool", "copied", "units"):
            if name in sent:
                sent[name] = [self._unit(one) for one in sent[name]]
        if "co" in sent:
            sent["co"] = [{"unit": self._unit(unit), "due_at": _sent(due)} for unit, due in sent["co"].items()]
        for name in ("person", "handler", "leader_in_charge"):
            if name in sent:
                sent[name] = str(self.stage.person(sent[name]))
        for name in ("due_at", "arrive_by", "arrived_at", "perform_by", "at"):
            if name in sent:
                sent[name] = _sent(sent[name])
        return sent

    def _usual(self, action: str) -> dict[str, Any]:
        if action in ("accept", "handle_here"):
            return {"category": self.case["category"], "urgency": self.case["urgency"]}
        if action == "mediate":
            return {**TEXTS["mediate"], "at": self.stage.clock.now().isoformat()}
        return dict(TEXTS.get(action, {}))

    def _unit(self, word: str) -> str:
        return str(self.stage.units[word]) if word in self.stage.units else word

    def version(self) -> int:
        found: int = self._row(Case.version)
        return found

    def state(self) -> str:
        found: str = self._row(Case.state)
        return found

    def _row(self, column: Any) -> Any:
        return self.stage.office.rows(select(column).where(Case.id == uuid.UUID(self.case["id"])))[0][0]

    def sweep(self) -> dict[str, Any]:
        """The couriers come by; the case afterwards."""
        self.stage.sweep()
        return self.look("county1")

    def sweeps_at(self, *moments: str) -> dict[str, Any]:
        """The couriers come by at each of these moments."""
        for text in moments:
            self.at(text).stage.sweep()
        return self.look("county1")

    def sees(self, account: str) -> bool:
        """Does somebody find the case?"""
        answer = self.stage.client(account).get(f"/cases/{self.case['id']}")
        assert answer.status_code in (200, 404), answer.text
        return bool(answer.status_code == 200)

    def look(self, account: str) -> dict[str, Any]:
        """The case as somebody sees it."""
        answer = self.stage.client(account).get(f"/cases/{self.case['id']}")
        assert answer.status_code == 200, answer.text
        self.case = answer.json
        return self.case

    def offered(self, account: str) -> set[str]:
        """What somebody may do now."""
        return {one["action"] for one in self.look(account)["moves"]}

    def holder(self) -> str | None:
        found = self._row(Case.holder_id)
        return self.stage.word(str(found)) if found else None

    def request(self, kind: str) -> dict[str, Any]:
        """The newest ask of this kind that is shown."""
        found: dict[str, Any] = [one for one in self.look("county1")["requests"] if one["kind"] == kind][-1]
        return found

    def tasks(self) -> dict[str, str]:
        """Unit → role and state of its last part."""
        return {
            self.stage.word(one["unit"]["id"]): f"{one['role']} {one['state']}"
            for one in self.look("county1")["assignments"]
        }

    def clocks(self) -> list[str]:
        """Every deadline in a line: kind, whose, due (originally, where it moved), and what became of it."""
        lines = []
        for one in self.look("county1")["deadlines"]:
            words = [one["kind"], self.stage.word(one["unit"]["id"]), clocked(one["due_current"])]
            if one["due_original"] != one["due_current"]:
                words.append(f"(first {clocked(one['due_original'])})")
            for name, word in (("met_at", "met"), ("ended_at", "stopped")):
                words += [f"{word} {clocked(one[name])}"] if one[name] else []
            words += ["paused"] if one["paused"] else []
            lines.append(" ".join(words))
        return lines

    def running(self) -> dict[str, str]:
        """Kind → due of the clocks that run (for several of a kind, the last due)."""
        found = [one for one in self.look("county1")["deadlines"] if not one["met_at"] and not one["ended_at"]]
        return {one["kind"]: clocked(one["due_current"]) for one in sorted(found, key=lambda one: one["due_current"])}

    def steps(self) -> list[str]:
        """Every step in a line: its number, action, by whom, for which unit."""
        rows = self.stage.office.rows(
            select(Step.seq, Step.action, Person.account, Step.unit_id)
            .outerjoin(Person, Person.id == Step.person_id)
            .where(Step.case_id == uuid.UUID(self.case["id"]))
            .order_by(Step.seq)
        )
        return [
            " ".join([str(row.seq), row.action, row.account or "by itself"]
                     + ([f"for {self.stage.word(str(row.unit_id))}"] if row.unit_id else []))
            for row in rows
        ]  # fmt: skip

    def notices(self) -> list[str]:
        """Every notice row of the case, a line for each step: `accept: worker1 news`. A unit's word stands for all its
        people but whoever made the move."""
        told: dict[uuid.UUID, dict[str, str]] = {}
        for row in self.stage.office.rows(
            select(Message.step_id, Message.kind, Person.account)
            .join(Person, Person.id == Message.person_id)
            .where(Message.case_id == uuid.UUID(self.case["id"]))
        ):
            told.setdefault(row.step_id, {})[row.account] = row.kind
        steps = self.stage.office.rows(
            select(Step.id, Step.action, Person.account)
            .outerjoin(Person, Person.id == Step.person_id)
            .where(Step.case_id == uuid.UUID(self.case["id"]))
            .order_by(Step.seq)
        )
        assert told.keys() <= {row.id for row in steps}
        return [f"{row.action}: {', '.join(self._crews(told.get(row.id, {}), row.account))}" for row in steps]

    def _crews(self, told: dict[str, str], actor: str | None) -> Iterable[str]:
        left = dict(told)
        for word, crew in self.stage.crews.items():
            others = crew - {actor}
            kinds = {left.get(account) for account in others}
            if len(kinds) == 1 and (kind := kinds.pop()) is not None:
                yield f"{word} {kind}"
                for account in others:
                    del left[account]
        yield from (f"{account} {kind}" for account, kind in sorted(left.items()))

    def listed(self, account: str, query: str = "") -> bool:
        """Does it stand in somebody's list?"""
        answer = self.stage.client(account).get(f"/cases?limit=200&{query}")
        assert answer.status_code == 200, answer.text
        return self.case["id"] in [one["id"] for one in answer.json["items"]]


def _sent(text: str) -> str:
    return text if "T" in text else moment(text).isoformat()


def later(text: str, **span: float) -> str:
    """So much later on the office's clock."""
    return (moment(text) + timedelta(**span)).strftime("%Y-%m-%d %H:%M")
