"""The fields that moves ask for, each written once with its words and its offers. Pure; `needs` checks them."""

import uuid
from collections.abc import Mapping, Sequence

from server.rules.escalation import RUNGS
from server.rules.handing import centres_for
from server.rules.needs import Choice, Need, People
from server.rules.overseeing import late_by_the_line, rungs_open
from server.rules.situation import Situation


def _reach(here: Situation) -> Sequence[uuid.UUID]:
    centre = here.centre()
    return here.world.offices.within_reach(centre) if centre else ()


def _free(here: Situation) -> Sequence[uuid.UUID]:
    busy = {one.unit_id for one in here.facts.assignments if one.active}
    return [unit for unit in _reach(here) if unit not in busy]


def _may_lead(here: Situation) -> Sequence[uuid.UUID]:
    """Everyone in reach but who leads now; whoever helps may lead instead."""
    lead = here.facts.lead
    return [unit for unit in _reach(here) if lead is None or lead.pool or unit != lead.unit_id]


def _departments(here: Situation) -> Sequence[uuid.UUID]:
    return [unit for unit in _free(here) if not here.world.offices.is_centre(unit)]


def _helpers(here: Situation) -> Sequence[uuid.UUID]:
    return [one.unit_id for one in here.facts.helpers]


def _reported_helpers(here: Situation) -> Sequence[uuid.UUID]:
    return [one.unit_id for one in here.facts.assignments if one.role == "co" and one.state in ("reported", "waived")]


def _below(here: Situation) -> Sequence[uuid.UUID]:
    return centres_for(here.facts, here.world) if here.facts.holder_id else ()


def _peers(here: Situation) -> Sequence[uuid.UUID]:
    """Centres of the same parent, and the one whose area the case lies in; others may be named all the same."""
    holder, offices = here.facts.holder_id, here.world.offices
    if holder is None:
        return ()
    parent = offices.parent_centre(holder)
    return [
        one for one in offices.peers(holder)
        if offices.parent_centre(one) == parent or offices.covers(one, here.facts.area_code)
    ]  # fmt: skip


def _there_or_here(here: Situation) -> Sequence[uuid.UUID]:
    there = [here.facts.ended_by_unit_id] if here.facts.ended_by_unit_id else []
    return [*there, *here.standing.through.get("superior", ())]


def _could_lead(here: Situation) -> Sequence[uuid.UUID]:
    busy = [one.unit_id for one in here.facts.assignments if one.active]
    return list(dict.fromkeys([*busy, *_reach(here)]))


def _own_people(here: Situation) -> People:
    """Members of the holder, and the grid workers of its area where the category admits them."""
    holder = here.facts.holder_id
    return _people_of([holder] if holder else [], here)


def _task_people(here: Situation) -> People:
    return _people_of([one.unit_id for one in here.tasks if one.unit_id in here.standing.units], here)


def _people_of(units: Sequence[uuid.UUID], here: Situation) -> People:
    admits = here.world.rules.categories[here.facts.category].grid_worker
    areas = [here.world.offices.area_of(unit) for unit in units if here.world.offices.is_centre(unit)]
    return People(units=units, workers_of=areas if admits else (), workers_near=here.facts.area_code)


def _subtree(here: Situation) -> People:
    """People of the asking centre's subtree, a department's own (it holds what stands still); before closing nobody
    who handled it."""
    centre, offices = here.facts.holder_id or here.facts.reviewer_id, here.world.offices
    if centre is None:
        return People()
    barred = here.facts.handlers if here.facts.state == "awaiting_verification" else frozenset()
    if not offices.is_centre(centre):
        return People(units=[centre], but=barred)
    return People(
        units=[centre, *([here.facts.village_desk] if here.facts.village_desk else [])],
        workers_of=[offices.area_of(centre)],
        workers_near=here.facts.area_code,
        units_beyond=[*offices.within_reach(centre), *offices.centres_below(centre)],
        but=barred,
    )


def _leaders(here: Situation) -> People:
    units = [unit for unit in (here.facts.concerned, *here.standing.through.get("leader", ())) if unit]
    return People(units=units, leaders_only=True)


CLOCKS: Mapping[str, tuple[str, str]] = {
    "accept": ("受理时限", "Accept"),
    "dispatch": ("分派时限", "Dispatch"),
    "sign": ("签收时限", "Sign"),
    "arrive": ("到场时限", "Arrive"),
    "contact": ("联系时限", "Contact"),
    "handle": ("办理时限", "Handle"),
    "verify": ("核查时限", "Verify"),
    "answer": ("答复时限", "Answer"),
    "reply": ("回告时限", "Reply to the origin"),
    "receipt": ("回执时限", "Receipt"),
    "overall": ("总时限", "The whole case"),
}
"""What each kind of clock is called."""


def _late(here: Situation) -> Sequence[Choice]:
    """Which limit, whose, and when it was due on the office's clock."""
    found = []
    for one in late_by_the_line(here):
        (zh, en), unit = CLOCKS[one.kind], here.world.offices.name_of(one.unit_id)
        due = f"{one.due_current.astimezone(here.world.rules.calendar.zone):%Y-%m-%d %H:%M}"
        found.append((str(one.id), f"{zh} · {unit} · {due} 到期", f"{en} · {unit} · due {due}"))
    return found


def _rungs(here: Situation) -> Sequence[Choice]:
    return [(rung, *RUNGS[rung]) for rung in rungs_open(here)]


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
TARGETS: tuple[Choice, ...] = (
    ("court", "人民法院", "Court"),
    ("arbitration", "仲裁机构", "Arbitration body"),
    ("police", "公安机关", "Police"),
    ("petition", "信访部门", "Petition office"),
    ("other_county", "其他县区", "Another county"),
    ("other", "其他单位", "Elsewhere"),
)
RECEIPTS: tuple[Choice, ...] = (
    ("accepted", "已受理", "Taken on"),
    ("refused", "不予受理", "Refused"),
    ("settled", "已化解", "Settled"),
    ("unsettled", "未化解", "Unsettled"),
    ("confirmed", "司法确认", "Judicially confirmed"),
    ("dismissed", "驳回", "Dismissed"),
)
ANSWER_KINDS: tuple[Choice, ...] = (
    ("accepted", "已受理", "Taken on"),
    ("returned", "已退回", "Returned"),
    ("result", "办理结果", "Result"),
)
FINDINGS: tuple[Choice, ...] = (
    ("true", "属实", "True"),
    ("partly", "部分属实", "Partly true"),
    ("not_so", "不属实", "Not so"),
    ("could_not", "无法核实", "Could not be found out"),
)
VISIT_RESULTS: tuple[Choice, ...] = (
    ("satisfied", "满意", "Satisfied"),
    ("fairly", "基本满意", "Fairly satisfied"),
    ("not", "不满意", "Not satisfied"),
    ("unreached", "未联系上", "Not reached"),
)
INSPECT_FINDINGS: tuple[Choice, ...] = (
    ("true", "办结属实", "As reported"),
    ("defective", "办理有瑕疵", "Defective"),
    ("false", "虚假办结", "False"),
)
REVIEW_OUTCOMES: tuple[Choice, ...] = (
    ("upheld", "维持结案", "Upheld"),
    ("overturned", "撤销结案", "Overturned"),
)

CATEGORY = Need("category", "category", "事项类别", "Category")
URGENCY = Need("urgency", "urgency", "紧急程度", "Urgency")
NEW_CATEGORY = Need("category", "category", "事项类别", "Category", required=False)
NEW_URGENCY = Need("urgency", "urgency", "紧急程度", "Urgency", required=False)
LOCATION = Need("location", "location", "位置", "Place", required=False)
REPEAT_OF = Need("repeat_of", "case", "重复的事项", "The case it repeats", required=False)
HANDLER = Need("handler", "person", "承办人", "Who does it", required=False, people=_own_people)
TASK_HANDLER = Need("person", "person", "承办人", "Who does it", people=_task_people)
REASON = Need("reason", "text", "原因", "Reason")
TEXT = Need("text", "text", "说明", "What there is to say")
MAYBE_TEXT = Need("text", "text", "说明", "What there is to say", required=False)
CODE = Need("code", "choice", "原因", "Reason")
BASIS = Need("basis", "text", "依据", "Basis")
GUIDANCE = Need("guidance", "text", "告知去向", "Where to go instead")
ANSWER = Need("text", "text", "答复内容", "The answer given")
AT_UNIT = Need("unit", "unit", "受理单位", "Where", required=False, units=_there_or_here)
PHOTOS = Need("photos", "photos", "照片", "Photos", required=False)
PARTIES = Need("parties", "parties", "当事人", "Parties", required=False)
AFTER_PHOTOS = Need(
    "photos", "photos", "处置后照片", "Photos of the result", required=False,
    required_when=lambda category: category.after_photo_required,
)  # fmt: skip

LEAD = Need("lead", "unit", "主办单位", "Lead", required=False, units=_may_lead)
POOL = Need("pool", "units", "备选部门（先签收者主办）", "Pool: the first to sign leads", required=False,
            units=_departments)  # fmt: skip
DUE = Need("due_at", "moment", "办结时限", "Due", required=False)
CO = Need("co", "helpers", "协办单位", "Co-handlers", required=False, units=_free)
COPIED = Need("copied", "units", "知会单位", "Copied", required=False, units=_reach)
FREE_UNITS = Need("units", "units", "协办单位", "Co-handlers", units=_free)
WHISTLE_PLACE = Need("place", "line", "报到地点（吹哨）", "Where to come (whistle)", required=False)
ARRIVE_BY = Need("arrive_by", "moment", "到场时间（吹哨）", "Come by (whistle)", required=False)
HELPER = Need("unit", "unit", "协办单位", "Co-handler", units=_helpers)
NEW_LEAD = Need("lead", "unit", "新主办单位", "New lead", units=_may_lead)
RULED_LEAD = Need("lead", "unit", "主办单位", "Lead", units=_could_lead)
CLAUSE = Need("clause", "line", "职责清单条款", "Clause of the duty list")
CENTRE_BELOW = Need("unit", "unit", "下级中心", "Centre below", units=_below)
ANSWER_TO_ME = Need("answer_to_me", "flag", "办结后由本中心核查", "Verified here when it is done")
PEER = Need("unit", "unit", "接收中心", "Receiving centre", units=_peers)
WORK_DONE = Need("work_done", "text", "已做工作", "What was done so far")
OVERRIDE_REASON = Need(
    "override_reason", "text", "提前上报的理由", "Why before the attempts are used up", required=False
)  # fmt: skip

ARRIVED_AT = Need("arrived_at", "moment", "到场时间", "Arrived at", required=False)
HOW_IT_GOES = Need("text", "text", "进展情况", "How it goes")
AT = Need("at", "moment", "调解时间", "When")
PLACE = Need("place", "line", "调解地点", "Where")
LEVEL = Need("level", "choice", "调解层级", "Level", choices=LEVEL_CHOICES)
MEDIATOR = Need("mediator", "line", "调解员", "Mediator")
PRESENT = Need("present", "choice", "当事人是否到场", "Were the parties present?",
               choices=(("yes", "到场", "Present"), ("no", "未到场", "Absent")))  # fmt: skip
OUTCOME = Need("outcome", "choice", "调解结果", "Outcome", choices=OUTCOMES)
PERFORM_BY = Need("perform_by", "moment", "履行期限", "To be performed by", required=False)
WHAT_WAS_DONE = Need("result", "text", "协办结果", "What was done")
RESULT = Need("result", "choice", "办理结果", "Result", choices=RESULTS)
ROUTE = Need(
    "route", "choice", "化解途径", "Road", required=False, choices=ROUTES,
    required_when=lambda category: category.code.startswith("D"),
)  # fmt: skip
HANDLED = Need("text", "text", "办理情况", "What was done")
SPOT_RESULT = Need("result", "text", "处置结果", "What was done")

NEW_DUE = Need("due_at", "moment", "延长至", "Until when")
MEASURES = Need("measures", "text", "管控措施", "Measures in the meantime")
REVIEW_ON = Need("review_on", "day", "复查日期", "To be looked at again on")
CHECKED_ON = Need("checked_on", "day", "现场核查日期", "Looked at on the spot on", required=False)
RESPONSIBLE = Need("person", "person", "管控责任人", "Who answers for the measures", required=False,
                   people=_task_people)  # fmt: skip
TARGET = Need("target", "choice", "转往", "To whom", choices=TARGETS)
LETTER = Need("letter", "line", "转办函号", "Number of the letter")
ROUTE_OUT = Need("route", "choice", "法定途径", "Road", choices=ROUTES)
RECEIPT_OUTCOME = Need("outcome", "choice", "回执结果", "Outcome", choices=RECEIPTS)
EXTERNAL_ID = Need("external_id", "line", "对方文号", "Their number", required=False)
ANSWER_KIND = Need("kind", "choice", "回告类型", "Kind of answer", choices=ANSWER_KINDS)

CHECKER = Need("person", "person", "核实人", "Who looks", people=_subtree)
QUESTION = Need("question", "text", "需核实的问题", "What to find out")
CHECK_DUE = Need("due_at", "moment", "核实时限", "By when", required=False)
FINDING = Need("finding", "choice", "核实结论", "Finding", choices=FINDINGS)
NO_PHOTO_REASON = Need("no_photo_reason", "text", "无法拍照的原因", "Why there is no photo", required=False)
MODE = Need("mode", "choice", "核查方式", "Way", choices=MODE_CHOICES)
NOTE = Need("note", "text", "核查情况", "What was found")
CO_AT_FAULT = Need("co_at_fault", "unit", "责任协办单位", "Co-handler at fault", required=False,
                   units=_reported_helpers)  # fmt: skip
VISIT_RESULT = Need("result", "choice", "满意程度", "How satisfied", choices=VISIT_RESULTS)
INSPECT_MODE = Need("mode", "choice", "抽查方式", "Way", choices=MODE_CHOICES)
INSPECT_FINDING = Need("finding", "choice", "抽查结论", "Finding", choices=INSPECT_FINDINGS)
REVIEW_OUTCOME = Need("outcome", "choice", "复核结论", "Outcome", choices=REVIEW_OUTCOMES)

MASTER = Need("master", "case", "并入的事项", "The case it joins")
REFILED_AS = Need("case", "case", "另行上报的事项", "Filed again as", required=False)
RUNG = Need("rung", "choice", "督办级别", "Rung", offered=_rungs)
LEADER_IN_CHARGE = Need("leader_in_charge", "person", "包案领导", "Leader in charge", required=False, people=_leaders)
LATE_DEADLINE = Need("deadline", "choice", "迟到的时限", "Which lateness", offered=_late)
