"""Every refusal the office can utter: a stable code, a Chinese sentence and its English twin.

Services and rules raise them; only `api/problems` knows which HTTP status each code becomes.
"""

from collections.abc import Mapping
from typing import Any

SENTENCES: Mapping[str, tuple[str, str]] = {
    "not_signed_in": ("请先登录。", "Please sign in."),
    "bad_credentials": ("账号或密码不对。", "The account or the password is wrong."),
    "too_many_tries": ("连续输错次数过多，请稍后再试。", "Too many failed tries; please wait before the next one."),
    "csrf_failed": ("页面令牌已失效，请重新获取后再试。", "The page token is out of date; fetch it again and retry."),
    "not_for_your_role": ("您的岗位没有这项权限。", "Your role does not include this."),
    "must_change_password": ("首次登录请先修改密码。", "Please change your first password before going on."),
    "not_found": ("找不到该内容，或您无权查看。", "There is no such thing, or it is not yours to see."),
    "no_such_method": ("该地址不支持这种操作。", "This address does not offer that method."),
    "invalid": ("填写的内容有误，请按提示修改。", "Some of what was sent is not right; see the fields."),
    "grid_too_far": (
        "所选网格离定位点太远，请核对位置或网格。",
        "The chosen grid is too far from the place; check either.",
    ),
    "not_json": ("内容不是有效的 JSON。", "The body is not valid JSON."),
    "cut_short": ("内容没有传完整，请重新发送。", "The content was cut short on its way; send it again."),
    "wrong_media_type": ("内容类型不受支持。", "This kind of content is not accepted here."),
    "wrong_version": ("客户端使用的协议版本不受支持。", "This version of the protocol is not supported."),
    "too_large": ("内容过大。", "The content is too large."),
    "already_different": (
        "这个编号已用于其他内容，请换一个新编号重新提交。",
        "This id already stands for something else; send it again under a new id.",
    ),
    "case_has_moved": (
        "事项已有新的进展，请核对后再决定。",
        "The case has moved on since you saw it; look again before you decide.",
    ),
    "move_not_allowed": ("当前状态下不能进行此操作。", "This cannot be done to the case as it stands now."),
    "which_one": ("有多个对象符合，请指明。", "More than one fits; say which one."),
    "parent_missing": ("请先提交照片所属的上报。", "Send the report that this photo belongs to first."),
    "not_listed": ("这张照片不在所属上报的照片清单里。", "The parent does not list this photo."),
    "photo_refused": ("照片无法处理，请重新拍摄或另选一张。", "This photo cannot be processed; choose another."),
    "upload_conflict": ("续传位置不一致，请从服务器记录处继续。", "The upload is at another offset; go on from ours."),
    "cursor_expired": ("同步位置已失效，请重新开始同步。", "This cursor no longer holds; start again."),
    "unavailable": ("系统暂时无法处理，请稍后再试。", "The office cannot answer just now; please try again."),
    "internal": ("系统出现错误，已记录。", "Something went wrong here; it has been noted."),
}  # fmt: skip

Sentence = tuple[str, str]
"""A sentence in Chinese and its English twin."""


class Refusal(Exception):
    """A clear no.

    Args:
        code: a key of `SENTENCES`.
        errors: for `invalid` and its like: dotted field name → (Chinese, English).
        extra: members added to the answer, such as the case as it stands now.
    """

    def __init__(
        self,
        code: str,
        *,
        errors: Mapping[str, Sentence] | None = None,
        extra: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(code)
        self.code = code
        self.zh, self.en = SENTENCES[code]
        self.errors = dict(errors or {})
        self.extra = dict(extra or {})


def invalid(field: str, zh: str, en: str) -> Refusal:
    """The named field is not acceptable, and why."""
    return Refusal("invalid", errors={field: (zh, en)})
