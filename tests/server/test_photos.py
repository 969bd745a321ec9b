"""Photos: only what a report promised, only what is a photo, served clean and only to those who may see the case."""

import itertools
import struct
import uuid
import zlib
from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest
from PIL import ExifTags, Image
from werkzeug.test import TestResponse

from tests.conftest import Client, Office
from tests.server.conftest import encoded, filed, jpeg, move, refused, sha256

Make = Callable[..., dict[str, Any]]
LIMIT = 10 * 1024 * 1024
# Damaged EXIF is what some of these photos are about; Pillow says so each time.
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:PIL.TiffImagePlugin")
seeds = itertools.count(1)


def send(client: Client, case: dict[str, Any], data: bytes, digest: str | None = None, **options: Any) -> TestResponse:
    """The bytes of a photo that the report listed."""
    path = f"/reports/{case['id']}/photos/{digest or sha256(data)}"
    return client.put(path, data=data, **{"content_type": "image/jpeg", **options})


def promised(office: Office, report: Make, *photos: bytes, account: str = "worker1") -> dict[str, Any]:
    """A case whose report lists these photos."""
    return filed(office.client(account), report(photos=[sha256(photo) for photo in photos]))


def sent(office: Office, report: Make, photo: bytes) -> dict[str, Any]:
    """A case whose photo has arrived."""
    case = promised(office, report, photo)
    answer = send(office.client("worker1"), case, photo)
    assert answer.status_code == 201, answer.text
    return case


def served(office: Office, photo: bytes, size: str = "full") -> Image.Image:
    """What the village desk is shown of a photo."""
    answer = office.client("village1").get(f"/photos/{sha256(photo)}?size={size}")
    assert (answer.status_code, answer.mimetype) == (200, "image/jpeg"), answer.text
    image = Image.open(BytesIO(answer.data))
    image.load()
    return image


def unfinished(office: Office) -> list[str]:
    """Names of files that are neither a kept photo nor one of its renditions."""
    return [path.name for path in (office.settings.photo_dir / "incoming").glob("*")]


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width: int, height: int, *more: bytes) -> bytes:
    """A PNG that claims this size; its data is as good as empty unless `more` brings some."""
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + b"".join(more or (chunk(b"IDAT", zlib.compress(b"")),)) + chunk(b"IEND", b"")


def moving(kind: str) -> bytes:
    frames = [Image.new("RGB", (20, 20), colour) for colour in ("red", "green", "blue")]
    return encoded(frames[0], kind, save_all=True, append_images=frames[1:], duration=100)


def test_a_photo_arrives_once_and_the_case_no_longer_misses_it(shared_office: Office, report: Make):
    photo, worker = jpeg(next(seeds)), shared_office.client("worker1")
    case = promised(shared_office, report, photo)
    assert case["photos"] == [
        {"sha256": sha256(photo), "kind": "report", "step": case["id"], "missing": True},
    ]
    first, again = send(worker, case, photo), send(worker, case, photo)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json == again.json == {"sha256": sha256(photo), "width": 60, "height": 40}
    after = shared_office.client("village1").get(f"/cases/{case['id']}").json
    assert [one["missing"] for one in after["photos"]] == [False]
    assert after["version"] == case["version"]
    assert unfinished(shared_office) == []


def test_a_photo_of_a_step_arrives_under_the_step(shared_office: Office, report: Make):
    worker, photo, step_id = shared_office.client("worker1"), jpeg(next(seeds)), uuid.uuid4()
    case = filed(worker, report(photos=[]))
    move(worker, case, "supplement", {"photos": [sha256(photo)]}, step_id)
    path = f"/cases/{case['id']}/steps/{step_id}/photos/{sha256(photo)}"
    elsewhere = path.replace(case["id"], filed(worker, report())["id"])
    refused(worker.put(elsewhere, data=photo, content_type="image/jpeg"), 409, "parent_missing")
    assert worker.put(path, data=photo, content_type="image/jpeg").status_code == 201
    photos = worker.get(f"/cases/{case['id']}").json["photos"]
    assert photos == [
        {"sha256": sha256(photo), "kind": "supplement", "step": str(step_id), "missing": False},
    ]


def test_only_what_a_stored_parent_of_the_sender_lists_is_taken(shared_office: Office, report: Make):
    listed, other = jpeg(next(seeds)), jpeg(next(seeds))
    worker, stranger = shared_office.client("worker1"), shared_office.client("worker2")
    case = promised(shared_office, report, listed)
    refused(send(worker, case, other), 422, "not_listed")
    refused(send(stranger, case, listed), 409, "parent_missing")
    refused(send(shared_office.client("village1"), case, listed), 409, "parent_missing")
    refused(send(worker, {"id": str(uuid.uuid4())}, listed), 409, "parent_missing")
    answer = shared_office.anonymous().put(f"/api/v1/reports/{case['id']}/photos/{sha256(listed)}", data=listed)
    refused(answer, 401, "not_signed_in")
    assert unfinished(shared_office) == []


def test_other_bytes_than_the_hash_says_are_refused_and_the_right_ones_still_welcome(
    shared_office: Office, report: Make
):
    right, wrong, worker = jpeg(next(seeds)), jpeg(next(seeds)), shared_office.client("worker1")
    case = promised(shared_office, report, right)
    refused(send(worker, case, wrong, sha256(right)), 422, "photo_refused")
    refused(worker.get(f"/photos/{sha256(right)}"), 404, "not_found")
    assert send(worker, case, right).status_code == 201


NO_PHOTOS: dict[str, bytes] = {
    "nothing": b"",
    "text": b"not a photo at all",
    "SVG": b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
    "HTML in disguise": b"\xff\xd8\xff\xe0<html><script>alert(1)</script></html>",
    "a cut JPEG": jpeg(0, (400, 300))[:-500],
    "a cut PNG": encoded(Image.effect_noise((200, 200), 50), "PNG")[:-2000],
    "a cut WebP": encoded(Image.effect_noise((200, 200), 50), "WEBP")[:-500],
    "a JPEG without picture": jpeg(0)[:20],
    "a PNG of a claimed 4 gigapixels": png(65_000, 65_000),
    "a PNG of the largest size": png(2**31 - 1, 2**31 - 1),
    "a PNG of no size": png(0, 0),
    "a PNG with a damaged chunk": png(20, 20, chunk(b"IDAT", zlib.compress(b"\0" * 1220)[:-6] + b"??????")),
    "51 real megapixels in few bytes": encoded(Image.new("1", (8500, 6000)), "PNG"),
    "a moving GIF": moving("GIF"),
    "a still GIF": encoded(Image.new("P", (20, 20)), "GIF"),
    "a moving PNG": moving("PNG"),
    "a moving WebP": moving("WEBP"),
    "a TIFF": encoded(Image.new("RGB", (20, 20)), "TIFF"),
    "a BMP": encoded(Image.new("RGB", (20, 20)), "BMP"),
    "a PDF": b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n",
    "PostScript": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n%%EOF\n",
    "a zip": b"PK\x03\x04" + bytes(26),
}


@pytest.mark.parametrize("data", NO_PHOTOS.values(), ids=NO_PHOTOS)
def test_what_is_no_photo_is_refused_and_kept_nowhere(shared_office: Office, report: Make, data: bytes):
    worker = shared_office.client("worker1")
    case = promised(shared_office, report, data)
    refused(send(worker, case, data), 422, "photo_refused")
    assert worker.get(f"/cases/{case['id']}").json["photos"][0]["missing"]
    assert unfinished(shared_office) == []
    assert not list(shared_office.settings.photo_dir.rglob(f"{sha256(data)}*"))


def test_ten_megabytes_are_the_end(shared_office: Office, report: Make):
    worker = shared_office.client("worker1")
    most = (photo := jpeg(next(seeds))) + bytes(LIMIT - len(photo))
    more = most + b"\0"
    case = promised(shared_office, report, most, more)
    refused(send(worker, case, more), 413, "too_large")
    unstated = {"wsgi.input_terminated": True, "HTTP_TRANSFER_ENCODING": "chunked"}
    refused(send(worker, case, more, environ_overrides=unstated), 413, "too_large")
    assert send(worker, case, most, environ_overrides=unstated).status_code == 201
    assert unfinished(shared_office) == []


@pytest.mark.parametrize("terminated", [True, False])
def test_a_photo_that_broke_off_on_the_way_is_refused(shared_office: Office, report: Make, terminated: bool):
    photo = jpeg(next(seeds))
    case = promised(shared_office, report, photo)
    cut = {"CONTENT_LENGTH": str(len(photo)), "wsgi.input_terminated": terminated}
    answer = send(shared_office.client("worker1"), case, photo[:100], sha256(photo), environ_overrides=cut)
    refused(answer, 400, "cut_short")
    assert unfinished(shared_office) == []


@pytest.mark.parametrize("content_type", ["text/html", "image/svg+xml", "image/gif", "application/octet-stream", ""])
def test_another_kind_of_content_is_refused(shared_office: Office, report: Make, content_type: str):
    photo = jpeg(next(seeds))
    case = promised(shared_office, report, photo)
    answer = send(shared_office.client("worker1"), case, photo, content_type=content_type)
    refused(answer, 415, "wrong_media_type")


PHOTOS: dict[str, Callable[[], bytes]] = {
    "JPEG": lambda: jpeg(next(seeds)),
    "progressive JPEG": lambda: jpeg(next(seeds), progressive=True),
    "printers' JPEG": lambda: encoded(Image.new("CMYK", (60, 40), (next(seeds), 0, 0, 0)), "JPEG"),
    "grey JPEG": lambda: encoded(Image.new("L", (60, 40), next(seeds)), "JPEG"),
    "PNG": lambda: encoded(Image.new("RGB", (60, 40), (next(seeds), 0, 0)), "PNG"),
    "see-through PNG": lambda: encoded(Image.new("RGBA", (60, 40), (next(seeds), 0, 0, 90)), "PNG"),
    "palette PNG": lambda: encoded(Image.new("P", (60, 40), next(seeds)), "PNG", transparency=0),
    "one-bit PNG": lambda: encoded(Image.new("1", (60, 40), next(seeds) % 2), "PNG", optimize=True),
    "16-bit PNG": lambda: encoded(Image.new("I;16", (60, 40), next(seeds)), "PNG"),
    "grey see-through PNG": lambda: encoded(Image.new("LA", (60, 40), (next(seeds), 9)), "PNG"),
    "WebP": lambda: encoded(Image.new("RGB", (60, 40), (next(seeds), 0, 0)), "WEBP", lossless=True),
    "HEIC": lambda: encoded(Image.new("RGB", (60, 40), (next(seeds), 0, 0)), "HEIF"),
    "JPEG with a page behind it": lambda: jpeg(next(seeds)) + b"<html><script>alert(1)</script></html>",
    "JPEG with damaged EXIF": lambda: jpeg(next(seeds), exif=b"Exif\0\0MM\0*\xff\xff\xff\xff" + b"\xff" * 40),
    "JPEG with senseless EXIF": lambda: jpeg(next(seeds), exif=b"Exif\0\0nonsense"),
    "JPEG with EXIF that points to itself": lambda: jpeg(
        next(seeds), exif=b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\xff\xff\xff\x7f\x08\0\0\0\x08\0\0\0"
    ),
    "JPEG turned in an unknown way": lambda: jpeg(next(seeds), exif=turned(99)),
}  # fmt: skip


def turned(orientation: int, **more: Any) -> Image.Exif:
    """EXIF that says how the phone was held, where, and by whom."""
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    exif[ExifTags.Base.Make] = "SecretPhone"
    exif.get_ifd(ExifTags.IFD.GPSInfo).update({1: "N", 2: (34.0, 46.0, 48.0), 3: "E", 4: (111.0, 11.0, 24.0)})
    return exif


@pytest.mark.parametrize("make", PHOTOS.values(), ids=PHOTOS)
def test_every_kind_of_photo_is_served_as_plain_jpeg(shared_office: Office, report: Make, make: Callable[[], bytes]):
    photo = make()
    sent(shared_office, report, photo)
    for size in ("thumb", "screen", "full"):
        image = served(shared_office, photo, size)
        assert (image.format, image.mode, image.size) == ("JPEG", "RGB", (60, 40))


@pytest.mark.parametrize("orientation", range(1, 9))
def test_photos_are_served_upright_and_say_neither_where_nor_by_which_phone(
    shared_office: Office, report: Make, orientation: int
):
    photo = jpeg(next(seeds), (600, 400), exif=turned(orientation))
    assert b"SecretPhone" in photo
    sent(shared_office, report, photo)
    image = served(shared_office, photo)
    assert image.size == ((600, 400) if orientation < 5 else (400, 600))
    # Red is stored on the left; each orientation says where the stored left is to be seen.
    side = {1: "left", 2: "right", 3: "right", 4: "left", 5: "top", 6: "top", 7: "bottom", 8: "bottom"}[orientation]
    width, height = image.size
    spot = {"left": (9, 99), "right": (width - 9, 99), "top": (99, 9), "bottom": (99, height - 9)}[side]
    red, _, blue = image.getpixel(spot)
    assert red > 200
    assert blue < 60
    assert len(image.getexif()) == 0
    data = shared_office.client("worker1").get(f"/photos/{sha256(photo)}?size=full").data
    for trace in (b"SecretPhone", b"Exif", b"GPS", b"http://ns.adobe.com", b"ICC_PROFILE"):
        assert trace not in data


def test_nothing_that_came_beside_the_picture_is_served(shared_office: Office, report: Make):
    xmp = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><who>SecretAuthor</who></x:xmpmeta>'
    photo = jpeg(next(seeds), xmp=xmp, comment=b"SecretComment", icc_profile=b"SecretProfile" * 20) + b"SecretTail"
    sent(shared_office, report, photo)
    for size in ("thumb", "screen", "full"):
        data = shared_office.client("worker1").get(f"/photos/{sha256(photo)}?size={size}").data
        assert b"Secret" not in data


def test_a_photo_is_served_in_three_sizes_and_screen_is_what_one_gets(shared_office: Office, report: Make):
    photo = jpeg(next(seeds), (2000, 1000))
    sent(shared_office, report, photo)
    assert served(shared_office, photo, "thumb").size == (320, 160)
    assert served(shared_office, photo, "screen").size == (1600, 800)
    assert served(shared_office, photo, "full").size == (2000, 1000)
    worker = shared_office.client("worker1")
    plain = worker.get(f"/photos/{sha256(photo)}")
    assert plain.data == worker.get(f"/photos/{sha256(photo)}?size=screen").data
    refused(worker.get(f"/photos/{sha256(photo)}?size=huge"), 422, "invalid", "size")
    refused(worker.get("/photos/xyz"), 422, "invalid", "sha256")
    assert plain.headers["X-Content-Type-Options"] == "nosniff"
    assert "private" in plain.headers["Cache-Control"]
    again = worker.get(f"/photos/{sha256(photo)}", headers={"If-None-Match": plain.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")


def test_only_the_audience_of_the_case_may_fetch_a_photo(shared_office: Office, report: Make):
    photo = jpeg(next(seeds))
    sent(shared_office, report, photo)
    for account in ("worker1", "village1", "township1", "leader1", "county1"):
        assert shared_office.client(account).get(f"/photos/{sha256(photo)}").status_code == 200, account
    for account in ("worker2", "village2", "fire1", "township2", "admin1", "auditor1"):
        refused(shared_office.client(account).get(f"/photos/{sha256(photo)}"), 404, "not_found")
    refused(shared_office.anonymous().get(f"/api/v1/photos/{sha256(photo)}"), 401, "not_signed_in")


def test_knowing_a_hash_proves_nothing(shared_office: Office, report: Make):
    photo, stranger = jpeg(next(seeds)), shared_office.client("worker2")
    sent(shared_office, report, photo)
    place = {"location": None, "no_location_reason": "在室内，没有定位"}
    case = filed(stranger, report(photos=[sha256(photo)], **place))
    assert case["photos"][0]["missing"]
    refused(stranger.get(f"/photos/{sha256(photo)}"), 404, "not_found")
    refused(shared_office.client("village2").get(f"/photos/{sha256(photo)}"), 404, "not_found")
    refused(send(stranger, case, photo[:-1], sha256(photo)), 422, "photo_refused")
    assert send(stranger, case, photo).status_code == 201
    assert stranger.get(f"/photos/{sha256(photo)}").status_code == 200


def test_a_photo_that_has_not_arrived_is_not_found_even_by_its_reporter(shared_office: Office, report: Make):
    photo = jpeg(next(seeds))
    promised(shared_office, report, photo)
    refused(shared_office.client("worker1").get(f"/photos/{sha256(photo)}"), 404, "not_found")
