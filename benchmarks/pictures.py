"""How long and how much memory it takes to take a picture in, or to refuse a bomb: `python -m benchmarks.pictures`.

Each file goes through a process of its own. Without an argument: makes the files and measures each. "Before" is what
the process holds with Django loaded, before it sees the file.
"""

import io
import os
import re
import struct
import subprocess
import sys
import tempfile
import time
import zlib
from pathlib import Path

os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"

import django
from PIL import Image

LARGE = (7744, 5164)  # 39,990,016 pixels


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def encoded(image, format, **options):
    buffer = io.BytesIO()
    image.save(buffer, format, **options)
    return buffer.getvalue()


def png_with(kind, data):
    """A small picture with one more chunk, right after its header."""
    png = encoded(Image.new("RGB", (40, 30)), "PNG")
    return png[:33] + chunk(kind, data) + png[33:]


def without_pixels(width, height):
    """A PNG of one colour, as small as it gets."""
    packer, lines = zlib.compressobj(9), []
    line = bytes(1 + (width + 7) // 8)
    for _ in range(height):
        lines.append(packer.compress(line))
    body = b"".join(lines) + packer.flush()
    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


def scene(size, mode="RGB"):
    """Soft shapes with a little grain, as photographs have."""
    bands = [
        Image.effect_noise((size[0] // 64, size[1] // 64), 90).resize(size, Image.Resampling.BICUBIC) for _ in mode
    ]
    return Image.merge(mode, bands)


def bombs():
    yield "30000 x 30000 PNG", without_pixels(30000, 30000)
    yield "6300 x 6300 PNG of one bit", without_pixels(6300, 6300)
    yield "zTXt of 80 MB", png_with(b"zTXt", b"Comment\0\0" + zlib.compress(bytes(80_000_000), 9))
    yield "iTXt of 80 MB", png_with(b"iTXt", b"XML:com.adobe.xmp\0\1\0\0\0" + zlib.compress(bytes(80_000_000), 9))
    yield "iCCP of 50 MB", png_with(b"iCCP", b"profile\0\0" + zlib.compress(bytes(50_000_000), 9))
    jpeg = encoded(scene((1200, 800)), "JPEG")
    yield "half a JPEG", jpeg[: len(jpeg) // 2]
    yield "noise after the header", jpeg[:700] + os.urandom(len(jpeg))
    yield "nothing at all", b""
    yield "9 MB", jpeg + bytes(9_000_000)


def large_ones():
    image = scene(LARGE)
    yield "JPEG", encoded(image, "JPEG", quality=80)
    yield "JPEG, progressive 4:4:4", encoded(image, "JPEG", quality=75, progressive=True, subsampling=0)
    yield "WebP", encoded(image, "WEBP", quality=70, method=0)
    yield "AVIF", encoded(image, "AVIF", quality=60, speed=10)
    yield "PNG", encoded(image.quantize(8, method=Image.Quantize.FASTOCTREE).convert("RGB"), "PNG", compress_level=6)
    yield "PNG, palette", encoded(image.quantize(8, method=Image.Quantize.FASTOCTREE), "PNG", compress_level=6)
    del image
    image = Image.new("RGBA", LARGE, (200, 100, 50, 120))
    yield "PNG, see-through", encoded(image, "PNG")
    yield "WebP, see-through", encoded(image, "WEBP", lossless=True, method=0)


def peak():
    return int(re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())[1]) / 1024


def take_in(path):
    """One line: what came of it, seconds, memory before, peak."""
    django.setup()
    from django.conf import settings
    from django.core.files import File

    from sharedlives.foundation import pictures
    from sharedlives.foundation.models import Picture

    settings.MEDIA_ROOT = tempfile.mkdtemp()
    before, started = peak(), time.perf_counter()
    try:
        with path.open("rb") as file:
            pictures.take_file(Picture(), File(file))
        answer = "taken in"
    except pictures.Refused as refusal:
        answer = f"refused: {refusal}"[:60]
    print(f"{time.perf_counter() - started:6.2f} s {before:5.0f} -> {peak():5.0f} MB  {answer}")


def render(path):
    """The job: all renditions of a photograph, 18 files."""
    django.setup()
    from django.conf import settings
    from django.core.files import File

    from sharedlives.foundation import pictures, renditions
    from sharedlives.foundation.models import Picture

    settings.MEDIA_ROOT = tempfile.mkdtemp()
    picture = Picture()
    with path.open("rb") as file:
        pictures.take_file(picture, File(file))
    before, started, used = peak(), time.perf_counter(), time.process_time()
    renditions.make_missing(picture)
    files = [file for file in Path(settings.MEDIA_ROOT, "renditions").rglob("*.*")]
    by_format = {kind: sum(f.stat().st_size for f in files if f.suffix == kind) // 1000 for kind in (".avif", ".jpg")}
    print(
        f"{time.perf_counter() - started:6.2f} s ({time.process_time() - used:.2f} s of processor) "
        f"{before:5.0f} -> {peak():5.0f} MB  {len(files)} files, kB: {by_format}"
    )


def measure(what, name, data):
    with tempfile.NamedTemporaryFile() as file:
        file.write(data)
        file.flush()
        line = subprocess.run(
            [sys.executable, "-m", "benchmarks.pictures", what, file.name], capture_output=True, text=True
        )
    print(f"{name:32} {len(data) / 1e6:6.2f} MB {line.stdout.strip() or line.stderr[-300:]}")


def main():
    for name, data in bombs():
        measure("take_in", name, data)
    print(f"\n{LARGE[0]} x {LARGE[1]}")
    for name, data in large_ones():
        measure("take_in", name, data)
    print("\nAll renditions, by the job")
    measure("render", "JPEG, 2560 x 1707", encoded(scene((2560, 1707)), "JPEG", quality=90))


if __name__ == "__main__":
    if len(sys.argv) == 3:
        {"take_in": take_in, "render": render}[sys.argv[1]](Path(sys.argv[2]))
    else:
        main()
