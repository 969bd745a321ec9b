"""A case tells the names for the ids in its steps: of units and colleagues, and the codes of cases one may see."""

from tests.server.stories.tale import Stage, Tale
from tests.server.stories.test_cost_of_moves import heard


def names_of(stage: Stage, *accounts: str) -> dict[str, str]:
    """Person id → name, as their owners see them."""
    people = [stage.client(account).get("/me").json["person"] for account in accounts]
    return {one["id"]: one["name"] for one in people}


def unit_names(stage: Stage, *words: str) -> dict[str, str]:
    accounts = {"fire": "fire1", "police": "police1", "health": "health1", "order": "order1", "village": "village1"}
    units = [stage.client(accounts[word]).get("/me").json["units"][0] for word in words]
    return {one["id"]: one["name"] for one in units}


def test_units_and_people_of_the_steps_are_named_also_when_others_took_their_place(tale: Tale):
    stage = tale.stage
    tale.files("worker1", parties=[{"name": "欧阳清欢", "phone": "13812341234"}])
    tale.does("village1", "ask_check", person="worker3")
    tale.does("village1", "escalate")
    tale.does("township1", "accept", handler="township3")
    tale.does("township1", "dispatch", lead="fire", co={"police": "03-04 12:00"}, copied=["health"])
    tale.does("fire1", "sign")
    for account in ("fire3", "fireleader1", "fire3"):
        tale.does("fire1", "name_handler", person=account)
    tale.does("township1", "redispatch", lead="order")
    tale.does("leader1", "comment", leader_in_charge="leader1")
    seen = tale.look("township1")
    people = names_of(stage, "worker3", "township3", "fire3", "fireleader1", "leader1")
    assert seen["names"] == people | unit_names(stage, "fire", "police", "health", "order")
    assert "欧阳" not in str(seen["names"])


def test_reading_the_names_costs_no_statement_a_step(tale: Tale):
    tale.is_led_by("fire")

    def cost() -> int:
        client = tale.stage.client("township1")
        with heard(tale.stage) as sent:
            assert client.get(f"/cases/{tale.case['id']}").status_code == 200
        return len(sent)

    cost()
    plain = cost()
    for account in ("fire3", "fireleader1", "fire1", "fire3", "fireleader1"):
        tale.does("fire1", "name_handler", person=account)
    assert cost() <= plain + 1


def test_another_case_has_a_code_for_whoever_may_see_it_and_none_for_others(tale: Tale):
    master = Tale(tale.stage)
    master.files("worker1")
    tale.files("worker2", grid="990101001002001")
    tale.does("township1", "merge", master=master.case["id"])
    follower, code = tale.look("township1"), master.case["code"]
    assert follower["names"] == {master.case["id"]: code}
    assert not master.sees("village2")
    hidden = tale.stage.client("village2").get(f"/cases/{tale.case['id']}")
    assert hidden.status_code == 200
    assert hidden.json["names"] == {}
    assert code not in hidden.text
    assert master.look("township1")["names"] == {tale.case["id"]: tale.case["code"]}
    assert not tale.sees("village1")
    assert master.look("village1")["names"] == {}
