"""How long the worst text takes that rich text accepts, beside an ordinary post.

    SECRET_KEY=x DATABASE_URL=postgres:///unused python -m benchmarks.clean_rich_text

The patterns are the slowest that a search through some thousand combinations of elements found.
"""

import os
import time

os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"

import django

django.setup()

from sharedlives.foundation import richtext

ORDINARY = "<p>" + "</p><p>".join(["A good life is more than being put back together. " * 10] * 14) + "</p>"
WORST = [
    ('<table><a href="/x"><br><a href="/&&&&&&">', ""),
    ('<br><a href="/&&&&&&"></p><table>', "<b><i>" * 10),
    ('<br>w<a href="/&&&&&&">', ""),
    ('w<table>w<aside><blockquote><hr data-fold="">', ""),
    ('<br><figure></figure><a href="/&&&&&&"></small>', "<p>x<small>"),
    ("<blockquote><p>x</p></blockquote>", "<table>"),
    ("&lt;", ""),
]


def main():
    ordinary = seconds_to_clean(ORDINARY)
    print(f"an ordinary post of {len(ORDINARY):,} characters: {ordinary:.3f} s")
    for unit, before in WORST:
        text = filled(unit, before)
        seconds = seconds_to_clean(text)
        print(
            f"{len(text):,} characters of {unit!r}: {seconds:.2f} s, {seconds / ordinary:.0f} times the ordinary post"
        )


def filled(unit, before):
    """As much of `unit` as is accepted at all: within the limits as it is and as the first parser repeats it."""
    low, high = 0, richtext.LONGEST // len(unit)
    while high - low > max(1, high // 10):
        middle = (low + high) // 2
        try:
            richtext.clean.__wrapped__(before + unit * middle)
        except richtext.Refused:
            high = middle
        else:
            low = middle
    return before + unit * low


def seconds_to_clean(text):
    return min(_once(text) for _ in range(3))


def _once(text):
    began = time.process_time()
    richtext.clean.__wrapped__(text)
    return time.process_time() - began


if __name__ == "__main__":
    main()
