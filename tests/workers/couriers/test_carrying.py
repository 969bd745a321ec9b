"""Messages reach browsers, once, in time: embedded on SQLite, and by RQ on Redis with PostgreSQL; the same stories."""

from typing import Any

from sqlalchemy import select

from server.models import PushSubscription
from tests.workers.conftest import wait_until
from tests.workers.couriers.push_service import DropError, Post
from tests.workers.couriers.rig import Rig


def test_a_report_reaches_every_browser_of_those_told_and_says_nothing_personal(rig: Rig, report: Any):
    first, second, other = (rig.subscribe(one) for one in ("village1", "village1", "worker2"))
    case_id = rig.file(report(text="王大妈（13812345678）家门口堆了纸箱。", photos=[]))
    rig.wait_until_carried(2)
    assert rig.states() == {"delivered": 2}
    assert {post.token for post in rig.push.accepted()} == {first.channel.token, second.channel.token}
    [post] = [post for post in rig.push.accepted() if post.token == first.channel.token]
    told = first.read(post)
    code = rig.ask("village1", "GET", f"/cases/{case_id}")[1]["code"]
    assert told["case"] == case_id
    assert code in told["zh"]
    assert code in told["en"]
    assert told["unread"] == 1
    assert set(told) == {"zh", "en", "tag", "urgency", "unread", "case", "message"}
    assert "王" not in str(told)
    assert post.headers["urgency"] == "normal"
    assert other.channel.token not in {post.token for post in rig.push.accepted()}


def test_what_failed_is_tried_again_and_a_closed_subscription_is_forgotten(rig: Rig, emergency: Any):
    """500, then a drop after accepting, then 429 that asks to wait: at the end it has come; 410 ends a browser."""
    good, gone = rig.subscribe("village1"), rig.subscribe("county1")
    gone.channel.gone = True
    seen: list[Post] = []

    def fault(post: Post) -> tuple[int, dict[str, str]] | None:
        if post.token != good.channel.token:
            return None
        seen.append(post)
        if len(seen) == 1:
            return 500, {}
        if len(seen) == 2:
            return 429, {"Retry-After": "3"}
        return None

    rig.push.fault = fault
    rig.file(emergency())
    rig.wait_until_carried(2)
    assert rig.states() == {"delivered": 1, "dropped": 1}
    assert len(seen) == 3
    assert seen[1].at - seen[0].at >= 2
    assert seen[2].at - seen[1].at >= 3
    assert len({post.headers["topic"] for post in seen}) == 1
    ended = rig.office.rows(select(PushSubscription.id).where(PushSubscription.ended_why == "gone"))
    assert [row.id for row in ended] == [gone.subscription_id]
    rig.file(emergency())
    rig.wait_until_carried(3)
    assert rig.states() == {"delivered": 2, "dropped": 1}


def test_a_push_whose_answer_was_lost_is_sent_again_under_the_same_topic(rig: Rig, emergency: Any):
    """Accepted and then cut off: nobody can know; the push service, and the phone by its tag, show one."""
    browser = rig.subscribe("village1")
    taken: list[Post] = []

    def fault(post: Post) -> tuple[int, dict[str, str]] | None:
        taken.append(post)
        if len(taken) == 1:
            rig.push.fault = lambda _post: None
            rig.push.take(post)
            raise DropError
        return None

    rig.push.fault = fault
    rig.file(emergency())
    rig.wait_until_carried(1)
    assert rig.states() == {"delivered": 1}
    again = [post for post in rig.push.accepted() if post.token == browser.channel.token]
    assert {post.headers["topic"] for post in again} == {taken[0].headers["topic"]}
    assert len(browser.channel.waiting) == 1
    assert {browser.read(post)["tag"] for post in [*taken, *again]} == {browser.read(again[0])["tag"]}


def test_news_of_a_minute_are_one_notice(rig: Rig, report: Any):
    """What is good to know comes together; the inbox has each of it."""
    reporter = rig.subscribe("worker1")
    for _ in range(3):
        rig.move("village1", rig.file(report(photos=[])), "accept", category="H-FIRE-01", urgency=2)
    assert rig.ask("worker1", "GET", "/inbox")[1]["unread"] == 3
    assert rig.states() == {}
    rig.let_a_minute_pass()
    rig.wait_until_carried(1)
    [post] = rig.push.accepted()
    told = reporter.read(post)
    assert (told["zh"], told["case"], told["unread"]) == ("3 条新通知", None, 3)
    assert post.headers["urgency"] == "low"


def test_what_will_never_be_taken_is_a_dead_letter_that_an_operator_sees_and_sends_again(rig: Rig, emergency: Any):
    rig.subscribe("village1")
    rig.push.fault = lambda _post: (413, {})
    rig.file(emergency())
    rig.wait_until_carried(1)
    [row] = rig.deliveries()
    assert (row.state, row.outcome, row.tries) == ("dead", "status 413", 1)
    assert str(row.id) in rig.command("outbox", "dead")
    assert str(row.id) not in rig.command("outbox", "list")
    rig.push.fault = lambda _post: None
    assert "1" in rig.command("outbox", "again", "--all")
    wait_until(lambda: rig.states() == {"delivered": 1})
    assert str(row.id) in rig.command("outbox", "list", "--state", "delivered")
