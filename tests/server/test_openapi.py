"""The document is the contract: it is valid, and whatever is sent, the office answers as it says."""

import uuid
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import hypothesis
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given
from hypothesis.errors import Unsatisfiable
from openapi_spec_validator import OpenAPIV31SpecValidator
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi import checks

from tests.conftest import Office, sign_in
from tests.server.conftest import NOON, accepting, filed, jpeg, sha256

Make = Callable[..., dict[str, Any]]
PATH = "/api/v1/openapi.json"
CHECKS = [
    not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_schema_conformance,
    checks.response_headers_conformance,
]
schemathesis.serializer.alias("application/offset+octet-stream", "application/octet-stream")
# A wrong password is checked slowly on purpose.
SLOW = {("POST", "/api/v1/sessions"), ("PUT", "/api/v1/me/password")}


@pytest.fixture
def document(shared_office: Office) -> dict[str, Any]:
    answer = shared_office.anonymous().get(PATH)
    assert (answer.status_code, answer.mimetype) == (200, "application/json")
    found: dict[str, Any] = answer.json
    return found


@pytest.fixture
def known(shared_office: Office, report: Make) -> dict[str, str]:
    """Path parameters that lead somewhere."""
    worker, photo = shared_office.client("worker1"), jpeg(1)
    case = filed(worker, report(photos=[sha256(photo)]))
    worker.put(f"/reports/{case['id']}/photos/{sha256(photo)}", data=photo, content_type="image/jpeg")
    return {
        "case_id": case["id"], "report_id": case["id"], "sha256": sha256(photo), "area_code": "990101001001",
        "step_id": str(uuid.uuid4()), "upload_id": str(uuid.uuid4()),
    }  # fmt: skip


def test_the_document_is_valid_openapi_3_1(document: dict[str, Any]):
    assert document["openapi"].startswith("3.1")
    assert list(OpenAPIV31SpecValidator(document).iter_errors()) == []


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, item in document["paths"].items():
        for method, operation in item.items():
            if method != "parameters":
                yield method, path, operation


def test_every_refusal_is_a_problem_document_and_nothing_is_left_to_a_default(document: dict[str, Any]):
    for method, path, operation in operations(document):
        assert "default" not in operation["responses"], (method, path)
        for status, response in operation["responses"].items():
            if int(status) >= 400 and path != "/readyz":
                assert list(response["content"]) == ["application/problem+json"], (method, path, status)


def test_nothing_in_the_document_is_without_a_type(document: dict[str, Any]):
    for name, schema in document["components"]["schemas"].items():
        for field, described in schema.get("properties", {}).items():
            assert {"type", "$ref", "anyOf", "allOf", "enum"} & described.keys(), f"{name}.{field}"


def probe(operation: Any, mode: GenerationMode, path_parameters: dict[str, str], token: str, examples: int) -> None:
    """Send generated requests for one operation and hold each answer against the document."""

    @hypothesis.settings(
        max_examples=examples, derandomize=True, database=None, deadline=None, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(case=operation.as_strategy(mode, path_parameters=path_parameters))
    def send(case: Any) -> None:
        case.call_and_validate(headers={"Authorization": f"Bearer {token}"}, checks=CHECKS)

    with suppress(Unsatisfiable):  # nothing that is wrong can be sent where nothing is asked for
        send()


def test_what_the_office_answers_when_all_is_well_is_as_documented(
    shared_office: Office, known: dict[str, str], report: Make
):
    schema = schemathesis.openapi.from_wsgi(PATH, shared_office.app)
    worker, desk, case_id = shared_office.client("worker1"), shared_office.client("village1"), known["case_id"]
    body, report_id = report(parties=[{"name": "欧阳清欢", "phone": "13812341234"}]), uuid.uuid4()
    case = worker.put(f"/reports/{report_id}", json=body)
    accept = {"action": "accept", "based_on": 1, "payload": accepting(case.json["case"]), "at": NOON}
    step = f"/cases/{report_id}/steps/{uuid.uuid4()}"
    purpose = {"purpose": "核对当事人"}
    since = desk.get("/changes").json["next_cursor"]
    written = (
        (201, "/reports/{report_id}", case),
        (200, "/reports/{report_id}", worker.put(f"/reports/{report_id}", json=body)),
        (409, "/reports/{report_id}", worker.put(f"/reports/{report_id}", json=report())),
        (201, "/cases/{case_id}/steps/{step_id}", desk.put(step, json=accept)),
        (200, "/cases/{case_id}/steps/{step_id}", desk.put(step, json=accept)),
        (409, "/cases/{case_id}/steps/{step_id}", worker.put(step[:-1] + "0", json=accept)),
    )
    for status, path, answer in written:
        assert answer.status_code == status, (path, answer.text)
        schema[f"/api/v1{path}"]["PUT"].validate_response(answer)
    for method, path, answer in (
        ("GET", "/cases/{case_id}", desk.get(f"/cases/{case_id}")),
        ("GET", "/cases", desk.get("/cases?limit=1")),
        ("POST", "/cases/search", desk.post("/cases/search", json={"phone": "13812341234", **purpose})),
        ("POST", "/cases/{case_id}/parties/open", desk.post(f"/cases/{report_id}/parties/open", json=purpose)),
        ("GET", "/photos/{sha256}", desk.get(f"/photos/{known['sha256']}")),
        ("GET", "/changes", desk.get(f"/changes?since={since}")),
        ("GET", "/me", worker.get("/me")),
        ("GET", "/me", desk.get("/me")),
        ("GET", "/me", shared_office.client("inspector1").get("/me")),
        ("GET", "/sessions", desk.get("/sessions")),
        ("GET", "/categories", desk.get("/categories")),
        ("GET", "/units", desk.get("/units?area=990101001000&category=H-FIRE-01")),
        ("GET", "/areas/{code}", desk.get("/areas/990101001000")),
        ("GET", "/grids", desk.get("/grids?limit=2")),
        ("GET", "/grids/{code}", desk.get("/grids/990101001001001")),
        ("GET", "/packs/{area_code}", desk.get("/packs/990101001001")),
        ("GET", "/locate", desk.get("/locate?lon=111.14&lat=34.78&crs=gcj02&accuracy_m=500")),
    ):
        assert answer.status_code == 200, (path, answer.text)
        schema[f"/api/v1{path}"][method].validate_response(answer)


@pytest.mark.parametrize("account", ["worker1", "township1"])
@pytest.mark.parametrize("mode", list(GenerationMode))
def test_whatever_is_sent_is_answered_as_documented(
    shared_office: Office, known: dict[str, str], account: str, mode: GenerationMode
):
    schema = schemathesis.openapi.from_wsgi(PATH, shared_office.app)
    examples, wrong = (10 if shared_office.settings.embedded else 3), []
    for found in schema.get_all_operations():
        operation = found.ok()
        method, path = operation.method.upper(), operation.path
        known_here = {name: value for name, value in known.items() if "{" + name + "}" in path}
        for path_parameters in ({}, known_here) if known_here else ({},):
            token = sign_in(shared_office.app, account)
            try:
                probe(operation, mode, path_parameters, token, 2 if (method, path) in SLOW else examples)
            except (Exception, BaseExceptionGroup) as failure:
                wrong.append(f"{method} {path}\n{failure}\n{getattr(failure, 'exceptions', '')}")
    assert not wrong, "\n\n".join(wrong)
