"""Who may see a case as it moves: units join and lose sight, persons are let in and out. Works out rows, writes none.

A subject that loses sight keeps its row as `gone`, so that its phones hear of it; a `lasting` one never loses it.
"""

import uuid
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from server.rules.effects import Effects
from server.rules.emergencies import newly_alerted
from server.rules.facts import Facts, State
from server.rules.rulebook import RuleBook
from server.services.access import with_superiors
from server.services.reference import Atlas


class Seat(NamedTuple):
    """One subject's row: has it lost sight, and may it ever?"""

    gone: bool
    lasting: bool


def follow(
    atlas: Atlas,
    seats: Mapping[str, Seat],
    before: Facts,
    after: Facts,
    effects: Effects,
    rules: RuleBook,
    *,
    sensitive: bool,
) -> dict[str, Seat]:
    """The audience after a move. What is kept from the village is kept from its inspectors too."""
    kind, other = ("s", "u") if sensitive else ("u", "s")
    found = _turned(seats, other, kind)
    centre = None if after.state in (State.IN_PROGRESS, State.SUSPENDED) else after.holder_id  # a lead is no centre
    lasting = {f"{kind}:{unit}" for unit in with_superiors(atlas, [centre, after.dispatcher_id])}
    for unit in with_superiors(atlas, effects.seen_by):
        _show(found, f"{kind}:{unit}", lasting=f"{kind}:{unit}" in lasting)
    for person in effects.shown_to:
        _show(found, f"p:{person}", lasting=False)
    if (after.area_code, after.category) != (before.area_code, before.category):
        avoid_village = rules.categories[after.category].avoid_village
        _inspect(atlas, found, after.area_code, avoid_village=avoid_village)
    for unit in with_superiors(atlas, newly_alerted(before, after, atlas, rules)):
        _show(found, f"{kind}:{unit}", lasting=True)
    if effects.unseen_by:
        _hide(found, [f"{kind}:{unit}" for unit in _leaving(atlas, after, effects.unseen_by)])
    if effects.hidden_from:
        staying = _people_concerned(after)
        _hide(found, [f"p:{person}" for person in effects.hidden_from if person not in staying])
    return found


def _inspect(atlas: Atlas, seats: dict[str, Seat], area: str, *, avoid_village: bool) -> None:
    """Inspectors of the areas the case lies in see it; those of a village that must not know of it no longer do."""
    told = [subject[2:] for subject in seats if subject.startswith("a:")]
    for code in dict.fromkeys([*told, *atlas.line_of(area)]):
        if not avoid_village or atlas.areas[code].level != "village":
            _show(seats, f"a:{code}", lasting=True)
        elif f"a:{code}" in seats:
            seats[f"a:{code}"] = Seat(True, False)


def _turned(seats: Mapping[str, Seat], before: str, after: str) -> dict[str, Seat]:
    """A case that became sensitive, or is so no longer, is shown to the same units in the other way."""
    found = dict(seats)
    for subject, seat in seats.items():
        if subject.startswith(f"{before}:") and not seat.gone:
            found[subject] = Seat(True, seat.lasting)
            _show(found, f"{after}{subject[1:]}", lasting=seat.lasting)
    return found


def _show(seats: dict[str, Seat], subject: str, *, lasting: bool) -> None:
    known = seats.get(subject)
    seats[subject] = Seat(False, lasting or (known is not None and known.lasting))


def _hide(seats: dict[str, Seat], subjects: Iterable[str]) -> None:
    for subject in subjects:
        if subject in seats and not seats[subject].lasting:
            seats[subject] = Seat(True, False)


def _leaving(atlas: Atlas, after: Facts, units: Iterable[uuid.UUID]) -> set[uuid.UUID]:
    """Units whose part was taken back lose sight, unless they are concerned in another way. No such ways are a
    supervision, which whoever holds the case now acknowledges, and what they asked themselves, such as a check, whose
    answer whoever holds it now hears: nothing would ever end their sight."""
    still = [one.unit_id for one in after.assignments if one.active or one.state == "reported" or one.role == "copied"]
    asked = [one.to_unit_id for one in after.asked() if one.kind != "supervision"]
    concerned = [after.holder_id, after.dispatcher_id, after.first_responsible_id, after.reviewer_id]
    return set(with_superiors(atlas, units)) - set(with_superiors(atlas, [*still, *asked, *concerned]))


def _people_concerned(after: Facts) -> set[uuid.UUID]:
    people = [one.handler_id for one in after.assignments if one.state not in ("returned", "recalled", "waived")]
    people += [one.to_person_id for one in after.requests if one.kind == "check"]
    people.append(after.leader_in_charge_id)
    return {one for one in people if one is not None} | after.reporters | after.followers_reporters
