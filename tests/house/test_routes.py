"""Every route has a guard and says what it answers; those that are open stand here by name."""

import re
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from werkzeug.routing import Rule

from server import create_app
from server.api.guard import WITH_FIRST_PASSWORD, GuardedBlueprint
from server.api.problems import STATUS
from server.config import read_settings
from server.rules.refusals import SENTENCES

# Reached without signing in, each for its reason.
OPEN = {
    "sessions.open_session": "this is how one signs in",
    "photos.describe_uploads": "tells what the upload protocol can do, nothing else",
    "looks.look_at_matter": "a resident with a report's code and secret; wrong tries are counted",
    "looks.rate_matter": "the same resident says how satisfied they are",
    "health.alive": "asked by load balancers",
    "health.ready": "asked by load balancers",
    "health.metrics": "counts and times; the web server in front keeps it from the public",
    "pwa.home": "the app itself holds no data",
    "pwa.file": "the app itself holds no data",
    "api-docs.openapi_json": "the contract",
    "api-docs.openapi_swagger_ui": "the contract, to read in a browser",
}


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    return create_app(read_settings({"GRIDLOOP_DATA_DIR": str(tmp_path_factory.mktemp("house"))}))


def rules(app: Flask) -> list[Rule]:
    return list(app.url_map.iter_rules())


def guard_of(app: Flask, rule: Rule) -> str | None:
    return getattr(app.view_functions[rule.endpoint], "__guard__", None)


def test_the_open_routes_are_these_and_no_others(app: Flask):
    open_to_all = {rule.endpoint for rule in rules(app) if guard_of(app, rule) in (None, "open_to_all")}
    assert open_to_all == set(OPEN)


def test_there_are_only_three_guards(app: Flask):
    assert {guard_of(app, rule) for rule in rules(app)} == {None, "open_to_all", "signed_in", "auditor"}


def test_a_guarded_route_refuses_whoever_has_not_signed_in_before_it_looks_at_anything_else(app: Flask):
    asked = 0
    for rule in rules(app):
        if rule.endpoint in OPEN:
            continue
        path = re.sub(r"<[^>]+>", str(uuid.uuid4()), rule.rule)
        for method in (rule.methods or set()) - {"OPTIONS"}:
            answer = app.test_client().open(path + "?unknown=1", method=method, data=b"{", content_type="text/plain")
            assert answer.status_code == 401, (method, path)
            asked += 1
    assert asked > 20


def test_a_route_without_a_guard_cannot_be_registered():
    blueprint = GuardedBlueprint("nobody", __name__)
    register: Callable[..., Any] = blueprint.route
    with pytest.raises(TypeError, match="guard"):
        register("/x", method="GET", answers={200: None})
    for shorthand in (blueprint.get, blueprint.post, blueprint.put, blueprint.delete, blueprint.patch):
        with pytest.raises(TypeError):
            shorthand("/x")(lambda: "")


def test_every_route_of_the_contract_is_documented_with_what_it_answers(app: Flask):
    document = app.test_client().get("/api/v1/openapi.json").json
    documented = {
        (method.upper(), path): operation
        for path, item in document["paths"].items()
        for method, operation in item.items()
        if method != "parameters"
    }
    expected = set()
    for rule in rules(app):
        if rule.endpoint.startswith(("pwa.", "api-docs.")):
            continue
        path = re.sub(r"<(?:[^:>]+:)?([^>]+)>", r"{\1}", rule.rule)
        methods = (rule.methods or set()) - {"HEAD", "OPTIONS"} or {"HEAD"} & (rule.methods or set()) or {"OPTIONS"}
        expected |= {(method, path) for method in methods}
    assert set(documented) == expected
    for where, operation in documented.items():
        good = [status for status in operation["responses"] if status.startswith("2")]
        assert good, where
        assert operation.get("summary") or operation.get("description"), where
        assert operation["security"] in ([], [{"cookie": []}, {"bearer": []}]), where


def test_the_first_password_may_only_be_changed_or_left(app: Flask):
    assert {rule.endpoint for rule in rules(app)} >= WITH_FIRST_PASSWORD
    assert {"me.show_me", "me.change_my_password", "sessions.close_session"} == WITH_FIRST_PASSWORD


def test_every_refusal_has_a_status_and_a_sentence_in_both_languages():
    assert SENTENCES.keys() == STATUS.keys()
    for code, (zh, en) in SENTENCES.items():
        assert re.fullmatch(r"[a-z]+(_[a-z]+)*", code)
        assert re.search(r"[\u4e00-\u9fff].*[。]$", zh), code
        assert en.isascii(), code
        assert en.endswith("."), code


def test_nothing_reached_without_signing_in_loads_from_elsewhere(app: Flask):
    page = app.test_client().get("/api/v1/docs")
    assert page.status_code == 200
    assert not re.findall(r"""(?:src|href)=["'](?:https?:)?//""", page.text)
