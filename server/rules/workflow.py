"""The life of a case as one table: states, moves, who may make them, what they need, what they change, who is told.

`decide()` judges one move, `offers()` lists what a person may do now; both read the same rows. Pure: no Flask, SQL,
clock or I/O. Adding a move is adding a row (and its words, and its effect where no present one fits).
"""

import uuid
from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from typing import NamedTuple

from server.rules import asking as needs
from server.rules import (
    checking,
    closing,
    dispatching,
    extending,
    handing,
    handling,
    merging,
    overseeing,
    receiving,
    referring,
    returning,
    upkeep,
)
from server.rules import conditions as when
from server.rules.effects import Ask, Effects, World, apply, credited
from server.rules.facts import LED, OPEN, Assignment, Facts, State, TaskState, Told
from server.rules.needs import Need, check
from server.rules.pointing import acting_unit, the_one
from server.rules.refusals import Refusal
from server.rules.situation import Situation
from server.rules.standing import Role

Effect = Callable[[Facts, Ask, World], Effects]

SUBMITTED, ACCEPTED, IN_PROGRESS = State.SUBMITTED, State.ACCEPTED, State.IN_PROGRESS
VERIFYING, SUSPENDED, EXTERNAL = State.AWAITING_VERIFICATION, State.SUSPENDED, State.EXTERNAL
CLOSED, REJECTED, VOID, MERGED = State.CLOSED, State.REJECTED, State.VOID, State.MERGED
ANY = frozenset(State)
AT_WORK = LED | {ACCEPTED}  # units may be at work: with a lead, or helpers while they wait for a new one
HELPED = AT_WORK - {EXTERNAL}  # a return may wait for its answer: a helper's does when the lead goes or stands still


@dataclass(frozen=True, slots=True)
class Move:
    """流转规则: one row of the table.

    Args:
        action: code word. `zh`, `en`: the words on the button.
        sources: states it starts from (empty: the case does not exist yet).
        targets: states it may lead to, the usual one first; empty: it leaves the state as it is, as it may in any case.
        leaving: the sources it may lead away from, if not all.
        who: roles, any of which suffices.
        effect: what it changes.
        told: who hears of it.
        needs: the fields it asks for.
        compares: does a decision by another person since `based_on` forbid it?
        condition: what else must hold.
        task, request: it is about one assignment, or one open request, that fits so.
    """

    action: str
    zh: str
    en: str
    sources: frozenset[str]
    targets: tuple[State, ...]
    who: frozenset[Role]
    effect: Effect
    told: frozenset[Told]
    needs: tuple[Need, ...] = ()
    compares: bool = False
    condition: when.Condition = when.always
    task: when.TaskFits | None = None
    request: when.RequestFits | None = None
    leaving: frozenset[str] = frozenset()

    def leads_from(self, state: str | None) -> Sequence[State]:
        """The states it may lead to from this one, the usual one first."""
        return self.targets if state in (self.leaving or self.sources) or state is None else ()


class Decision(NamedTuple):
    """A move that is allowed: what it changes, and the unit it is made for."""

    effects: Effects
    as_unit: uuid.UUID | None


@dataclass(frozen=True, slots=True)
class Offer:
    """A move that somebody may make now, on which assignment or request, and which actions would follow for them."""

    move: Move
    assignment: uuid.UUID | None
    request: uuid.UUID | None
    then: tuple[str, ...]


def _move(
    action: str, zh: str, en: str, sources: frozenset[str] | set[State], targets: tuple[State, ...], who: str,
    effect: Effect, told: str, *asked: Need, compares: bool = False, condition: when.Condition = when.always,
    task: when.TaskFits | None = None, request: when.RequestFits | None = None, leaving: Set[str] = frozenset(),
) -> Move:  # fmt: skip
    """A row; `who` and `told` are words with spaces between."""
    roles: frozenset[Role] = frozenset(who.split())  # type: ignore[arg-type]  # tests/house holds them to Role
    hearing: frozenset[Told] = frozenset(told.split())  # type: ignore[arg-type]  # and these to Told
    return Move(action, zh, en, frozenset(sources), targets, roles, effect, hearing, asked, compares, condition, task,
                request, frozenset(leaving))  # fmt: skip


MOVES: tuple[Move, ...] = (
    # 受理: receiving
    _move("submit", "上报", "Report", frozenset(), (SUBMITTED,), "reporter", receiving.submit, "holder"),
    _move("accept", "受理", "Accept", {SUBMITTED}, (ACCEPTED,), "holder alerted", receiving.accept, "reporter",
          needs.CATEGORY, needs.URGENCY, needs.REPEAT_OF, needs.HANDLER, compares=True),
    _move("dispatch", "分派", "Dispatch", {ACCEPTED}, (IN_PROGRESS,), "holder", dispatching.dispatch, "units reporter",
          needs.LEAD, needs.POOL, needs.DUE, needs.CO, needs.COPIED, compares=True),
    _move("handle_here", "自办", "Handle here", {SUBMITTED, ACCEPTED}, (IN_PROGRESS,), "holder alerted",
          dispatching.handle_here, "reporter person", needs.CATEGORY, needs.URGENCY, needs.REPEAT_OF, needs.HANDLER,
          compares=True),
    _move("reject", "不予受理", "Decline", {SUBMITTED}, (REJECTED,), "holder", receiving.reject, "reporter superior",
          needs.CODE, needs.BASIS, needs.GUIDANCE, compares=True, condition=when.may_decline),
    _move("register_only", "咨询登记", "Register only", {SUBMITTED}, (CLOSED, VERIFYING), "holder",
          receiving.register_only, "reporter holder", needs.ANSWER, condition=when.consultation),
    _move("object", "异议", "Object", {REJECTED, VOID}, (SUBMITTED,), "reporter", receiving.object_to,
          "holder old_holder", needs.REASON, condition=closing.may_object),
    _move("overrule", "责令受理", "Have it accepted", {REJECTED}, (SUBMITTED,), "superior", receiving.overrule,
          "reporter holder old_holder", needs.REASON, needs.AT_UNIT, condition=closing.may_overrule),
    # 层级流转: between levels
    _move("escalate", "上报上级", "Send up", {SUBMITTED, ACCEPTED, IN_PROGRESS}, (SUBMITTED,), "holder dispatcher",
          handing.escalate, "old_holder holder first_responsible reporter",
          needs.REASON, needs.WORK_DONE, needs.OVERRIDE_REASON, compares=True, condition=when.centre_decides),
    _move("hand_down", "下派", "Hand down", {SUBMITTED, ACCEPTED}, (SUBMITTED,), "holder", handing.hand_down,
          "old_holder holder first_responsible reporter", needs.CENTRE_BELOW, needs.REASON, needs.ANSWER_TO_ME,
          compares=True, condition=when.has_centres_below),
    _move("send_back", "退回下派", "Send back up", {SUBMITTED}, (ACCEPTED,), "holder", handing.send_back, "holder",
          needs.CODE, needs.TEXT, compares=True, condition=handing.may_send_back),
    _move("transfer", "移交", "Ask to transfer", {SUBMITTED, ACCEPTED}, (), "holder", handing.transfer,
          "approver reporter", needs.PEER, needs.REASON, compares=True, condition=when.has_peers),
    _move("agree_transfer", "同意移交", "Agree to the transfer", {SUBMITTED, ACCEPTED}, (SUBMITTED,),
          "approver system", handing.agree_transfer, "old_holder holder reporter", compares=True,
          request=when.answers_kind("transfer")),
    _move("refuse_transfer", "不同意移交", "Refuse the transfer", {SUBMITTED, ACCEPTED}, (), "approver",
          handing.refuse, "asker", needs.REASON, compares=True, request=when.answers_kind("transfer")),
    _move("take_over", "提级接管", "Take over", {SUBMITTED, ACCEPTED, IN_PROGRESS, SUSPENDED, VERIFYING}, (ACCEPTED,),
          "superior", handing.take_over, "old_holder old_dispatcher holder dispatcher lead", needs.REASON,
          compares=True, condition=handing.may_take_over, leaving={SUBMITTED}),
    # 联动处置: handling together
    _move("sign", "签收", "Sign for it", AT_WORK, (), "lead co", handling.sign, "dispatcher",
          needs.ARRIVED_AT, task=handling.to_be_signed),
    _move("progress", "进展", "Report progress", {IN_PROGRESS, SUSPENDED}, (), "lead co", handling.progress,
          "reporter dispatcher", needs.HOW_IT_GOES, needs.PHOTOS, task=when.handling),
    _move("mediate", "调解", "Mediate", {IN_PROGRESS, SUSPENDED}, (), "lead co", handling.mediate, "dispatcher",
          needs.AT, needs.PLACE, needs.LEVEL, needs.MEDIATOR, needs.PRESENT, needs.OUTCOME, needs.PERFORM_BY,
          task=when.handling),
    _move("feedback", "反馈", "Feed back", AT_WORK, (), "co", handling.feedback, "lead",
          needs.WHAT_WAS_DONE, needs.PHOTOS, task=when.handling_as("co")),
    _move("finish", "办结反馈", "Finish", {IN_PROGRESS}, (VERIFYING,), "lead", handling.finish,
          "holder first_responsible", needs.RESULT, needs.ROUTE, needs.HANDLED, needs.AFTER_PHOTOS,
          task=handling.may_finish),
    _move("name_handler", "指派承办人", "Name who does it", {IN_PROGRESS}, (), "unit", handling.name_handler, "person",
          needs.TASK_HANDLER, task=when.names_handlers),
    _move("add_co", "增派协办", "Add a co-handler", {IN_PROGRESS}, (), "dispatcher", dispatching.add_co, "units lead",
          needs.FREE_UNITS, needs.DUE, needs.WHISTLE_PLACE, needs.ARRIVE_BY, compares=True,
          condition=when.lead_is_no_stand_in),
    _move("waive_co", "免除协办", "Waive a co-handler", {IN_PROGRESS}, (), "dispatcher", dispatching.waive_co,
          "units lead", needs.HELPER, needs.REASON, compares=True, condition=when.every(
              when.helpers_at_work, when.lead_is_no_stand_in)),
    _move("redispatch", "改派", "Give it to another lead", {IN_PROGRESS}, (), "dispatcher", dispatching.redispatch,
          "units lead", needs.NEW_LEAD, needs.REASON, compares=True),
    _move("lapse_pool", "无人领办", "Nobody signed", {IN_PROGRESS}, (ACCEPTED,), "system", dispatching.lapse_pool,
          "holder"),
    _move("release_handler", "承办人离岗", "Handler left", OPEN, (), "system", handling.release_handler, "lead"),
    # 退回、裁定: returns
    _move("ask_return", "退回", "Ask to return it", {ACCEPTED, IN_PROGRESS}, (), "unit", returning.ask_return,
          "approver", needs.CODE, needs.TEXT, task=returning.may_ask_return),
    _move("agree_return", "同意退回", "Agree to the return", HELPED, (ACCEPTED,), "approver system",
          returning.agree_return, "asker co reporter", compares=True, request=when.answers_kind("return"),
          leaving={IN_PROGRESS}),
    _move("refuse_return", "不同意退回", "Refuse the return", HELPED, (), "approver", returning.refuse_return, "asker",
          needs.REASON, compares=True, request=when.answers_kind("return")),
    _move("rule", "裁定", "Rule on it", HELPED, (), "approver", returning.rule, "units asker lead co dispatcher",
          needs.RULED_LEAD, needs.CLAUSE, needs.TEXT, compares=True, request=when.answers_kind("ruling")),
    # 延期、挂起: more time, standing still
    _move("ask_extension", "申请延期", "Ask for more time", {IN_PROGRESS}, (), "lead", extending.ask_extension,
          "approver", needs.REASON, needs.NEW_DUE, task=extending.may_ask_extension),
    _move("grant_extension", "同意延期", "Grant the time", {IN_PROGRESS}, (), "approver", extending.grant_extension,
          "asker reporter", compares=True, request=when.answers_kind("extension")),
    _move("refuse_extension", "不同意延期", "Refuse the time", {IN_PROGRESS}, (), "approver", handing.refuse, "asker",
          needs.REASON, compares=True, request=when.answers_kind("extension")),
    _move("ask_suspension", "申请挂起", "Ask to suspend", {IN_PROGRESS}, (SUSPENDED,), "lead",
          extending.ask_suspension, "approver", needs.CODE, needs.TEXT, needs.MEASURES, needs.REVIEW_ON,
          task=extending.may_ask_suspension),
    _move("approve_suspension", "同意挂起", "Approve it", {IN_PROGRESS, SUSPENDED}, (SUSPENDED,), "approver",
          extending.approve_suspension, "asker reporter", compares=True,
          request=when.answers_kind("suspension", "renewal")),
    _move("refuse_suspension", "不同意挂起", "Refuse it", {IN_PROGRESS, SUSPENDED}, (IN_PROGRESS,),
          "approver", extending.refuse_suspension, "asker", needs.REASON, compares=True,
          request=when.answers_kind("suspension", "renewal")),
    _move("renew_suspension", "续挂", "Ask to suspend longer", {SUSPENDED}, (), "lead", extending.renew_suspension,
          "approver person", needs.CODE, needs.TEXT, needs.MEASURES, needs.REVIEW_ON, needs.CHECKED_ON,
          needs.RESPONSIBLE, task=extending.may_renew),
    _move("resume", "恢复", "Resume", {SUSPENDED}, (IN_PROGRESS,), "lead upstream system", extending.resume_work,
          "lead co", needs.REASON),
    # 转出、回告: outside, and back to the origin
    _move("refer_out", "转出", "Refer out", {ACCEPTED, IN_PROGRESS}, (EXTERNAL,), "holder dispatcher",
          referring.refer_out, "reporter", needs.TARGET, needs.LETTER, needs.ROUTE_OUT, needs.TEXT, compares=True,
          condition=when.may_refer_out),
    _move("receipt", "回执", "Enter the receipt", {EXTERNAL}, (VERIFYING, IN_PROGRESS), "holder", referring.receipt,
          "dispatcher reporter lead", needs.RECEIPT_OUTCOME, needs.EXTERNAL_ID, needs.TEXT, compares=True),
    _move("answer_source", "回告", "Answer the origin", ANY, (), "holder dispatcher visitor superior",
          referring.answer_source, "", needs.ANSWER_KIND, needs.TEXT, condition=when.answers_origin),
    # 更正、核实: set right, have it looked at
    _move("correct", "更正", "Correct", OPEN, (), "overseer", checking.correct, "holder lead reporter",
          needs.NEW_CATEGORY, needs.NEW_URGENCY, needs.LOCATION, needs.REASON, compares=True),
    _move("ask_check", "请核实", "Have it checked", {SUBMITTED, ACCEPTED, VERIFYING, SUSPENDED, CLOSED}, (),
          "holder reviewer", checking.ask_check, "person", needs.CHECKER, needs.QUESTION, needs.CHECK_DUE,
          condition=when.under_review_if_closed),
    _move("answer_check", "核实反馈", "Answer the check", ANY - {VOID, MERGED, REJECTED}, (), "asked",
          checking.answer_check, "asker holder", needs.FINDING, needs.MAYBE_TEXT, needs.PHOTOS,
          needs.NO_PHOTO_REASON, request=when.answers_kind("check")),
    _move("end_wait", "核实逾期", "Check overdue", ANY, (), "system", checking.end_wait, "holder person"),
    _move("supplement", "补充", "Add to it", OPEN, (), "reporter follower holder lead co handler",
          receiving.supplement, "holder lead", needs.MAYBE_TEXT, needs.PHOTOS, needs.PARTIES),
    _move("settle_on_spot", "即报即结", "Settled on the spot", {SUBMITTED}, (VERIFYING,), "reporter holder",
          receiving.settle_on_spot, "holder", needs.SPOT_RESULT, needs.AFTER_PHOTOS, condition=receiving.may_settle),
    _move("withdraw", "撤回", "Withdraw", {SUBMITTED}, (VOID,), "reporter", receiving.withdraw, "old_holder",
          needs.REASON, condition=when.may_withdraw),
    # 核查结案: verify and close, and what follows
    _move("verify_pass", "核查通过", "Verified", {VERIFYING}, (CLOSED,), "holder superior",
          closing.verify_pass, "reporter handlers", needs.MODE, needs.NOTE, needs.PHOTOS, compares=True,
          condition=when.verifies),
    _move("verify_fail", "核查不通过", "Not good yet", {VERIFYING}, (IN_PROGRESS, ACCEPTED), "holder superior",
          closing.verify_fail, "lead co first_responsible", needs.REASON, needs.CO_AT_FAULT, compares=True,
          condition=when.verifies),
    _move("pass_unsampled", "抽查外结案", "Closed outside the sample", {VERIFYING}, (CLOSED,), "system",
          closing.close, "reporter handlers"),
    _move("visit", "回访", "Visit", {CLOSED, MERGED}, (), "visitor", closing.visit, "approver", needs.VISIT_RESULT,
          needs.MAYBE_TEXT, condition=when.may_visit),
    _move("rate", "评价", "Rate", {CLOSED, MERGED}, (), "resident", closing.rate, "approver", needs.VISIT_RESULT,
          needs.MAYBE_TEXT, condition=when.may_rate),
    _move("doubt", "并案不满意", "A merged one's resident is not satisfied", {CLOSED}, (), "system", closing.doubt,
          "approver"),
    _move("inspect", "抽查", "Inspect", {CLOSED}, (), "inspector superior", closing.inspect,
          "handlers verifier lead old_holder superior", needs.INSPECT_MODE, needs.INSPECT_FINDING, needs.TEXT,
          needs.PHOTOS, condition=closing.may_inspect),
    _move("review", "复核", "Review", {CLOSED}, (CLOSED, ACCEPTED), "reviewer", closing.review, "verifier reporter",
          needs.REVIEW_OUTCOME, needs.TEXT, compares=True, condition=when.under_review),
    _move("reopen", "重开", "Reopen", {CLOSED}, (ACCEPTED,), "superior verifier", closing.reopen,
          "holder lead co first_responsible reporter", needs.REASON, compares=True, condition=closing.may_reopen),
    # 并案、作废: one matter, no matter
    _move("merge", "并案", "Merge into another", {SUBMITTED, ACCEPTED, IN_PROGRESS}, (MERGED,), "overseer",
          merging.merge, "reporter units", needs.MASTER, needs.REASON, compares=True),
    _move("absorb", "并入他案", "Took one in", OPEN, (), "system", merging.absorb, "holder reporter"),
    _move("split", "拆并", "Take out again", {MERGED}, (SUBMITTED,), "merger reporter", merging.split,
          "holder reporter", needs.REASON, compares=True, condition=merging.may_split),
    _move("release", "拆出", "Let one go", ANY, (), "system", merging.release, "holder"),
    _move("void", "作废", "Void", {SUBMITTED, ACCEPTED, IN_PROGRESS, SUSPENDED}, (VOID,), "holder leader",
          closing.void, "approver reporter", needs.CODE, needs.REFILED_AS, needs.TEXT, compares=True,
          condition=when.no_void_asked),
    _move("grant_void", "同意作废", "Agree to void", {SUBMITTED, ACCEPTED, IN_PROGRESS, SUSPENDED}, (VOID,),
          "approver", closing.grant_void, "asker reporter", compares=True, request=when.answers_kind("void")),
    _move("refuse_void", "不同意作废", "Refuse to void", {SUBMITTED, ACCEPTED, IN_PROGRESS, SUSPENDED}, (),
          "approver", handing.refuse, "asker", needs.REASON, compares=True, request=when.answers_kind("void")),
    # 督办: from above
    _move("supervise", "督办", "Supervise", OPEN, (), "upstream leader", overseeing.supervise, "holder holder_leader",
          needs.RUNG, needs.TEXT, condition=overseeing.may_supervise),
    _move("acknowledge", "回复督办", "Acknowledge", OPEN, (), "holder unit dispatcher", overseeing.acknowledge,
          "issuer", needs.TEXT, request=when.to_acknowledge),
    _move("lift", "解除督办", "Lift", OPEN, (), "issuer", overseeing.lift, "holder holder_leader", needs.REASON,
          request=when.to_lift),
    _move("comment", "批示", "Comment", ANY, (), "leader", overseeing.comment, "holder dispatcher person", needs.TEXT,
          needs.LEADER_IN_CHARGE, condition=when.not_archived),
    _move("excuse", "认可离线迟到", "Excuse lateness", ANY, (), "dispatcher superior", overseeing.excuse, "lead",
          needs.LATE_DEADLINE, needs.REASON, condition=when.excusable),
    _move("remind", "亮灯", "Reminder", ANY, (), "system", overseeing.remind, "approver overseer"),
    _move("succeed", "承接", "Successor", ANY, (), "system", upkeep.succeed, "holder"),
    _move("recount", "日历调整", "Calendar changed", OPEN, (), "system", upkeep.recount, ""),
)  # fmt: skip
"""流转规则表, in the order in which people are offered them. `submit` enters through intake, which checks it."""

BY_ACTION: Mapping[str, Move] = {move.action: move for move in MOVES}
_FROM: Mapping[str | None, Sequence[Move]] = {state: [one for one in MOVES if state in one.sources] for state in State}
ASKING: frozenset[str] = frozenset(
    {"ask_return", "ask_extension", "ask_suspension", "renew_suspension", "ask_check", "transfer", "void"}
)
LEADERS_MATTER = ASKING - {"ask_check", "transfer"} | {"take_over"}  # who has a leader in office must be known
OVERTAKING: frozenset[str] = frozenset({"finish", *ASKING, *(move.action for move in MOVES if move.compares)})
"""Steps by another person that a comparing move must have seen: decisions, a finish, an ask."""


def decide(facts: Facts, ask: Ask, world: World, *, overtaken: bool) -> Decision:
    """Judge one move.

    Args:
        overtaken: did another person decide something after the version this move is based on?

    Raises:
        Refusal: `case_has_moved`, `move_not_allowed`, `which_one`, or `invalid` with the fields of the payload.
    """
    move = BY_ACTION[ask.action]
    if move.compares and overtaken and ask.standing.person is not None:
        raise Refusal("case_has_moved")
    here = Situation(facts, ask.standing, world, ask.now)
    if not _allows(move, here):
        raise Refusal("move_not_allowed")
    ask = _point_out(move, ask, here)
    by_hand = "system" not in ask.standing.roles
    if by_hand and (errors := check(move.needs, ask.action, ask.payload, here)):
        raise Refusal("invalid", errors={f"payload.{name}": why for name, why in errors.items()})
    effects = credited(facts, move.effect(facts, ask, world), ask.now, world)
    after = apply(facts, effects, ask.now, ask.device_at)
    wake = upkeep.next_look(after, world)
    if wake != facts.wake_at:
        effects = replace(effects, fields={**effects.fields, "wake_at": wake})
    return Decision(effects, ask.as_unit)


def offers(here: Situation) -> list[Offer]:
    """The moves open to somebody, in the table's order: one for each assignment or request that fits."""
    found: list[Offer] = []
    for move in _FROM.get(here.facts.state, ()):
        if "system" in here.standing.roles or not _allows(move, here):
            continue
        then = _signed(here) if move.action == "sign" else _following(move, here)
        tasks: Sequence[uuid.UUID | None] = [one.id for one in _tasks(move, here)] if move.task else [None]
        asks: Sequence[uuid.UUID | None] = (
            [one.id for one in here.facts.requests if move.request(one, here)] if move.request else [None]
        )
        found += [Offer(move, task, request, then) for task in tasks for request in asks]
    return found


def _following(move: Move, here: Situation) -> tuple[str, ...]:
    """What this person may do in the state that the move usually leads to, besides what is possible at any time."""
    after = [one for target in move.leads_from(here.facts.state)[:1] for one in _FROM[target]]
    return tuple(one.action for one in after if one.sources != ANY and one.who & here.standing.roles)


def _signed(here: Situation) -> tuple[str, ...]:
    """Signing leaves the case's state as it is; what opens is the work on the assignment."""
    tasks = tuple(
        replace(one, state=TaskState.HANDLING, pool=False) if one.id in here.standing.tasks else one
        for one in here.facts.assignments
    )
    after = replace(here, facts=replace(here.facts, assignments=tasks))
    return tuple(
        one.action for one in _FROM.get(here.facts.state, ())
        if one.task is not None and one.action != "sign" and _allows(one, after) and not _allows(one, here)
    )  # fmt: skip


def _point_out(move: Move, ask: Ask, here: Situation) -> Ask:
    """The ask with the assignment, request and unit it is about."""
    assignment, request, unit = None, ask.request, acting_unit(move.action, move.who, ask)
    if move.task is not None:
        tasks = _tasks(move, here)
        assignment = the_one([one.id for one in tasks], ask.assignment, "assignment")
        unit = next(one.unit_id for one in tasks if one.id == assignment)
    if move.request is not None:
        request = the_one(_requests(move, here, ask), ask.request, "request")
    return replace(ask, as_unit=unit, assignment=assignment, request=request)


def _allows(move: Move, here: Situation) -> bool:
    state, roles = here.facts.state, here.standing.roles
    if not (state in move.sources if state is not None else not move.sources) or not move.who & roles:
        return False
    if "system" in roles:
        return True  # what time and the office itself do is judged by `upkeep`
    if not move.condition(here) or (move.task is not None and not _tasks(move, here)):
        return False
    return move.request is None or any(move.request(one, here) for one in here.facts.requests)


def _tasks(move: Move, here: Situation) -> list[Assignment]:
    return [one for one in here.tasks if move.task is not None and move.task(one, here)]


def _requests(move: Move, here: Situation, ask: Ask) -> list[uuid.UUID]:
    if "system" in here.standing.roles:
        return [one.id for one in here.facts.requests if one.id == ask.request]
    return [one.id for one in here.facts.requests if move.request is not None and move.request(one, here)]
