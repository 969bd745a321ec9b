"""Photos that come in pieces (tus 1.0): what arrived is never lost, what is wrong is gone, nobody else can touch it."""

import fcntl
import itertools
import uuid
from base64 import b64encode
from collections.abc import Callable
from typing import Any

import pytest
from werkzeug.test import TestResponse

from tests.conftest import Client, Office
from tests.server.conftest import filed, jpeg, move, refused, sha256

Make = Callable[..., dict[str, Any]]
TUS = {"Tus-Resumable": "1.0.0"}
seeds = itertools.count(100_000)


def create(client: Client, length: int, headers: dict[str, str] | None = None, **named: str) -> TestResponse:
    """Ask for a new upload of this many bytes."""
    metadata = ",".join(f"{name} {b64encode(value.encode()).decode()}" for name, value in named.items())
    more = {"Upload-Length": str(length), "Upload-Metadata": metadata}
    return client.post("/uploads", headers={**TUS, **more, **(headers or {})})


def begun(client: Client, report: Make, photo: bytes, digest: str | None = None) -> tuple[str, dict[str, Any]]:
    """The path of a new upload of this photo, and the case that lists it."""
    case = filed(client, report(photos=[digest or sha256(photo)]))
    answer = create(client, len(photo), report_id=case["id"], sha256=digest or sha256(photo))
    assert answer.status_code == 201, answer.text
    assert answer.headers["Tus-Resumable"] == "1.0.0"
    return answer.headers["Location"].removeprefix("/api/v1"), case


def patch(client: Client, path: str, offset: int | str, data: bytes, **options: Any) -> TestResponse:
    headers = {**TUS, "Upload-Offset": str(offset), **options.pop("headers", {})}
    options.setdefault("content_type", "application/offset+octet-stream")
    return client("PATCH", path, data=data, headers=headers, **options)


def head(client: Client, path: str, **headers: str) -> TestResponse:
    return client("HEAD", path, headers={**TUS, **headers})


def stands_at(client: Client, path: str) -> int:
    """How many bytes the server has of an upload."""
    answer = head(client, path)
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-store")
    return int(answer.headers["Upload-Offset"])


def is_missing(client: Client, case: dict[str, Any]) -> bool:
    missing: bool = client.get(f"/cases/{case['id']}").json["photos"][0]["missing"]
    return missing


def test_the_server_says_what_its_tus_can_do(shared_office: Office):
    answer = shared_office.anonymous().open("/api/v1/uploads", method="OPTIONS")
    assert answer.status_code == 204
    assert answer.headers["Tus-Version"] == "1.0.0"
    assert answer.headers["Tus-Extension"] == "creation"
    assert answer.headers["Tus-Max-Size"] == str(10 * 1024 * 1024)


def test_a_photo_comes_in_pieces(shared_office: Office, report: Make):
    worker, photo = shared_office.client("worker1"), jpeg(next(seeds))
    path, case = begun(worker, report, photo)
    assert stands_at(worker, path) == 0
    first = patch(worker, path, 0, photo[:100])
    assert (first.status_code, first.headers["Upload-Offset"]) == (204, "100")
    assert stands_at(worker, path) == 100
    assert is_missing(worker, case)
    last = patch(worker, path, 100, photo[100:])
    assert (last.status_code, last.headers["Upload-Offset"]) == (204, str(len(photo)))
    assert not is_missing(worker, case)
    assert worker.get(f"/photos/{sha256(photo)}").status_code == 200
    assert stands_at(worker, path) == len(photo)
    assert refused(patch(worker, path, len(photo), b"x"), 409, "upload_conflict")["offset"] == len(photo)


def test_bytes_at_another_offset_are_refused_with_the_right_one(shared_office: Office, report: Make):
    worker, photo = shared_office.client("worker1"), jpeg(next(seeds))
    path, _ = begun(worker, report, photo)
    patch(worker, path, 0, photo[:100])
    for offset in (0, 99, 101, len(photo)):
        assert refused(patch(worker, path, offset, photo[offset:]), 409, "upload_conflict")["offset"] == 100
    assert stands_at(worker, path) == 100


@pytest.mark.parametrize("terminated", [True, False])
def test_an_upload_that_broke_off_goes_on_where_it_stopped(shared_office: Office, report: Make, terminated: bool):
    worker, photo = shared_office.client("worker1"), jpeg(next(seeds))
    path, case = begun(worker, report, photo)
    cut = {"CONTENT_LENGTH": str(len(photo)), "wsgi.input_terminated": terminated}
    patch(worker, path, 0, photo[:100], environ_overrides=cut)
    assert stands_at(worker, path) == 100
    assert patch(worker, path, 100, photo[100:]).status_code == 204
    assert not is_missing(worker, case)


def test_an_upload_whose_last_byte_came_just_before_a_crash_is_finished_by_the_next_question(
    shared_office: Office, report: Make
):
    worker, photo = shared_office.client("worker1"), jpeg(next(seeds))
    path, case = begun(worker, report, photo)
    patch(worker, path, 0, photo[:100])
    # What the disk holds when the process dies after its last write and before it looked at the photo.
    on_disk = shared_office.settings.photo_dir / "incoming" / path.rpartition("/")[2]
    on_disk.write_bytes(photo)
    assert stands_at(worker, path) == len(photo)
    assert not is_missing(worker, case)
    assert not on_disk.exists()


def test_an_upload_that_was_kept_just_before_a_crash_can_be_sent_again(shared_office: Office, report: Make):
    worker, photo = shared_office.client("worker1"), jpeg(next(seeds))
    path, case = begun(worker, report, photo)
    # What the disk holds when the process dies after it moved the photo to its place and before the books knew.
    on_disk = shared_office.settings.photo_dir / "incoming" / path.rpartition("/")[2]
    kept = shared_office.settings.photo_dir / sha256(photo)[:2] / sha256(photo)
    on_disk.write_bytes(photo)
    kept.parent.mkdir(parents=True, exist_ok=True)
    on_disk.replace(kept)
    assert stands_at(worker, path) == 0
    assert patch(worker, path, 0, photo).status_code == 204
    assert not is_missing(worker, case)


@pytest.mark.parametrize("finish_by", ["PATCH", "HEAD"])
def test_a_finished_upload_of_other_bytes_is_refused_and_gone(shared_office: Office, report: Make, finish_by: str):
    worker, photo, other = shared_office.client("worker1"), jpeg(next(seeds)), jpeg(next(seeds))
    path, case = begun(worker, report, other, sha256(photo))
    on_disk = shared_office.settings.photo_dir / "incoming" / path.rpartition("/")[2]
    if finish_by == "PATCH":
        refused(patch(worker, path, 0, other), 422, "photo_refused")
    else:
        on_disk.write_bytes(other)
        assert head(worker, path).status_code == 422
    assert head(worker, path).status_code == 404
    assert not on_disk.exists()
    assert is_missing(worker, case)
    again = create(worker, len(photo), report_id=case["id"], sha256=sha256(photo))
    assert patch(worker, again.headers["Location"].removeprefix("/api/v1"), 0, photo).status_code == 204
    assert not is_missing(worker, case)


def test_a_finished_upload_that_is_no_photo_is_refused_and_gone(shared_office: Office, report: Make):
    worker, page = shared_office.client("worker1"), f"<html>{next(seeds)}<script>alert(1)</script>".encode()
    path, case = begun(worker, report, page)
    refused(patch(worker, path, 0, page), 422, "photo_refused")
    assert head(worker, path).status_code == 404
    assert is_missing(worker, case)
    assert not list(shared_office.settings.photo_dir.rglob(f"{sha256(page)}*"))


def test_more_bytes_than_announced_are_refused(shared_office: Office, report: Make):
    worker, photo = shared_office.client("worker1"), jpeg(next(seeds))
    path, case = begun(worker, report, photo)
    refused(patch(worker, path, 0, photo + b"x"), 413, "too_large")
    assert stands_at(worker, path) <= len(photo)
    assert is_missing(worker, case)


def test_somebody_else_s_upload_is_not_found(shared_office: Office, report: Make):
    photo = jpeg(next(seeds))
    path, _ = begun(shared_office.client("worker1"), report, photo)
    for account in ("worker2", "village1", "leader1"):
        assert head(shared_office.client(account), path).status_code == 404
        refused(patch(shared_office.client(account), path, 0, photo), 404, "not_found")
    anonymous = shared_office.anonymous()
    assert anonymous.open(f"/api/v1{path}", method="PATCH", data=photo).status_code == 401
    assert stands_at(shared_office.client("worker1"), path) == 0


def test_another_version_of_the_protocol_is_refused(shared_office: Office, report: Make):
    worker, photo = shared_office.client("worker1"), jpeg(next(seeds))
    path, case = begun(worker, report, photo)
    for version in ("0.2.2", "2.0.0", ""):
        other = {"Tus-Resumable": version}
        refused(patch(worker, path, 0, photo, headers=other), 412, "wrong_version")
        assert head(worker, path, **other).status_code == 412
        refused(create(worker, 9, other, report_id=case["id"], sha256=sha256(photo)), 412, "wrong_version")


def test_two_requests_cannot_write_at_once(shared_office: Office, report: Make):
    worker, photo = shared_office.client("worker1"), jpeg(next(seeds))
    path, _ = begun(worker, report, photo)
    on_disk = shared_office.settings.photo_dir / "incoming" / path.rpartition("/")[2]
    with on_disk.open("ab") as first:
        fcntl.flock(first, fcntl.LOCK_EX)
        assert refused(patch(worker, path, 0, photo), 409, "upload_conflict")["offset"] == 0
    assert patch(worker, path, 0, photo).status_code == 204


@pytest.mark.parametrize(
    ("headers", "field"),
    [
        ({"Upload-Offset": "-1"}, "Upload-Offset"),
        ({"Upload-Offset": "1.5"}, "Upload-Offset"),
        ({"Upload-Offset": ""}, "Upload-Offset"),
        ({"Upload-Offset": "9" * 30}, "Upload-Offset"),
    ],
)
def test_a_senseless_offset_is_refused(shared_office: Office, report: Make, headers: dict[str, str], field: str):
    worker, photo = shared_office.client("worker1"), jpeg(next(seeds))
    path, _ = begun(worker, report, photo)
    refused(patch(worker, path, 0, photo, headers=headers), 422, "invalid", field)
    refused(patch(worker, path, 0, photo, content_type="image/jpeg"), 415, "wrong_media_type")


def test_only_a_promised_photo_may_be_uploaded(shared_office: Office, report: Make):
    worker, photo = shared_office.client("worker1"), jpeg(next(seeds))
    case = filed(worker, report(photos=[sha256(photo)]))
    name = {"report_id": case["id"], "sha256": sha256(photo)}
    refused(create(worker, 9, **{**name, "sha256": "f" * 64}), 422, "not_listed")
    refused(create(worker, 9, **{**name, "report_id": str(uuid.uuid4())}), 409, "parent_missing")
    refused(create(shared_office.client("worker2"), 9, **name), 409, "parent_missing")
    refused(create(worker, 10 * 1024 * 1024 + 1, **name), 413, "too_large")
    refused(create(worker, 9, sha256=sha256(photo)), 422, "invalid", "report_id")
    refused(create(worker, 9, report_id=case["id"]), 422, "invalid", "sha256")
    refused(create(worker, 9, **{**name, "report_id": "x"}), 422, "invalid", "report_id")
    refused(create(worker, 9, {"Upload-Metadata": "sha256 ***"}), 422, "invalid", "Upload-Metadata")
    refused(create(worker, 9, {"Upload-Metadata": "sha256 /w=="}), 422, "invalid", "Upload-Metadata")
    refused(create(worker, 9, {"Upload-Length": "many"}, **name), 422, "invalid", "Upload-Length")


def test_an_upload_of_no_bytes_is_no_photo(shared_office: Office, report: Make):
    worker = shared_office.client("worker1")
    path, case = begun(worker, report, b"")
    assert head(worker, path).status_code == 422
    assert is_missing(worker, case)


def test_an_upload_of_what_has_arrived_is_finished_from_the_start(shared_office: Office, report: Make):
    worker, photo = shared_office.client("worker1"), jpeg(next(seeds))
    path, case = begun(worker, report, photo)
    patch(worker, path, 0, photo)
    again = create(worker, len(photo), report_id=case["id"], sha256=sha256(photo))
    assert stands_at(worker, again.headers["Location"].removeprefix("/api/v1")) == len(photo)


def test_a_step_s_photo_comes_in_pieces_too(shared_office: Office, report: Make):
    worker, photo, step_id = shared_office.client("worker1"), jpeg(next(seeds)), str(uuid.uuid4())
    case = filed(worker, report(photos=[]))
    move(worker, case, "supplement", {"photos": [sha256(photo)]}, step_id)
    name = {"case_id": case["id"], "step_id": step_id, "sha256": sha256(photo)}
    refused(create(worker, len(photo), **{**name, "case_id": str(uuid.uuid4())}), 409, "parent_missing")
    path = create(worker, len(photo), **name).headers["Location"].removeprefix("/api/v1")
    assert patch(worker, path, 0, photo).status_code == 204
    assert not is_missing(worker, case)
