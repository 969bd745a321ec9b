"""Every indicator as data: what is counted among what, its words and its definition. Pure; counts nothing itself.

A count is a base and the marks its members must have (`!` before a mark: must not have). The same words decide the
number and the list of cases behind it, so the two cannot differ. A rate is one count over another.
"""

from collections.abc import Mapping
from typing import Literal, NamedTuple

Base = Literal["received", "window", "due", "due_current", "clocks", "clocks_current", "events"]
"""What is looked at, each bounded by the period:

- `received`: cases received in it, as they stood at its end. `window`: the same, looked at again 90 days later.
- `due`, `due_current`: cases whose overall clock 总时限 ran out in it, by the original and by the current due.
- `clocks`, `clocks_current`: single clocks that ran out in it, each counted for its own unit.
- `events`: what happened in it, whenever the case was received; each case once.
"""

LEVELS = ("grid", "village", "township", "county", "city", "external")
ROUTES = ("mediation", "administrative", "court", "arbitration", "petition")
UNREPORTED = "unreported"
SOURCE_NAMES: Mapping[str, str] = {
    "patrol": "巡查发现", "wechat_group": "微信群", "visit": "走访", "walk_in": "群众来访", "hotline": "热线",
    "police": "警情", "court": "法院", "petition": "信访", "other": "其他",
}  # fmt: skip
BY = ("area", "category", "unit", "source")


class Count(NamedTuple):
    """A number of cases (or clocks): its base and the marks that make a member."""

    base: Base
    marks: tuple[str, ...]
    zh: str
    en: str
    says_zh: str
    says_en: str


class Rate(NamedTuple):
    """A percentage: one count over another, by their keys."""

    numerator: str
    denominator: str
    zh: str
    en: str
    says_zh: str
    says_en: str


def holds(condition: tuple[str, ...], marks: frozenset[str]) -> bool:
    """Does somebody with these marks fulfil the condition?"""
    return all((word[1:] not in marks) if word.startswith("!") else (word in marks) for word in condition)


def _count(base: Base, marks: str, zh: str, en: str, says_zh: str, says_en: str) -> Count:
    return Count(base, tuple(marks.split()), zh, en, says_zh, says_en)


_VILLAGE = "settled at_village !escalated !reopened"
_DUE_IN = "应结：总时限在本期内到期；不含作废、并入、不予受理和咨询登记，挂起的仍计入"
_DUE_IN_EN = "Overall limit ran out in the period; without void, merged, declined, registered-only; suspended stay in"
_EVENT = "本期内发生的事项数，按发生时间计"
_EVENT_EN = "Cases to which it happened in the period, whenever they were received"

COUNTS: Mapping[str, Count] = {
    # 收、结: received and closed
    "received": _count("received", "", "收到", "Received", "本期收到的全部事项", "Every case received in the period"),
    "valid": _count("received", "valid", "有效上报", "Valid reports",
                    "收到的事项，不含作废、并入、不予受理和咨询登记",
                    "Received, without void, merged, declined and registered-only"),
    "accepted": _count("received", "accepted !registered", "受理", "Accepted",
                       "收到的事项中已有中心受理的，不含咨询登记", "Of those received, accepted by a centre"),
    "registered": _count("received", "registered", "咨询登记", "Registered only", "仅作咨询登记，不计入各项率",
                         "Consultations that were answered; in no rate"),
    "closed": _count("received", "closed", "结案", "Closed", "收到的事项中截至统计时点已结案的",
                     "Of those received, closed as of the date of the figures"),
    "closed_accepted": _count("received", "closed accepted", "受理后结案", "Accepted and closed",
                              "受理的事项中已结案的", "Of those accepted, closed"),
    "closed_spot": _count("received", "closed spot", "即报即结", "Settled on the spot", "结案事项中即报即结的",
                          "Of those closed, settled on the spot"),
    # 应结、按期: due and on time
    "due": _count("due", "counted", "应结", "Due", _DUE_IN, _DUE_IN_EN),
    "due_closed": _count("due", "counted closed", "应结已结", "Due and closed", "应结事项中已结案的",
                         "Of those due, closed"),
    "due_suspended": _count("due", "counted suspended", "应结中挂起", "Due and suspended", "应结事项中仍在挂起的",
                            "Of those due, suspended"),
    "closed_on_time": _count("due", "counted in_time", "按期办结", "Finished on time",
                             "应结事项中，核查通过（或待核查）的那次办结不晚于原定时限",
                             "Of those due, the finish that passed, or awaits, verification came by the original due"),
    "overdue": _count("due", "overdue", "逾期", "Overdue",
                      "到期未按期办结；逾期后作废的仍计入", "Not finished by the due; voided after the due stay in"),
    "due_current": _count("due_current", "counted !suspended", "应结（现时限）", "Due by the current limit",
                          "按延期、挂起顺延后的现时限在本期内到期；挂起中的不计",
                          "Due in the period as extended; those suspended now are not yet due"),
    "closed_on_time_current": _count("due_current", "counted !suspended in_time", "按期办结（现时限）",
                                     "Finished by the current limit", "不晚于现时限办结",
                                     "Finished by the due as extended"),
    # 化解: settled
    "settled": _count("received", "settled", "化解", "Settled", "结案且结果为已解决或调解成功",
                      "Closed as resolved or mediated"),
    **{
        f"settled_to_{level}": _count("received", f"settled to_{level}", f"{zh}及以下化解", f"Settled up to {level}",
                                      f"化解事项中，化解层级不高于{zh}", f"Of those settled, at most at {level} level")
        for level, zh in zip(LEVELS[:5], ("网格", "村社区", "乡镇街道", "县", "市"), strict=True)
    },
    "settled_village": _count("received", _VILLAGE, "村级处置", "Settled at village level",
                              "化解，化解层级为网格或村社区，从未上报上级，未重开",
                              "Settled at grid or village, never sent up, not reopened"),
    "settled_village_not_spot": _count("received", f"{_VILLAGE} !spot", "村级处置（不含即报即结）",
                                       "Settled at village level, not on the spot", "村级处置中非即报即结的",
                                       "Settled at village level without those settled on the spot"),
    "valid_not_spot": _count("received", "valid !spot", "有效上报（不含即报即结）", "Valid, not on the spot",
                             "有效上报中非即报即结的", "Valid reports without those settled on the spot"),
    "one_go": _count("received", "settled !reopened !repeated", "一次性化解（初值）", "Settled in one go, first value",
                     "化解，截至统计时点未重开、未重复上报", "Settled, neither reopened nor repeated so far"),
    "one_go_final": _count("window", "settled !reopened !repeated !undone", "一次性化解（终值）",
                           "Settled in one go, final value", "化解，结案后 90 天内（规则库）未重开、未重复上报",
                           "Settled, neither reopened nor repeated within 90 days (rule book) of closing"),
    "one_go_closed": _count("window", "closed", "结案（终值口径）", "Closed, for the final value", "同“结案”",
                            "The cases counted as closed"),
    # 矛盾纠纷: disputes
    "disputes": _count("received", "dispute accepted !registered", "受理纠纷", "Accepted disputes", "受理的矛盾纠纷",
                       "Disputes that were accepted"),
    "disputes_mediated": _count("received", "dispute accepted tried", "调解纠纷", "Disputes mediated",
                                "受理的纠纷中调解过的（仅联系不计）",
                                "Of those, mediated at least once; contact alone does not count"),
    "mediation_success": _count("received", "dispute accepted tried mediated", "调解成功", "Mediated with success",
                                "调解过且以调解成功结案", "Mediated and closed as mediated"),
    "disputes_closed": _count("received", "dispute closed", "结案纠纷", "Disputes closed", "结案的矛盾纠纷",
                              "Disputes that are closed"),
    **{
        f"route_{route}": _count("received", f"dispute closed route_{route}", zh, f"By {route}",
                                 f"结案纠纷中化解途径为{zh}的", f"Closed disputes whose road was {route}")
        for route, zh in zip(
            (*ROUTES, UNREPORTED), ("人民调解", "行政调解", "司法途径", "仲裁", "信访", "未填途径"), strict=True
        )
    },
    # 及时: prompt
    **{
        f"{kind}_{what}{end}": _count(
            f"clocks{end}" if end == "_current" else "clocks", f"{kind} {marks}",  # type: ignore[arg-type]
            f"{zh_kind}{zh_what}{zh_end}", f"{en_kind} {what.replace('_', ' ')}{en_end}",
            f"{zh_kind}时限在本期内到期{zh_cond}", f"Limits to {en_kind.lower()} that ran out in the period{en_cond}",
        )
        for kind, zh_kind, en_kind in (
            ("accept", "受理", "Accept"), ("sign", "签收", "Sign"), ("verify", "核查", "Verify")
        )
        for what, marks, zh_what, zh_cond, en_cond in (
            ("due", "", "到期", "的，到期前已了结的不计", ", without those that ended before"),
            ("in_time", "in_time", "及时", "且按时完成的", ", met in time"),
        )
        for end, zh_end, en_end in (("", "", ""), ("_current", "（现时限）", " by the current limit"))
    },
    "arrivals_due": _count("clocks", "arrive", "应报到", "Arrivals due", "到场时限在本期内到期",
                           "Limits to arrive that ran out in the period"),
    "no_show": _count("clocks", "arrive !in_time", "未报到", "Did not arrive", "到期未到场",
                      "Not on the spot by the limit"),
    "clocks_due": _count("clocks", "", "到期时限", "Limits that ran out", "本期内到期的各单位时限（不含总时限）",
                         "Units' limits that ran out in the period, the overall one aside"),
    "offline_late": _count("clocks", "offline_late", "离线迟到", "Late by the line",
                           "按设备时间未超时、按服务器时间超时；计为迟到，另列",
                           "In time by the device's clock, late by ours: late, and counted apart"),
    "offline_excused": _count("clocks", "offline_late excused", "离线迟到已认可", "Late by the line, excused",
                              "离线迟到中派出单位已认可的", "Of those, excused by the dispatcher"),
    # 本期发生: what happened in the period
    **{
        key: _count("events", key, zh, en, f"{_EVENT}：{zh_what}", f"{_EVENT_EN}: {en_what}")
        for key, zh, en, zh_what, en_what in (
            ("decided", "受理或不予受理", "Decided", "受理、自办、即报即结、登记、不予受理",
             "accepted, handled here, settled on the spot, registered or declined"),
            ("dispatched", "分派", "Dispatched", "分派、改派、下派",
             "dispatched, given to another lead or handed down"),
            ("verified", "核查", "Verified", "核查通过或不通过，含抽查外结案",
             "verified with either outcome, or closed outside the sample"),
            ("ended", "本期结案", "Closed in the period", "结案", "closed"),
            ("rework", "返工", "Rework", "核查不通过", "failed verification"),
            ("returned", "退回", "Returned", "申请退回、退回下派", "a unit asked to return it, or sent it back up"),
            ("misdispatched", "误派", "Misdispatched", "退回获同意（含逾期默认）、退回下派、裁定误派",
             "a return was agreed to (silence agrees), sent back up, or ruled a misdispatch"),
            ("extended", "延期", "Extended", "同意延期", "more time was granted"),
            ("suspended_in", "挂起", "Suspended", "进入挂起", "suspended"),
            ("rejected", "不予受理", "Declined", "不予受理", "declined"),
            ("withdrawn", "撤回", "Withdrawn", "上报人撤回", "withdrawn by its reporter"),
            ("voided", "作废", "Voided", "作废，撤回另计", "voided; withdrawals are counted apart"),
            ("merged", "并案", "Merged", "并入他案", "merged into another"),
            ("referred", "转出", "Referred out", "转出", "referred out"),
            ("reopened_in", "重开", "Reopened", "重开", "reopened"),
            ("overruled", "责令受理", "Wrongly declined", "不予受理被责令受理", "declined, and ordered to be accepted"),
            ("rejections", "不予受理及责令受理", "Declined or overruled", "不予受理或被责令受理",
             "declined, or overruled"),
            ("inspected", "抽查", "Inspected", "抽查", "inspected"),
            ("false_closing", "虚假办结", "False closings", "抽查认定虚假办结", "found false by an inspection"),
            ("rated", "评价", "Rated", "回访或评价有结果", "rated by the resident or at a visit"),
            ("satisfied", "满意和基本满意", "Satisfied or fairly", "满意或基本满意", "satisfied or fairly satisfied"),
        )
    },
}  # fmt: skip
"""Count key → what it counts, in the order in which they are shown."""


def _rate(numerator: str, denominator: str, zh: str, en: str, note_zh: str = "", note_en: str = "") -> Rate:
    above, below = COUNTS[numerator], COUNTS[denominator]
    return Rate(
        numerator, denominator, zh, en, f"{above.zh} ÷ {below.zh}{note_zh}", f"{above.en} ÷ {below.en}{note_en}"
    )


_RATIO = "；两者各按发生时间计", "; each counted when it happened"

RATES: Mapping[str, Rate] = {
    "completion": _rate("closed_accepted", "accepted", "办结率", "Completion"),
    "closure": _rate("due_closed", "due", "结案率", "Closure"),
    "on_time": _rate("closed_on_time", "due", "按期办结率（原时限）", "On time by the original limit"),
    "on_time_current": _rate("closed_on_time_current", "due_current", "按期办结率（现时限）",
                             "On time by the current limit"),
    **{
        f"prompt_{kind}{end}": _rate(f"{kind}_in_time{end}", f"{kind}_due{end}", f"{zh}及时率{zh_end}",
                                     f"Prompt to {kind}{en_end}")
        for kind, zh in (("accept", "受理"), ("sign", "签收"), ("verify", "核查"))
        for end, zh_end, en_end in (("", "（原时限）", " by the original limit"),
                                    ("_current", "（现时限）", " by the current limit"))
    },
    "settlement": _rate("settled", "closed", "化解率", "Settlement"),
    **{
        f"settlement_to_{level}": _rate(f"settled_to_{level}", "settled", f"{COUNTS[f'settled_to_{level}'].zh}占比",
                                        f"Share settled up to {level}")
        for level in LEVELS[:5]
    },
    "village": _rate("settled_village", "valid", "村级处置率", "Settled at village level"),
    "village_of_closed": _rate("settled_village", "closed", "村级处置率（占结案）", "Village level, of those closed"),
    "village_not_spot": _rate("settled_village_not_spot", "valid_not_spot", "村级处置率（不含即报即结）",
                              "Village level without those settled on the spot"),
    "spot": _rate("closed_spot", "closed", "即报即结占比", "Share settled on the spot"),
    "one_go_rate": _rate("one_go", "closed", "一次性化解率（初值）", "Settled in one go, first value"),
    "one_go_final_rate": _rate("one_go_final", "one_go_closed", "一次性化解率（终值）",
                               "Settled in one go, final value"),
    "mediation_of_accepted": _rate("mediation_success", "disputes", "调解成功率（占受理）",
                                   "Mediation success, of those accepted"),
    "mediation_of_mediated": _rate("mediation_success", "disputes_mediated", "调解成功率（占调解）",
                                   "Mediation success, of those mediated"),
    "rework_rate": _rate("rework", "verified", "返工率", "Rework"),
    "return_rate": _rate("returned", "dispatched", "退回率", "Returns", *_RATIO),
    "misdispatch_rate": _rate("misdispatched", "dispatched", "误派率", "Misdispatches", *_RATIO),
    "extension_rate": _rate("extended", "dispatched", "延期率", "Extensions", *_RATIO),
    "suspension_rate": _rate("suspended_in", "dispatched", "挂起率", "Suspensions", *_RATIO),
    "rejection_rate": _rate("rejected", "decided", "不予受理率", "Declined"),
    "withdrawal_rate": _rate("withdrawn", "received", "撤回率", "Withdrawals", *_RATIO),
    "void_rate": _rate("voided", "received", "作废率", "Void", *_RATIO),
    "merge_rate": _rate("merged", "received", "并案率", "Merged", *_RATIO),
    "external_rate": _rate("referred", "received", "转出率", "Referred out", *_RATIO),
    "reopening_rate": _rate("reopened_in", "ended", "重开率", "Reopened", *_RATIO),
    "wrong_rejection_rate": _rate("overruled", "rejections", "错误不予受理率", "Wrongly declined"),
    "false_rate": _rate("false_closing", "inspected", "虚假办结率", "False closings"),
    "no_show_rate": _rate("no_show", "arrivals_due", "未报到率", "Did not arrive"),
    "offline_late_rate": _rate("offline_late", "clocks_due", "离线迟到率", "Late by the line"),
    "satisfaction": _rate("satisfied", "rated", "满意率", "Satisfaction"),
    "participation": _rate("rated", "ended", "参评率", "Participation", *_RATIO),
}  # fmt: skip
"""Rate key → what is divided by what, in percent."""

BESIDE: Mapping[str, tuple[str, ...]] = {
    "closure": (
        "rework_rate", "return_rate", "misdispatch_rate", "extension_rate", "suspension_rate", "rejection_rate",
        "withdrawal_rate", "void_rate", "merge_rate", "external_rate", "wrong_rejection_rate", "false_rate",
        "no_show_rate", "offline_late_rate",
    ),
    "satisfaction": ("participation",),
    "mean_hours": ("median_hours", "p90_hours"),
}  # fmt: skip
"""What must always be shown beside a figure."""


def part_of(indicator: str, part: str) -> str | None:
    """The key of the count that is this part of an indicator; a count is its own numerator and has no denominator."""
    if indicator in RATES:
        found = RATES[indicator]
        return found.numerator if part == "numerator" else found.denominator
    return indicator if indicator in COUNTS and part == "numerator" else None
