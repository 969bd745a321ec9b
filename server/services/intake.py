"""A report becomes a case: find its grid and first holder, and write everything in the caller's transaction.

The caller has already answered replays (`cases.find`); two first submissions that race meet at the case's
primary key, and the later one is answered like a replay.
"""

import hashlib
import secrets
import uuid
from collections.abc import Mapping
from typing import Any, NamedTuple

from grids.codes import case_code
from server.db import insert_rows
from server.models import Report
from server.models.numbers import next_filing
from server.office import office
from server.rules import routing
from server.rules.emergencies import EMERGENCY, alerted
from server.rules.facts import Facts
from server.rules.refusals import Refusal, Sentence, invalid
from server.rules.rulebook import Category
from server.services import access, cases, duplicates, parties, whereabouts
from server.services.audience import Seat
from server.services.hearing import Hearing
from server.services.people import SignedIn
from server.services.records import PLACE_FIELDS, Record
from server.services.reference import Atlas
from server.services.whereabouts import Whereabouts

TITLE_LENGTH = 60
DESK_SOURCES: frozenset[str] = frozenset({"walk_in", "hotline", "police", "court", "petition"})
"""Sources that only somebody who belongs to a unit can receive."""

ORIGIN_SOURCES: frozenset[str] = frozenset({"hotline", "police", "court", "petition"})
"""Sources that send a number of their own and want an answer; a clerk enters it while no connector does."""


class Filed(NamedTuple):
    """A filed report: the case as written, and the secret that comes back once."""

    record: Record
    secret: str


def file_report(hearing: Hearing, body: Mapping[str, Any], submission: cases.Submission) -> Filed | None:
    """File a report whose shape has been checked.

    Returns: None when another transaction filed the same id meanwhile; ask `cases.find` again.

    Raises:
        Refusal: `not_for_your_role`, or `invalid` naming the fields that the rule book or the map refuses.
    """
    tx, person, atlas = hearing.tx, hearing.person, hearing.atlas
    if not access.may_report(person):
        raise Refusal("not_for_your_role")
    category = _check_against_rules(hearing, body)
    found = _place(body, person, atlas)
    holder, area = _first_holder(body, category, found, person, atlas)
    filing = next_filing(tx)
    sensitive = category.sensitive or bool(body["confidential"])
    county = atlas.ancestor(area, "county") or area
    values = {
        "id": submission.id,
        "code": case_code(county[:6], hearing.now.astimezone(office().settings.timezone).date(), filing.case_number),
        "title": " ".join(body["text"].split())[:TITLE_LENGTH],
        "source": body["source"],
        "confidential": body["confidential"],
        "reporter_id": person.id,
        "created_at": body["filed_at"],
        "received_at": hearing.now,
        "grid_match": found.match,
        "grid_candidates": whereabouts.candidates(found),
        "lon": found.lon,
        "lat": found.lat,
        "cell": duplicates.cell_of(found.lon, found.lat) if found.lon is not None and found.lat is not None else None,
    }
    people = _people(body)
    desk = atlas.desk_of(found.grid.code if found.grid else None, area)
    facts = Facts(
        None, category.code, body["urgency"], holder, submission.id, source=body["source"], area_code=area,
        grid_id=found.grid.id if found.grid else None, received_at=hearing.now, origin=body["origin"] is not None,
        reporters=frozenset({person.id}), village_desk=desk, resident=bool(people),
    )  # fmt: skip
    urgent = alerted(facts, atlas, hearing.rules) if facts.urgency == EMERGENCY else []
    subjects = access.audience_of(
        atlas,
        reporter=person.id,
        units=[holder, *urgent],
        area=area,
        sensitive=sensitive,
        avoid_village=category.avoid_village,
    )
    opened = cases.open_case(
        hearing,
        submission,
        facts,
        values,
        _payload(body),
        subjects,
        filing.change,
        body["origin"]["due_at"] if body["origin"] else None,
    )
    if opened is None:
        return None
    case, facts, step = opened
    secret = secrets.token_urlsafe(16)
    report = _report_row(hearing, body, submission.id, secret)
    insert_rows(tx, Report, [report])
    cases.list_photos(tx, submission.id, submission.id, person.id, "report", body["photos"])
    parties.store(tx, hearing.keys, submission.id, submission.id, people)
    record = Record(
        case=case,
        facts=facts,
        report={name: report[name] for name in PLACE_FIELDS},
        grid=(found.grid.code, found.grid.name) if found.grid else None,
        steps=[step],
        photos=[
            {"sha256": bytes.fromhex(photo), "kind": "report", "step": submission.id, "missing": True}
            for photo in body["photos"]
        ],
        parties=[parties.mask(party) for party in people],
        names={person.id: person.name},
        seats=dict.fromkeys(subjects, Seat(False, True)),
    )
    if body["settled"] is not None:
        record = _settle(hearing, record, body["settled"], submission, filing.change)
    return Filed(record, secret)


def _settle(
    hearing: Hearing, record: Record, settled: Mapping[str, Any], submission: cases.Submission, change: int
) -> Record:
    """即报即结: the second step of a report that was settled when it was filed.

    Raises:
        Refusal: `invalid` naming `settled` when this person does not settle there.
    """
    again = cases.Submission(uuid.uuid5(submission.id, "settle"), submission.content, submission.device_at)
    wish = cases.Wish("settle_on_spot", record.case["version"], settled)
    try:
        return cases.advance(hearing, record, wish, again, change)
    except Refusal as refusal:
        if refusal.code != "move_not_allowed":
            raise
        raise invalid(
            "settled", "只有网格员和受理单位可以即报即结。", "Only the worker and the receiving unit settle so."
        ) from refusal


def _check_against_rules(hearing: Hearing, body: Mapping[str, Any]) -> Category:
    person, rules = hearing.person, hearing.rules
    errors: dict[str, Sentence] = {}
    category = rules.categories.get(body["category"])
    if category is None or not category.leaf:
        raise invalid("category", "没有这个事项类别，或它还有下级类别。", "There is no such category to file under.")
    if not category.grid_worker and not person.units:
        errors["category"] = ("网格员不能上报这一类别。", "Grid workers do not report this category.")
    if body["source"] in DESK_SOURCES and not person.units:
        errors["source"] = ("该来源只能由单位工作人员登记。", "Only somebody at a unit's desk receives this source.")
    if category.photo_required and not body["photos"]:
        errors["photos"] = ("这一类别需要现场照片。", "This category needs a photo.")
    settled = body["settled"]
    if settled is not None and not category.settle_on_spot:
        errors["settled"] = ("这一类别不能即报即结。", "This category is not settled on the spot.")
    elif settled is not None and category.after_photo_required and not settled["photos"]:
        errors["settled.photos"] = ("这一类别需要处置后照片。", "This category needs a photo of the result.")
    if body["origin"] is not None and (body["source"] not in ORIGIN_SOURCES or not person.units):
        errors["origin"] = (
            "只有热线、公安、法院、信访转来的事项才有来源单号。", "Only what another system sent has an origin."
        )  # fmt: skip
    if body["same_as"] is not None and not access.may_see(hearing.tx, person, body["same_as"]):
        errors["same_as"] = ("找不到这个事项。", "There is no such case.")
    if errors:
        raise Refusal("invalid", errors=errors)
    return category


def _place(body: Mapping[str, Any], person: SignedIn, atlas: Atlas) -> Whereabouts:
    location, chosen = body["location"], body["grid_code"]
    if location is None:
        return whereabouts.by_choice(atlas, person.grids, chosen)
    found = whereabouts.locate(atlas, location["lon"], location["lat"], location["crs"], location["accuracy_m"])
    return whereabouts.choose(atlas, found, chosen) if chosen else found


def _first_holder(
    body: Mapping[str, Any], category: Category, found: Whereabouts, person: SignedIn, atlas: Atlas
) -> tuple[uuid.UUID, str]:
    """The unit that holds the case first, and the area the case lies in."""
    township = whereabouts.nearest_township(atlas, found)
    village = found.grid.village if found.grid else None
    area = routing.first_holder_area(
        routing.Circumstances(
            source=body["source"],
            village=village,
            nearest_township=township,
            reporter_village=access.own_village(person, atlas),
            reporter_area=access.own_area(person, atlas),
        )
    )
    if area is None:
        raise invalid(
            "grid_code", "请选择网格或提供位置。", "Choose a grid or give a place: nothing says where this belongs."
        )
    if category.avoid_village:
        area = atlas.ancestor(area, "township") or area
    own = atlas.desks.get(found.grid.code) if found.grid and body["source"] in routing.BY_PLACE else None
    if own is not None and not category.avoid_village:
        return own, village or area
    centre = next((atlas.centres[code] for code in atlas.line_of(area) if code in atlas.centres), None)
    if centre is None:
        raise Refusal("unavailable")
    return centre.id, village or township or area


def _payload(body: Mapping[str, Any]) -> dict[str, Any]:
    """What the submit step keeps: everything but personal data of parties."""
    return {
        name: body[name]
        for name in (
            "category", "text", "urgency", "source", "location", "no_location_reason", "grid_code", "filed_at",
            "photos", "occurred_at", "involved_count", "amount", "confidential", "same_as",
        )
    }  # fmt: skip


def _people(body: Mapping[str, Any]) -> list[dict[str, Any]]:
    behalf = body["on_behalf_of"]
    return [*body["parties"], *([{**behalf, "role": "on_behalf_of"}] if behalf else [])]


def _report_row(hearing: Hearing, body: Mapping[str, Any], report_id: uuid.UUID, secret: str) -> dict[str, Any]:
    location, origin = body["location"] or {}, body["origin"] or {}
    return {
        "id": report_id,
        "case_id": report_id,
        "person_id": hearing.person.id,
        "secret_hash": hashlib.sha256(secret.encode()).digest(),
        "category": body["category"],
        "text": body["text"],
        "urgency": body["urgency"],
        "source": body["source"],
        "filed_at": body["filed_at"],
        "received_at": hearing.now,
        "raw_lon": location.get("lon"),
        "raw_lat": location.get("lat"),
        "crs": location.get("crs"),
        "accuracy_m": location.get("accuracy_m"),
        "fix": location.get("fix"),
        "no_location_reason": body["no_location_reason"],
        "chosen_grid": body["grid_code"],
        "occurred_at": body["occurred_at"],
        "involved_count": body["involved_count"],
        "amount": body["amount"],
        "same_as": body["same_as"],
        "origin_system": origin.get("system"),
        "origin_id": origin.get("external_id"),
        "origin_due_at": origin.get("due_at"),
    }
