"""Pictures as HTML."""

from __future__ import annotations

from django.templatetags.static import static
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from . import renditions
from .models import Picture

COLUMN = "(min-width: 42rem) 40rem, 100vw"
PANEL = "icons/picture-gone.svg"
NOTHING = SafeString("")
GONE = "This picture is no longer shown."


def address(picture: Picture, shape: str = "whole", width: int = 960, format: str = "jpg") -> str:
    """The address of the rendition that fits `width` best; until all are made, of the one JPEG that is there."""
    fits = [size[0] for size in renditions.sizes(picture, shape) if size[0] <= width]
    best = max(fits, default=renditions.sizes(picture, shape)[0][0])
    if not picture.has_renditions:
        best, format = renditions.fallback_size(picture, shape)[0], "jpg"
    return _address(picture, shape, best, format)


def _address(picture: Picture, shape: str, width: int, format: str) -> str:
    return reverse("rendition", args=[renditions.name(picture, shape, width, format)])


def thumb(picture: Picture, width: int = 480) -> str:
    """The address of a small JPEG for the desk; a grey panel's where consent is over."""
    return address(picture, width=width) if picture.may_be_shown() else static(PANEL)


def picture_element(
    picture: Picture | None, *, shape: str = "whole", sizes: str = COLUMN, is_lazy: bool = True
) -> SafeString:
    """`<picture>` with AVIF and JPEG in every width; a plain `<img>` until they are made; words on grey where consent
    is over; nothing without a picture. `shape` is "whole", "wide" (3:2) or "square"; `sizes` as in HTML."""
    if not picture:
        return NOTHING
    width, height = renditions.fallback_size(picture, shape)
    if not picture.may_be_shown():
        return format_html(
            '<span class="picture-gone"><img src="{}" width="{}" height="{}" alt=""><span>{}</span></span>',
            static(PANEL),
            width,
            height,
            GONE,
        )
    source = format_html('src="{}" width="{}" height="{}"', _address(picture, shape, width, "jpg"), width, height)
    loading = SafeString('loading="lazy"' if is_lazy else 'fetchpriority="high"')
    if not picture.has_renditions:
        return format_html('<img {} alt="{}" {}>', source, picture.alt, loading)
    return format_html(
        '<picture><source type="image/avif" srcset="{}" sizes="{}">'
        '<img {} srcset="{}" sizes="{}" alt="{}" {}></picture>',
        _srcset(picture, shape, "avif"),
        sizes,
        source,
        _srcset(picture, shape, "jpg"),
        sizes,
        picture.alt,
        loading,
    )


def _srcset(picture: Picture, shape: str, format: str) -> str:
    widths = [width for width, _height in renditions.sizes(picture, shape)]
    return ", ".join(f"{_address(picture, shape, width, format)} {width}w" for width in widths)


def figure(picture: Picture | None, *, shape: str = "whole", sizes: str = COLUMN, is_lazy: bool = True) -> SafeString:
    """The picture with caption and credit below. Where consent is over they go too: they may name who is in it."""
    if not picture:
        return NOTHING
    element = picture_element(picture, shape=shape, sizes=sizes, is_lazy=is_lazy)
    return format_html('<figure class="figure">{}{}</figure>', element, _caption(picture))


def _caption(picture: Picture) -> SafeString:
    if not picture.may_be_shown() or not (picture.caption or picture.credit):
        return NOTHING
    credit = format_html('<small class="figure__credit">{}</small>', picture.credit) if picture.credit else NOTHING
    space = " " if picture.caption and picture.credit else ""
    return format_html("<figcaption>{}{}{}</figcaption>", picture.caption, space, credit)
