"""The life of a case as one table: states, moves, who may make them, what they need and what they change.

`decide()` judges one move, `offers()` lists what a person may do now; both read the same rows. Pure: no
Flask, SQL, clock or I/O. Adding a move is adding a row (and its effect, where no present one fits).
"""

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from server.rules import closing, handling, receiving
from server.rules.facts import OPEN, Ask, Effects, Facts, Offices, Role, Standing, State, TaskState, Told, World
from server.rules.needs import Choice, Need, check
from server.rules.refusals import Refusal
from server.rules.rulebook import RuleBook

Effect = Callable[[Facts, Ask, World], Effects]
Condition = Callable[[Facts, Standing, RuleBook], bool]


@dataclass(frozen=True, slots=True)
class Move:
    """流转规则: one row of the table.

    Args:
        action: code word. `zh`, `en`: the words on the button.
        sources: states it starts from (empty: the case does not exist yet).
        target: state it leads to; None leaves the state as it is.
        who: roles, any of which suffices.
        compares: does a comparing step by another person since `based_on` forbid it?
        needs: the fields it asks for.
        effect: what it changes.
        condition: what else must hold.
        told: who hears of it.
    """

    action: str
    zh: str
    en: str
    sources: frozenset[str]
    target: State | None
    who: frozenset[Role]
    compares: bool
    needs: tuple[Need, ...]
    effect: Effect
    condition: Condition = lambda _facts, _standing, _rules: True
    told: frozenset[Told] = frozenset()


@dataclass(frozen=True, slots=True)
class Offer:
    """A move that somebody may make now, and which actions would follow for them."""

    move: Move
    then: tuple[str, ...]


def _nobody_accepted(facts: Facts, _standing: Standing, _rules: RuleBook) -> bool:
    return facts.first_responsible is None


def _on_the_spot(facts: Facts, _standing: Standing, rules: RuleBook) -> bool:
    return facts.first_responsible is None and rules.categories[facts.category].settle_on_spot


def _consultation(facts: Facts, _standing: Standing, rules: RuleBook) -> bool:
    return rules.categories[facts.category].consultation


def _by_the_centre(facts: Facts, standing: Standing, _rules: RuleBook) -> bool:
    """While a lead is at work, only its dispatcher decides for the case."""
    return facts.state != State.IN_PROGRESS or "dispatcher" in standing.roles


def _mine(*states: str) -> Condition:
    """One of the person's own assignments is in one of these states."""

    def holds(facts: Facts, standing: Standing, _rules: RuleBook) -> bool:
        mine = {one for ids in standing.tasks.values() for one in ids}
        return any(one.id in mine and one.state in states for one in facts.assignments)

    return holds


def _mine_as(role: str) -> Condition:
    """The person handles an assignment of this role."""

    def holds(facts: Facts, standing: Standing, _rules: RuleBook) -> bool:
        mine = standing.tasks.get(role, ())
        return any(one.id in mine and one.state == TaskState.HANDLING for one in facts.assignments)

    return holds


def _no_handler(facts: Facts, standing: Standing, _rules: RuleBook) -> bool:
    return standing.person not in facts.handlers


def _reach(facts: Facts, offices: Offices) -> Sequence[uuid.UUID]:
    centre = facts.dispatcher or facts.holder
    return offices.within_reach(centre) if centre else ()


def _free(facts: Facts, offices: Offices) -> Sequence[uuid.UUID]:
    busy = {one.unit for one in facts.assignments if one.active}
    return [unit for unit in _reach(facts, offices) if unit not in busy]


def _open_helpers(facts: Facts, _offices: Offices) -> Sequence[uuid.UUID]:
    return [one.unit for one in facts.helpers]


def _who(*roles: Role) -> frozenset[Role]:
    return frozenset(roles)


def _told(*whom: Told) -> frozenset[Told]:
    return frozenset(whom)


def _from(*states: State) -> frozenset[str]:
    return frozenset(states)


RESULTS: tuple[Choice, ...] = (
    ("resolved", "已解决", "Resolved"),
    ("mediated", "调解成功", "Mediated"),
    ("guided", "引导法定途径", "Guided to a legal road"),
    ("unfounded", "查无此事", "Unfounded"),
    ("unsettled", "未化解", "Unsettled"),
)
ROUTES: tuple[Choice, ...] = (
    ("mediation", "人民调解", "People's mediation"),
    ("administrative", "行政调解", "Administrative mediation"),
    ("court", "司法途径", "Court"),
    ("arbitration", "仲裁", "Arbitration"),
    ("petition", "信访", "Petition"),
)
LEVEL_CHOICES: tuple[Choice, ...] = (
    ("village", "村社区", "Village"),
    ("township", "乡镇街道", "Township"),
    ("county", "县", "County"),
)
OUTCOMES: tuple[Choice, ...] = (
    ("contacted", "已联系", "Contacted"),
    ("refused", "当事人拒绝", "Refused"),
    ("no_agreement", "未达成协议", "No agreement"),
    ("agreement", "达成协议", "Agreement"),
)
MODE_CHOICES: tuple[Choice, ...] = (
    ("on_site", "现场核查", "On site"),
    ("phone", "电话核查", "By phone"),
    ("photo", "照片核查", "By photo"),
)

_CATEGORY = Need("category", "category", "事项类别", "Category")
_URGENCY = Need("urgency", "urgency", "紧急程度", "Urgency")
_REASON = Need("reason", "text", "原因", "Reason")
_PHOTOS = Need("photos", "photos", "照片", "Photos", required=False)
_AFTER_PHOTOS = Need(
    "photos", "photos", "处置后照片", "Photos of the result", required=False,
    required_when=lambda category: category.after_photo_required,
)  # fmt: skip
_DUE = Need("due_at", "moment", "办结时限", "Due", required=False)
_UNDECIDED = _from(State.SUBMITTED)
_BEFORE_WORK = _from(State.SUBMITTED, State.ACCEPTED)
_WORK = _from(State.IN_PROGRESS)
_VERIFYING = _from(State.AWAITING_VERIFICATION)

MOVES: tuple[Move, ...] = (
    Move("submit", "上报", "Report", frozenset(), State.SUBMITTED, _who("reporter"), False, (), receiving.submit,
         told=_told("holder")),
    Move(
        "accept", "受理", "Accept", _UNDECIDED, State.ACCEPTED, _who("holder"), True,
        (_CATEGORY, _URGENCY, Need("repeat_of", "case", "重复的事项", "The case it repeats", required=False)),
        receiving.accept,
        told=_told("reporter"),
    ),
    Move(
        "reject", "不予受理", "Decline", _UNDECIDED, State.REJECTED, _who("holder"), True,
        (
            Need("code", "choice", "不予受理原因", "Reason"),
            Need("basis", "text", "依据", "Basis"),
            Need("guidance", "text", "告知去向", "Where to go instead"),
        ),
        receiving.end(State.REJECTED, "accept"), _nobody_accepted,
        told=_told("reporter"),
    ),
    Move(
        "dispatch", "分派", "Dispatch", _from(State.ACCEPTED), State.IN_PROGRESS, _who("holder"), True,
        (
            Need("lead", "unit", "主办单位", "Lead", units=_reach),
            _DUE,
            Need("co", "helpers", "协办单位", "Co-handlers", required=False, units=_reach),
            Need("copied", "units", "知会单位", "Copied", required=False, units=_reach),
        ),
        handling.dispatch,
        told=_told("units", "reporter"),
    ),
    Move(
        "handle_here", "自办", "Handle here", _BEFORE_WORK, State.IN_PROGRESS, _who("holder"), True,
        (_CATEGORY, _URGENCY), handling.handle_here,
        told=_told("reporter"),
    ),
    Move(
        "escalate", "上报上级", "Send up", _from(State.SUBMITTED, State.ACCEPTED, State.IN_PROGRESS), State.SUBMITTED,
        _who("holder", "dispatcher"), True,
        (
            _REASON,
            Need("work_done", "text", "已做工作", "What was done so far"),
            Need("override_reason", "text", "提前上报的理由", "Why before the attempts are used up", required=False),
        ),
        receiving.escalate, _by_the_centre,
        told=_told("old_holder", "holder", "first_responsible", "reporter"),
    ),
    Move(
        "sign", "签收", "Sign for it", _WORK, None, _who("lead", "co"), False,
        (Need("arrived_at", "moment", "到场时间", "Arrived at", required=False),),
        handling.sign, _mine(TaskState.PENDING),
        told=_told("dispatcher"),
    ),
    Move(
        "progress", "进展", "Report progress", _WORK, None, _who("lead", "co"), False,
        (Need("text", "text", "进展情况", "How it goes"), _PHOTOS), handling.progress, _mine(TaskState.HANDLING),
        told=_told("reporter", "dispatcher"),
    ),
    Move(
        "mediate", "调解", "Mediate", _WORK, None, _who("lead", "co"), False,
        (
            Need("at", "moment", "调解时间", "When"),
            Need("place", "line", "调解地点", "Where"),
            Need("level", "choice", "调解层级", "Level", choices=LEVEL_CHOICES),
            Need("mediator", "line", "调解员", "Mediator"),
            Need("present", "choice", "当事人是否到场", "Were the parties present?",
                 choices=(("yes", "到场", "Present"), ("no", "未到场", "Absent"))),
            Need("outcome", "choice", "调解结果", "Outcome", choices=OUTCOMES),
            Need("perform_by", "moment", "履行期限", "To be performed by", required=False),
        ),
        handling.mediate, _mine(TaskState.HANDLING),
        told=_told("dispatcher"),
    ),
    Move(
        "feedback", "反馈", "Feed back", _WORK, None, _who("co"), False,
        (Need("result", "text", "协办结果", "What was done"), _PHOTOS), handling.feedback, _mine_as("co"),
        told=_told("lead"),
    ),
    Move(
        "finish", "办结反馈", "Finish", _WORK, State.AWAITING_VERIFICATION, _who("lead"), False,
        (
            Need("result", "choice", "办理结果", "Result", choices=RESULTS),
            Need("route", "choice", "化解途径", "Road", required=False, choices=ROUTES,
                 required_when=lambda category: category.code.startswith("D")),
            Need("text", "text", "办理情况", "What was done"),
            _AFTER_PHOTOS,
        ),
        handling.finish, _mine_as("lead"),
        told=_told("holder", "first_responsible"),
    ),
    Move(
        "add_co", "增派协办", "Add a co-handler", _WORK, None, _who("dispatcher"), True,
        (Need("units", "units", "协办单位", "Co-handlers", units=_free), _DUE), handling.add_co,
        told=_told("units", "lead"),
    ),
    Move(
        "waive_co", "免除协办", "Waive a co-handler", _WORK, None, _who("dispatcher"), True,
        (Need("unit", "unit", "协办单位", "Co-handler", units=_open_helpers), _REASON), handling.waive_co,
        lambda facts, _standing, _rules: bool(facts.helpers),
        told=_told("units", "lead"),
    ),
    Move(
        "redispatch", "改派", "Give it to another lead", _WORK, None, _who("dispatcher"), True,
        (Need("lead", "unit", "新主办单位", "New lead", units=_free), _REASON), handling.redispatch,
        told=_told("units"),
    ),
    Move(
        "verify_pass", "核查通过", "Verified", _VERIFYING, State.CLOSED, _who("holder"), True,
        (
            Need("mode", "choice", "核查方式", "Way", choices=MODE_CHOICES),
            Need("note", "text", "核查情况", "What was found"),
            _PHOTOS,
        ),
        closing.verify_pass, _no_handler,
        told=_told("reporter", "handlers"),
    ),
    Move(
        "verify_fail", "核查不通过", "Not good yet", _VERIFYING, State.IN_PROGRESS, _who("holder"), True,
        (_REASON,), closing.verify_fail, _no_handler,
        told=_told("lead", "co", "first_responsible"),
    ),
    Move(
        "reopen", "重开", "Reopen", _from(State.CLOSED), State.ACCEPTED, _who("superior", "verifier"), True,
        (_REASON,), closing.reopen,
        told=_told("lead", "co", "first_responsible", "reporter"),
    ),
    Move(
        "supplement", "补充", "Add to it", OPEN, None, _who("reporter", "holder", "lead", "co"), False,
        (
            Need("text", "text", "补充说明", "What to add", required=False),
            _PHOTOS,
            Need("parties", "parties", "当事人", "Parties", required=False),
        ),
        receiving.supplement,
        told=_told("holder", "lead"),
    ),
    Move(
        "settle_on_spot", "即报即结", "Settled on the spot", _UNDECIDED, State.AWAITING_VERIFICATION,
        _who("reporter", "holder"), False,
        (Need("result", "text", "处置结果", "What was done"), _AFTER_PHOTOS),
        receiving.settle_on_spot, _on_the_spot,
        told=_told("holder"),
    ),
    Move(
        "register_only", "咨询登记", "Register only", _UNDECIDED, State.CLOSED, _who("holder"), True,
        (Need("text", "text", "答复内容", "The answer given"),), receiving.register_only, _consultation,
        told=_told("reporter"),
    ),
    Move(
        "withdraw", "撤回", "Withdraw", _UNDECIDED, State.VOID, _who("reporter"), False,
        (Need("reason", "text", "撤回原因", "Why"),), receiving.end(State.VOID), _nobody_accepted,
        told=_told("holder"),
    ),
    Move(
        "comment", "批示", "Comment", frozenset(State), None, _who("leader"), False,
        (Need("text", "text", "批示内容", "Comment"),), receiving.nothing,
        told=_told("holder", "dispatcher"),
    ),
)  # fmt: skip
"""流转规则表, in the order in which people are offered them: what brings the case on stands first.

`submit` enters through intake, which checks the report itself.
"""

BY_ACTION: Mapping[str, Move] = {move.action: move for move in MOVES}
OVERTAKING: frozenset[str] = frozenset({"finish", *(move.action for move in MOVES if move.compares)})
"""Steps by another person that a comparing move must have seen."""


def decide(facts: Facts, ask: Ask, world: World, *, overtaken: bool) -> Effects:
    """Judge one move.

    Args:
        overtaken: did another person decide something after the version this move is based on?

    Raises:
        Refusal: `case_has_moved`, `move_not_allowed`, `which_one`, or `invalid` with the fields of the payload.
    """
    move = BY_ACTION[ask.action]
    if move.compares and overtaken:
        raise Refusal("case_has_moved")
    if not _allows(move, facts, ask.standing, world.rules):
        raise Refusal("move_not_allowed")
    category = world.rules.categories[facts.category]
    if errors := check(move.needs, ask.action, ask.payload, world.rules, category):
        raise Refusal("invalid", errors={f"payload.{name}": why for name, why in errors.items()})
    return move.effect(facts, ask, world)


def offers(facts: Facts, standing: Standing, rules: RuleBook) -> list[Offer]:
    """The moves open to somebody with this standing, in the table's order."""
    return [
        Offer(move, tuple(after.action for after in MOVES if _follows(move, after, standing.roles)))
        for move in MOVES
        if _allows(move, facts, standing, rules)
    ]


def _allows(move: Move, facts: Facts, standing: Standing, rules: RuleBook) -> bool:
    here = facts.state in move.sources if facts.state is not None else not move.sources
    return here and bool(move.who & standing.roles) and move.condition(facts, standing, rules)


def _follows(move: Move, after: Move, roles: frozenset[Role]) -> bool:
    return move.target is not None and move.target in after.sources and bool(after.who & roles)
