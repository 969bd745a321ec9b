"""Role × action × object over HTTP: every post before cases of its own village, at every stage of their life, and of
the next village, another township and another county. Each cell the table allows is carried to its end; every other
is refused, and nothing has changed.

The table is by hand from the page of moves, for one kind of case: a fire hazard that a grid worker reported, the
village sent up and the township gave to its fire station.
"""

import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from server.api.routes import cases as routes
from server.rules.workflow import BY_ACTION, MOVES
from tests.conftest import Client, Office
from tests.server.conftest import count_rows, jpeg, sha256
from tests.server.counties import PLACES, Place, found_second_county
from tests.server.stories.rehearsing import filled, rehearsal
from tests.server.stories.tale import Stage, Tale

ACTIONS = [move.action for move in MOVES if move.action != "submit" and not move.who <= {"system", "resident"}]
# Who asks: each post of the first line of areas, and people who have no part in anything.
ASKING = (
    "worker1", "village1", "villageleader1", "township1", "leader1", "fire1", "county1", "countyleader1", "city1",
    "inspector1", "worker3", "admin1", "auditor1",
)  # fmt: skip
FROM_ABOVE = {
    "township county city": "correct supervise",
    "leader county_leader": "correct supervise take_over void comment",
}
DISPATCHING = "escalate add_co redispatch refer_out correct merge supervise"
AT_WORK = {
    "worker": "supplement", "village village_leader inspector": "",
    "township": DISPATCHING, "leader": f"{DISPATCHING} void comment",
    "county city": "correct supervise", "county_leader": "correct supervise take_over void comment",
}  # fmt: skip
# stage → posts → what they may do. Whoever is not named does not see the case.
ALLOWED: dict[str, dict[str, str]] = {
    "submitted": {
        "worker": "supplement settle_on_spot withdraw", "inspector": "",
        "village village_leader":
            "accept handle_here reject escalate transfer correct ask_check supplement settle_on_spot merge void",
        **FROM_ABOVE,
    },
    "at work": {
        **AT_WORK,
        "fire": "progress mediate finish name_handler ask_return ask_extension ask_suspension correct supplement merge"
                " void",
    },
    "return asked": {
        **AT_WORK,
        "township": f"{DISPATCHING} agree_return refuse_return",
        "leader": f"{DISPATCHING} agree_return refuse_return void comment",
        "fire": "name_handler correct supplement merge void",
    },
    "finished": {
        "worker fire": "supplement", "village village_leader inspector": "",
        "township leader": "correct ask_check supplement verify_pass verify_fail",
        "county city": "correct supervise", "county_leader": "correct supervise take_over comment",
    },
    "closed": {
        "worker village village_leader fire": "", "township": "visit reopen", "leader": "visit",
        "county city": "inspect reopen", "county_leader": "inspect reopen comment", "inspector": "inspect",
    },
}  # fmt: skip
EVERYWHERE = ("submitted", "at work")
OBJECTS = [(where, life) for where in PLACES for life in ALLOWED if where == "own village" or life in EVERYWHERE]
"""What is asked of an assignment and of a request is told apart in the own village; sight is tried everywhere."""


@dataclass
class Thing:
    """A case with a photo and a party, and another it may be merged into."""

    tale: Tale
    photo: str
    other: str
    version: int


def submitted(tale: Tale, place: Place, **more: Any) -> None:
    party = {"name": "欧阳清欢", "phone": "13812341234"}
    tale.files(place.worker, location=None, no_location_reason="定位失败", parties=[party], **more)


def at_work(tale: Tale, place: Place, **more: Any) -> None:
    submitted(tale, place, **more)
    tale.does(place.village, "escalate")
    tale.does(place.township, "accept")
    tale.does(place.township, "dispatch", lead=tale.stage.client(place.fire).get("/me").json["units"][0]["id"])
    tale.does(place.fire, "sign")


def return_asked(tale: Tale, place: Place, **more: Any) -> None:
    at_work(tale, place, **more)
    tale.does(place.fire, "ask_return")


def finished(tale: Tale, place: Place, **more: Any) -> None:
    at_work(tale, place, **more)
    tale.does(place.fire, "finish")


def closed(tale: Tale, place: Place, **more: Any) -> None:
    finished(tale, place, **more)
    tale.does(place.township, "verify_pass")


LIVES: dict[str, Callable[..., None]] = {
    "submitted": submitted, "at work": at_work, "return asked": return_asked, "finished": finished, "closed": closed,
}  # fmt: skip


@pytest.fixture(scope="module")
def things(shared_office: Office, stage: Stage) -> dict[tuple[str, str], Thing]:
    """A case for each place and stage of life."""
    found_second_county(shared_office)
    with_everybody = Stage(shared_office, stage.clock)
    return {(where, life): _made(with_everybody, PLACES[where], life, at) for at, (where, life) in enumerate(OBJECTS)}


def _made(stage: Stage, place: Place, life: str, number: int) -> Thing:
    photo, tale, other = jpeg(number), Tale(stage).at("03-02 09:00"), Tale(stage)
    (submitted if life == "submitted" else at_work)(other, place)
    LIVES[life](tale, place, photos=[sha256(photo)])
    path = f"/reports/{tale.case['id']}/photos/{sha256(photo)}"
    assert stage.client(place.worker).put(path, data=photo, content_type="image/jpeg").status_code == 201
    return Thing(tale.at("03-02 09:30"), sha256(photo), other.case["id"], tale.version())


def allowed(where: str, life: str, account: str) -> set[str] | None:
    """What somebody may do to a case of this place; None when they must not see it."""
    place = PLACES[where]._asdict() | {"city": "city1", "inspector": "inspector1"}
    if where == "other county":
        del place["inspector"]
    for posts, actions in ALLOWED[life].items():
        if account in (place.get(post) for post in posts.split()):
            return set(actions.split())
    return None


@pytest.fixture
def unchanged(shared_office: Office, things: Any) -> Iterator[None]:
    """Every table must be as it was but for the audit log, which tells of opened parties."""
    for account in ASKING:
        things["own village", "submitted"].tale.stage.client(account)
    before = count_rows(shared_office)
    yield
    after = count_rows(shared_office)
    assert {name: count for name, count in after.items() if before[name] != count}.keys() <= {"audit"}


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize("account", ASKING)
def test_exactly_the_allowed_cells_succeed(
    things: dict[tuple[str, str], Thing], monkeypatch: pytest.MonkeyPatch, account: str
):
    for (where, life), thing in things.items():
        may, tale = allowed(where, life, account), thing.tale
        client, case_id = tale.stage.client(account), tale.case["id"]
        look = client.get(f"/cases/{case_id}")
        sight = {
            look.status_code,
            client.get(f"/photos/{thing.photo}?size=thumb").status_code,
            client.post(f"/cases/{case_id}/parties/open", json={"purpose": "核对当事人"}).status_code,
        }
        assert sight == {404 if may is None else 200}, (where, life)
        tale.case = look.json if may is not None else tale.case
        for action in ACTIONS:
            if action not in (may or ()):
                told = _told(_tried(client, thing, action))
                wanted = (404, "not_found") if may is None else (409, "move_not_allowed")
                # Who stands above is offered to merge; whether they decide for both depends on the master they name.
                assert told == wanted or (may and action == "merge" and told == (422, "invalid")), (where, life, action)
        with monkeypatch.context() as patch:
            patch.setattr(routes, "transaction", rehearsal)
            for action in sorted(may or ()):
                answer = _carried_out(client, thing, action)
                assert answer.status_code == 201, (where, life, action, _told(answer), answer.json.get("errors"))
        assert tale.version() == thing.version


def _tried(client: Client, thing: Thing, action: str) -> Any:
    """The answer to a move that somebody may not make, sent as whoever may make it would."""
    tale, move = thing.tale, BY_ACTION[action]
    payload = {**tale.payload(action, {}), **({"master": thing.other} if action == "merge" else {})}
    at = tale.stage.clock.now().isoformat()
    body = {"action": action, "based_on": thing.version, "at": at, "payload": payload}
    if move.task is not None and tale.case["assignments"]:
        body["assignment"] = tale.case["assignments"][0]["id"]
    if move.request is not None and tale.case["requests"]:
        body["request"] = tale.case["requests"][0]["id"]
    return client.put(f"/cases/{tale.case['id']}/steps/{uuid.uuid4()}", json=body)


def _carried_out(client: Client, thing: Thing, action: str) -> Any:
    """The answer to a move that somebody is offered, on its form filled in."""
    tale = thing.tale
    offer = next((one for one in tale.case["moves"] if one["action"] == action), None)
    assert offer is not None, f"{action} is not offered"
    body = {"action": action, "based_on": thing.version, "at": tale.stage.clock.now().isoformat(),
            "payload": filled(tale, offer, thing.other),
            **{name: offer[name] for name in ("assignment", "request") if name in offer}}  # fmt: skip
    return client.put(f"/cases/{tale.case['id']}/steps/{uuid.uuid4()}", json=body)


def _told(answer: Any) -> tuple[int, str | None]:
    return answer.status_code, answer.json.get("code")
