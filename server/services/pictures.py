"""One picture file: is it a photo we can process, and what does it look like without metadata. Knows no case."""

import threading
import warnings
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import pillow_heif
from PIL import Image, ImageOps, UnidentifiedImageError

from server.rules.refusals import Refusal

BYTES_MAX = 10 * 1024 * 1024
PIXELS_MAX = 50_000_000
SIZES = {"thumb": 320, "screen": 1600, "full": 16_384}
"""Longest side in pixels of what is served."""

_FORMATS = ("JPEG", "PNG", "WEBP", "HEIF")
_MOVING = ("PNG", "WEBP")
"""Formats whose further frames are an animation; a phone's JPEG or HEIF may carry stills beside the main one."""

# A 50-megapixel picture takes 150 MB while it is open: a crowd must not open them all at once.
_few_at_once = threading.BoundedSemaphore(2)

pillow_heif.register_heif_opener()
Image.MAX_IMAGE_PIXELS = PIXELS_MAX


@dataclass(frozen=True, slots=True)
class Picture:
    """A photo's size in pixels, as stored (before turning it upright)."""

    width: int
    height: int


def inspect(path: Path) -> Picture:
    """Decode the whole picture once.

    Raises:
        Refusal: `photo_refused` when it is damaged, too large, moving, or no photo at all.
    """
    with _few_at_once, _open(path) as image:
        _decode(image)
        return Picture(image.width, image.height)


def render(path: Path, size: str) -> bytes:
    """The picture upright, without metadata, as JPEG within the size's longest side."""
    with _few_at_once, _open(path) as image:
        longest = SIZES[size]
        image.draft("RGB", (longest, longest))  # lets JPEG decode at a fraction of its size
        _decode(image)
        upright = ImageOps.exif_transpose(image)
        upright.thumbnail((longest, longest))
        flat = _without_transparency(upright)
        flat.info.clear()  # the encoder would write the original's comment again
        out = BytesIO()
        flat.save(out, "JPEG", quality=90 if size == "full" else 82, optimize=True)
        return out.getvalue()


def _open(path: Path) -> Image.Image:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            image = Image.open(path, formats=_FORMATS)
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError,
            Image.DecompressionBombError, Image.DecompressionBombWarning):  # fmt: skip
        raise Refusal("photo_refused") from None
    moving = image.format in _MOVING and getattr(image, "n_frames", 1) > 1
    if moving or image.width * image.height > PIXELS_MAX:
        image.close()
        raise Refusal("photo_refused")
    return image


def _decode(image: Image.Image) -> None:
    try:
        image.load()
    except Exception:  # decoders raise whatever they like on hostile bytes
        raise Refusal("photo_refused") from None


def _without_transparency(image: Image.Image) -> Image.Image:
    if not image.has_transparency_data:
        return image.convert("RGB")
    layers = image.convert("RGBA")
    white = Image.new("RGBA", layers.size, "white")
    return Image.alpha_composite(white, layers).convert("RGB")
