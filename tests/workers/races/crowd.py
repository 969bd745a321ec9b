"""A crowd of officials at one real office: they take what its moves offer, fill in the forms and send them at once.

A person here does what the app does: reads a case, picks one of its moves, fills its fields from their description, and
sends it until the office answers, always under the same step id.
"""

import http.client
import json
import random
import threading
import time
import uuid
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from tests.server.conftest import jpeg, sha256

HANGS_AFTER_S = 60
RARELY = frozenset({"void", "grant_void", "reject", "withdraw", "register_only", "refer_out", "receipt"})
"""Moves that end a case, or lead away: taken now and then, so that most cases stay in play."""
OFTEN = frozenset({"merge", "split", "accept", "dispatch", "sign", "finish", "reopen", "object", "overrule"})
PHOTOS: dict[str, bytes] = {sha256(photo): photo for photo in map(jpeg, range(20))}


class Answer(NamedTuple):
    status: int
    body: Any


class Sent(NamedTuple):
    """A move that was answered with yes: what it takes to send it again, and the step it became."""

    token: str
    path: str
    body: dict[str, Any]
    step: dict[str, Any]


class Line:
    """One keep-alive connection to the office; a broken one is opened anew."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._connection: http.client.HTTPConnection | None = None

    def ask(self, method: str, path: str, token: str, body: Any = None, kind: str = "application/json") -> Answer:
        """OSError or HTTPException when nothing comes back."""
        line = self._connection = self._connection or http.client.HTTPConnection(
            "127.0.0.1", self._port, timeout=HANGS_AFTER_S
        )
        headers = {"Authorization": f"Bearer {token}"} | ({"Content-Type": kind} if body is not None else {})
        data = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        try:
            line.request(method, f"/api/v1{path}", body=data, headers=headers)
            answer = line.getresponse()
            text = answer.read()
        except (OSError, http.client.HTTPException):
            line.close()
            self._connection = None
            raise
        return Answer(answer.status, json.loads(text) if text.startswith((b"{", b"[")) else text)

    def insist(self, method: str, path: str, token: str, body: Any = None, kind: str = "application/json") -> Answer:
        """Ask until something comes back: the office may be dead just now."""
        give_up = time.monotonic() + HANGS_AFTER_S
        while True:
            try:
                return self.ask(method, path, token, body, kind)
            except (OSError, http.client.HTTPException):
                assert time.monotonic() < give_up, "the office is gone for good"
                time.sleep(0.05)


@dataclass
class Crowd:
    """Everybody's tokens, the cases they play with, and what came of it."""

    port: int
    tokens: Sequence[str]
    cases: Sequence[uuid.UUID]
    place: dict[str, Any]
    statuses: Counter[int] = field(default_factory=Counter)
    done: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    accidents: list[str] = field(default_factory=list)
    sent: list[Sent] = field(default_factory=list)
    tried: set[uuid.UUID] = field(default_factory=set)
    again: int = 0
    """Moves that had been made when they were sent a second time: the first answer was lost on the way."""
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def play(self, people: int, seconds: float, seed: int) -> None:
        """So many people at once make moves for so long."""
        with self.playing(people, seed):
            time.sleep(seconds)

    @contextmanager
    def playing(self, people: int, seed: int) -> Iterator[None]:
        """So many people at once make moves until the block is left; then nothing may have gone wrong for any."""
        stop = threading.Event()
        threads = [
            threading.Thread(target=self._safely, args=(random.Random(f"{seed}:{number}"), stop))
            for number in range(people)
        ]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            stop.set()
            for thread in threads:
                thread.join()
        assert self.accidents == []

    def _safely(self, dice: random.Random, stop: threading.Event) -> None:
        try:
            line = Line(self.port)
            while not stop.is_set():
                self._act(line, dice)
        except BaseException as error:
            with self._lock:
                self.accidents.append(repr(error))
            raise

    def _act(self, line: Line, dice: random.Random) -> None:
        token, case_id = dice.choice(self.tokens), dice.choice(self.cases)
        seen = line.insist("GET", f"/cases/{case_id}", token)
        self._note(seen)
        if seen.status != 200 or not seen.body["moves"]:
            return
        offers = seen.body["moves"]
        offer = dice.choices(offers, [_weight(one["action"]) for one in offers])[0]
        payload = fill(offer["needs"], seen.body, self, dice)
        body = {"action": offer["action"], "based_on": seen.body["version"], "payload": payload}
        body |= {"at": datetime.now(UTC).isoformat(), **{k: offer[k] for k in ("assignment", "request") if k in offer}}
        step_id = uuid.UUID(int=dice.getrandbits(128), version=4)
        path = f"/cases/{case_id}/steps/{step_id}"
        with self._lock:
            self.tried.add(step_id)
        answer = line.insist("PUT", path, token, body)
        self._note(answer)
        if answer.status in (200, 201) and payload.get("photos") and dice.random() < 0.7:
            for name in payload["photos"]:
                self._note(line.insist("PUT", f"{path}/photos/{name}", token, PHOTOS[name], "image/jpeg"))
        with self._lock:
            if answer.status in (200, 201):
                self.done[offer["action"]] += 1
                self.again += answer.status == 200
                self.sent.append(Sent(token, path, body, answer.body["step"]))
            else:
                self.refused[f"{offer['action']} {answer.body['code']}"] += 1

    def _note(self, answer: Answer) -> None:
        with self._lock:
            self.statuses[answer.status] += 1
            if answer.status >= 500:
                self.accidents.append(str(answer))


def _weight(action: str) -> float:
    return 0.15 if action in RARELY else 4 if action in OFTEN else 1


def fill(needs: Sequence[dict[str, Any]], case: dict[str, Any], crowd: Crowd, dice: random.Random) -> dict[str, Any]:
    """The fields of a form: all required ones, some of the others."""
    payload = {}
    for need in needs:
        if need["required"] or dice.random() < (0.5 if need["type"] in ("case", "parties") else 0.25):
            value = _value(need, case, crowd, dice)
            if value is not None:
                payload[need["name"]] = value
    return payload


def _value(  # noqa: C901, PLR0912  # one branch for each kind of field
    need: dict[str, Any], case: dict[str, Any], crowd: Crowd, dice: random.Random
) -> Any:
    now = datetime.now(UTC)
    choices = [one["value"] for one in need.get("choices", ())]
    match need["type"]:
        case "text" | "line":
            return f"{need['label']['zh']}：第 {dice.randrange(1000)} 次登记。"
        case "choice" | "unit" | "person":
            return dice.choice(choices) if choices else None
        case "units":
            return dice.sample(choices, min(len(choices), dice.randint(1, 2))) or None
        case "helpers":
            due = (now + timedelta(hours=dice.randint(1, 9))).isoformat()
            return [{"unit": one, "due_at": due} for one in dice.sample(choices, min(len(choices), 1))] or None
        case "category":
            return case["category"]
        case "urgency":
            return case["urgency"]
        case "photos":
            return [dice.choice(list(PHOTOS))]
        case "parties":
            return [{"name": "张三", "phone": "13812341234"}]
        case "case":
            return str(dice.choice(crowd.cases))
        case "moment":
            ahead = need["name"] in ("due_at", "arrive_by")
            return (now + timedelta(hours=dice.randint(1, 72)) if ahead else now).isoformat()
        case "day":
            return (now + timedelta(days=dice.randint(1, 20))).date().isoformat()
        case "flag":
            return dice.random() < 0.5
        case "location":
            return {"lon": crowd.place["lon"], "lat": crowd.place["lat"], "crs": "wgs84"}
    raise AssertionError(f"a form field of an unknown kind: {need['type']}")
