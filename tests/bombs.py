"""Files that claim to be pictures and are made to hurt whoever opens them."""

import functools
import io
import random
import struct
import zlib

from PIL import Image


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


def png_of_nothing(width, height):
    """One bit for each pixel, all the same: as small as a file gets."""
    packer, line = zlib.compressobj(9), bytes(1 + (width + 7) // 8)
    body = b"".join([*(packer.compress(line) for _ in range(height)), packer.flush()])
    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


def scene(size=(600, 400)):
    """Soft shapes, as photographs have."""
    small = max(2, size[0] // 64), max(2, size[1] // 64)
    bands = [Image.effect_noise(small, 90).resize(size, Image.Resampling.BICUBIC) for _ in "RGB"]
    return Image.merge("RGB", bands)


@functools.cache
def photograph(format):
    return encoded(scene(), format)


def noise(size):
    return random.Random(1).randbytes(size)


def packed(megabytes):
    return zlib.compress(bytes(megabytes * 1_000_000), 9)


# Each to be refused. (JPEG has no checksums: one noise in fifty reads as a picture of noise, in lossy WebP nearly all.)
BOMBS = {
    "PNG of 30000 x 30000": lambda: png_of_nothing(30000, 30000),
    "PNG of 40 million pixels and one line": lambda: png_of_nothing(6325, 6325),
    "zTXt of 80 MB": lambda: png_with(b"zTXt", b"Comment\0\0" + packed(80)),
    "iTXt of 80 MB": lambda: png_with(b"iTXt", b"XML:com.adobe.xmp\0\1\0\0\0" + packed(80)),
    "iCCP of 50 MB": lambda: png_with(b"iCCP", b"profile\0\0" + packed(50)),
    "half a JPEG": lambda: photograph("JPEG")[:6000],
    "JPEG without its last 100 bytes": lambda: photograph("JPEG")[:-100],
    "half a PNG": lambda: photograph("PNG")[:40_000],
    "noise after the header of a JPEG": lambda: photograph("JPEG")[:623] + noise(20_000),
    "noise after the header of a PNG": lambda: photograph("PNG")[:60] + noise(100_000),
    "nothing at all": lambda: b"",
    "9 MB": lambda: photograph("JPEG") + bytes(9_000_000),
}
