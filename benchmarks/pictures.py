"""How long and how much memory it takes to take a picture in, or to refuse a bomb: `python -m benchmarks.pictures`.

Each file goes through a process of its own. Without an argument: makes the files and measures each. "Before" is what
the process holds with Django loaded, before it sees the file.
"""

import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"

import django
from PIL import Image

from tests.bombs import BOMBS, encoded, png_of_nothing, scene

LARGE = (7744, 5164)  # 39,990,016 pixels
LARGE_FOR_ITS_KIND = (4690, 3518)  # 16,499,420 pixels


def large_ones():
    image = scene(LARGE)
    yield "JPEG", encoded(image, "JPEG", quality=80)
    yield "JPEG, progressive 4:4:4", encoded(image, "JPEG", quality=75, progressive=True, subsampling=0)
    yield "WebP", encoded(scene(LARGE_FOR_ITS_KIND), "WEBP", quality=70, method=0)
    yield "AVIF", encoded(scene(LARGE_FOR_ITS_KIND), "AVIF", quality=60, speed=10)
    yield "PNG", encoded(image.quantize(8, method=Image.Quantize.FASTOCTREE).convert("RGB"), "PNG", compress_level=6)
    yield "PNG, palette", encoded(image.quantize(8, method=Image.Quantize.FASTOCTREE), "PNG", compress_level=6)
    del image
    image = Image.new("RGBA", LARGE, (200, 100, 50, 120))
    yield "PNG of one bit", png_of_nothing(*LARGE)
    yield "PNG, see-through", encoded(image, "PNG")
    image = Image.new("RGBA", LARGE_FOR_ITS_KIND, (200, 100, 50, 120))
    yield "WebP, see-through", encoded(image, "WEBP", lossless=True, method=0)


def peak():
    return int(re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())[1]) / 1024


def take_in(path):
    """Prints what came of it, seconds, memory before, and the peak."""
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
    files = list(Path(settings.MEDIA_ROOT, "renditions").rglob("*.*"))
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
    print(f"{name:38} {len(data) / 1e6:6.2f} MB {line.stdout.strip() or line.stderr[-300:]}")


def main():
    for name, make in BOMBS.items():
        measure("take_in", name, make())
    print(f"\n{LARGE[0]} x {LARGE[1]}; WebP and AVIF {LARGE_FOR_ITS_KIND[0]} x {LARGE_FOR_ITS_KIND[1]}")
    for name, data in large_ones():
        measure("take_in", name, data)
    print("\nAll renditions, by the job")
    measure("render", "JPEG, 2560 x 1707", encoded(scene((2560, 1707)), "JPEG", quality=90))


if __name__ == "__main__":
    if len(sys.argv) == 3:
        {"take_in": take_in, "render": render}[sys.argv[1]](Path(sys.argv[2]))
    else:
        main()
