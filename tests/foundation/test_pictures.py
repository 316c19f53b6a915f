"""What people do with pictures: taking one in, another file, another focal point, deleting; and what jobs tidy."""

import errno
import os
import time
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import IntegrityError, transaction
from django.utils import timezone
from PIL import Image
from procrastinate.contrib.django.models import ProcrastinateJob

from sharedlives.foundation import jobs, pictures, renditions, storage
from sharedlives.foundation.models import OutgoingMail, Picture
from tests.bombs import BOMBS
from tests.factories import (
    create_author,
    create_charity,
    create_page,
    create_picture,
    create_post,
    create_user,
    picture_file,
)

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


@pytest.fixture
def media(settings):
    return Path(settings.MEDIA_ROOT)


def add(file=None, *, by=None, name="", alt="A kitchen table", **facts):
    return pictures.add(file or picture_file(), by=by, name=name, alt=alt, **facts)


def files(media):
    return {str(path.relative_to(media)) for path in media.rglob("*") if path.is_file()}


def files_of(picture):
    return {path for path in renditions.files(picture) if default_storage.exists(path)}


def run_jobs():
    """What a worker does with the pictures asked for."""
    for job in ProcrastinateJob.objects.filter(task_name__endswith="make_renditions").order_by("pk"):
        jobs.make_renditions(**job.args)


def grow_old(path):
    old = time.time() - 2 * 24 * 60 * 60
    os.utime(default_storage.path(path), (old, old))


# Taking one in


def test_something_to_show_is_there_at_once_and_the_rest_is_asked_for(media):
    ann = create_user()

    picture = pictures.add(picture_file(size=(3000, 2000)), by=ann, alt="A table", caption="At home", focal_x=20)

    picture.refresh_from_db()
    assert (picture.width, picture.height, picture.format) == (2560, 1707, "jpeg")
    assert (picture.uploaded_by, picture.alt, picture.caption, picture.focal_x) == (ann, "A table", "At home", 20)
    assert not picture.has_renditions
    key = picture.key
    assert files(media) == {
        f"masters/{key[:2]}/{key}.jpeg",
        f"renditions/{key[:2]}/{key}-960.jpg",
        f"renditions/{key[:2]}/{key}-w960.jpg",
        f"renditions/{key[:2]}/{key}-s960.jpg",
    }
    assert [job.args for job in ProcrastinateJob.objects.all()] == [{"picture_id": picture.pk, "key": key}]


def test_the_job_makes_every_size_in_both_formats(media):
    picture = add(picture_file(size=(3000, 2000)))

    run_jobs()

    picture.refresh_from_db()
    assert picture.has_renditions
    expected = {
        (f"{letter}{width}", format)
        for letter in ("", "w", "s")
        for width in (480, 960, 1600)
        for format in ("jpg", "avif")
    }
    found = {(path.stem.split("-")[1], path.suffix[1:]) for path in media.glob("renditions/*/*")}
    assert found == expected
    for path in media.glob("renditions/*/*"):
        with Image.open(path) as image:
            shape, width = path.stem.split("-")[1].strip("0123456789"), image.width
            assert path.stem.endswith(str(width))
            assert image.height == {"": round(width * 1707 / 2560), "w": round(width * 1707 / 2560), "s": width}[shape]
            assert image.format == {".jpg": "JPEG", ".avif": "AVIF"}[path.suffix]
            assert not {"exif", "icc_profile", "xmp", "comment"} & image.info.keys()


def test_the_job_may_run_twice_and_after_its_picture_has_changed_or_gone(media):
    picture = add()
    run_jobs()
    before = {path: path.stat().st_mtime_ns for path in media.rglob("*.*")}

    run_jobs()
    jobs.make_renditions(picture.pk, "0" * 32)
    jobs.make_renditions(0, picture.key)

    assert {path: path.stat().st_mtime_ns for path in media.rglob("*.*")} == before


def test_what_a_killed_worker_left_half_done_is_completed(media):
    picture = add()
    run_jobs()
    Picture.objects.update(has_renditions=False)
    (lost,) = media.glob("renditions/*/*-s480.avif")
    lost.unlink()

    run_jobs()

    assert lost.exists()
    picture.refresh_from_db()
    assert picture.has_renditions


@pytest.mark.parametrize(
    ("size", "widths"),
    [((300, 200), {300}), ((480, 100), {480}), ((1200, 800), {480, 960, 1200}), ((2560, 1), {480, 960, 1600})],
)
def test_no_rendition_is_larger_than_the_picture(media, size, widths):
    add(picture_file(size=size, format="PNG"))

    run_jobs()

    assert {int(path.stem.split("-")[1]) for path in media.glob("renditions/*/*-[0-9]*.avif")} == widths
    for path in media.glob("renditions/*/*"):
        with Image.open(path) as image:
            assert image.width <= size[0]
            assert image.height <= size[1]


def test_a_cut_keeps_the_focal_point(media):
    image = Image.new("RGB", (3000, 1000), "white")
    image.paste("red", (2700, 0, 3000, 1000))
    file = picture_file()
    file.file.seek(0)
    file.file.truncate()
    image.save(file.file, "PNG")
    file.size = file.file.tell()

    picture = add(file, focal_x=95)

    with Image.open(default_storage.path(f"renditions/{renditions.name(picture, 'square', 853, 'jpg')}")) as square:
        assert square.getpixel((840, 400))[1] < 60
        assert square.getpixel((10, 400))[1] > 200


def test_what_shines_through_stands_on_white(media):
    picture = add(picture_file(format="PNG", mode="RGBA", colour=(0, 0, 0, 0)))
    run_jobs()

    assert picture.format == "png"
    for path in media.glob("renditions/*/*"):
        with Image.open(path) as image:
            assert min(image.convert("RGB").getpixel((5, 5))) > 250


@pytest.mark.parametrize("kind", BOMBS)
def test_of_what_is_refused_nothing_stays(media, kind):
    picture = add()
    before, key = files(media), picture.key

    for do in (lambda file: pictures.add(file, by=None), lambda file: pictures.replace_file(picture, file)):
        with pytest.raises(pictures.Refused):
            do(ContentFile(BOMBS[kind](), "a.jpg"))

    picture.refresh_from_db()
    assert (Picture.objects.count(), picture.key, files(media)) == (1, key, before)


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("kitchen table.jpg", "kitchen table"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\ann\\holiday.jpg", "holiday"),
        ("a" * 255 + ".jpg", "a" * 150),
        ("photo\u202egpj.exe.jpg", "photo gpj.exe"),
        ('a"b<c>.php.jpg', 'a"b<c>.php'),
        ("a\x00b\x1bc\nd.jpg", "ab c d"),
        (".jpg", ".jpg"),
        ("...", "..."),
        ("", "Picture"),
        ("\u200b.jpg", "Picture"),
        ("Grüße 🏡.png", "Grüße 🏡"),
    ],
)
def test_of_a_file_name_only_what_can_be_read_is_kept(media, name, kept):
    picture = add(name=name or "\u200b")

    assert Picture.objects.get().name == kept
    assert all(picture.key in path for path in files(media))


def test_a_name_in_the_upload_itself_goes_nowhere(media):
    add(ContentFile(picture_file().read(), "../../evil.php"))

    assert Picture.objects.get().name == "evil"
    assert not [path for path in files(media) if "evil" in path]


@pytest.mark.parametrize("error", [errno.ENOSPC, errno.EROFS])
def test_a_full_or_locked_disk_is_told_in_words_and_leaves_no_half_file(media, monkeypatch, caplog, error):
    picture = add()
    before = files(media)
    writes = []

    def fails_at_the_third(part, name):
        writes.append(name)
        if len(writes) == 3:
            raise OSError(error, os.strerror(error))
        return real(part, name)

    real = os.replace
    monkeypatch.setattr(storage.os, "replace", fails_at_the_third)

    with pytest.raises(pictures.Refused, match="no room for it"):
        pictures.replace_file(picture, picture_file(colour="red"))

    assert "could not be written" in caplog.text
    picture.refresh_from_db()
    assert files_of(picture) <= before
    assert files(media) == before


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
def test_a_file_is_there_whole_or_not_at_all(media, monkeypatch):
    """A disk that is full only once bytes are written: /dev/full takes the part file's place."""
    real = os.open

    def open_full(path, flags, *more):
        return real("/dev/full", os.O_WRONLY) if str(path).endswith(".part") else real(path, flags, *more)

    monkeypatch.setattr(storage.os, "open", open_full)

    with pytest.raises(pictures.Refused):
        add()

    assert files(media) == set()
    assert not Picture.objects.exists()


def test_the_row_that_is_not_written_asks_for_nothing(media):
    with pytest.raises(IntegrityError), transaction.atomic():
        add(is_decorative=True)

    assert not ProcrastinateJob.objects.exists()


def test_any_storage_of_django_will_do(settings):
    settings.STORAGES = settings.STORAGES | {"default": {"BACKEND": "django.core.files.storage.InMemoryStorage"}}
    picture = add()
    run_jobs()
    picture.refresh_from_db()
    assert files_of(picture) == set(renditions.files(picture))

    pictures.refocus(picture, 10, 10)
    jobs.tidy_pictures(0)
    renditions.remove(renditions.files(picture))

    assert files_of(picture) == set()


# Another file, another focal point


def test_another_file_takes_the_place_of_the_old_one_under_a_new_key(media):
    picture = add(picture_file(size=(1200, 800)))
    run_jobs()
    picture.refresh_from_db()
    old = picture.key

    pictures.replace_file(picture, picture_file(size=(600, 900)))

    picture.refresh_from_db()
    assert (picture.width, picture.height, picture.has_renditions) == (600, 900, False)
    assert picture.key != old
    assert files_of(picture)


def test_another_focal_point_gives_a_new_key_and_the_same_picture(media):
    picture = add()
    old = picture.key

    pictures.refocus(picture, 10, 90)

    picture.refresh_from_db()
    assert (picture.focal_x, picture.focal_y, picture.width) == (10, 90, 1200)
    assert picture.key != old
    run_jobs()
    assert files_of(picture) == set(renditions.files(picture))


def test_a_picture_whose_file_is_lost_cannot_be_cut_and_says_so():
    picture = create_picture()

    with pytest.raises(pictures.Refused, match="Choose it again"):
        pictures.refocus(picture, 10, 90)


# Deleting


def test_deleting_removes_the_files_once_it_is_certain(media, django_capture_on_commit_callbacks):
    picture = add()
    other = add()
    run_jobs()
    picture.refresh_from_db()

    with django_capture_on_commit_callbacks(execute=True) as callbacks:
        pictures.delete(picture)
        assert files(media) > set(renditions.files(other))

    assert callbacks
    assert files(media) == set(renditions.files(other))


def test_a_picture_in_use_stays_and_says_where():
    lead, portrait, text, page = (create_picture(name=name) for name in "abcd")
    create_author(portrait=portrait)
    create_post(
        title="A post", lead_picture=lead, body=f'<p>Words</p><figure data-picture="{text.pk}"></figure>'
    ).pictures.set([text])
    create_page(title="A page").pictures.set([page])

    for picture, place in ((lead, "A post"), (portrait, "Anna Merrow"), (text, "A post"), (page, "A page")):
        assert [str(use) for use in picture.uses()] == [place]
        with pytest.raises(pictures.Refused, match=f'used in "{place}"'):
            pictures.delete(picture)
    assert Picture.objects.count() == 4


def test_used_and_unused_agree_with_uses():
    used, unused = create_picture(), create_picture()
    create_post(lead_picture=used).pictures.set([used])

    assert [str(use) for use in used.uses()] == ["A room and a half"]
    assert unused.uses() == []
    assert list(Picture.objects.used()) == [used]
    assert list(Picture.objects.unused()) == [unused]


# What jobs tidy


def test_files_of_no_picture_are_removed_after_a_day(media):
    picture = add()
    run_jobs()
    old = picture.key
    pictures.refocus(picture, 10, 10)
    default_storage.save("renditions/ab/notes.txt", ContentFile(b"?"))
    for path in files(media):
        grow_old(path)
    young = default_storage.save(f"masters/ab/{'ab' * 16}.jpeg", ContentFile(b"its row is about to come"))
    part = f"masters/{picture.key[:2]}/{picture.key}.jpeg.1234abcd.part"
    default_storage.save(part, ContentFile(b"half"))
    grow_old(part)

    jobs.tidy_pictures(0)

    assert not [path for path in files(media) if old in path]
    assert files(media) == {young, *files_of(picture)}


def test_one_file_that_cannot_be_removed_does_not_keep_the_others(media, monkeypatch, caplog):
    for key in ("aa" * 16, "bb" * 16, "cc" * 16):
        path = default_storage.save(f"masters/{key[:2]}/{key}.jpeg", ContentFile(b"old"))
        grow_old(path)
    real = os.remove

    def refuses_one(path, *more):
        if "bb" * 16 in str(path):
            raise PermissionError(path)
        return real(path, *more)

    monkeypatch.setattr(os, "remove", refuses_one)

    jobs.tidy_pictures(0)

    assert files(media) == {f"masters/bb/{'bb' * 16}.jpeg"}
    assert "bb" * 16 in caplog.text


def test_renditions_whose_job_was_lost_are_asked_for_again():
    picture = add()
    before = ProcrastinateJob.objects.count()

    jobs.tidy_pictures(0)

    assert ProcrastinateJob.objects.count() == before + 1
    run_jobs()
    picture.refresh_from_db()
    assert picture.has_renditions


# Consent


def test_a_picture_may_be_shown_until_the_last_day():
    today = timezone.localdate()
    rows = {days: create_picture(consent_until=today + days * DAY) for days in (-1, 0, 1)}
    rows[None] = create_picture()

    shown = {days for days, row in rows.items() if row.may_be_shown()}

    assert shown == {0, 1, None}
    assert {row.pk for row in Picture.objects.consented()} == {rows[days].pk for days in shown}
    assert set(Picture.objects.consent_over()) == {rows[-1]}


def test_public_files_go_when_consent_is_over_and_come_back_when_it_is_given_again(media):
    picture = add(consent_until=timezone.localdate() - DAY)
    run_jobs()

    jobs.tidy_pictures(0)

    picture.refresh_from_db()
    assert files_of(picture) == {renditions.copy_name(picture)}
    assert not picture.has_renditions

    picture.consent_until = None
    pictures.recut(picture)
    pictures.save(picture)
    run_jobs()

    assert files_of(picture) == set(renditions.files(picture))


def test_taking_consent_back_removes_the_public_files_at_once(media, django_capture_on_commit_callbacks):
    picture = add()
    run_jobs()
    picture.refresh_from_db()

    with django_capture_on_commit_callbacks(execute=True):
        picture.consent_until = timezone.localdate() - DAY
        pictures.save(picture)
    run_jobs()

    assert files(media) == {renditions.copy_name(picture)}


def test_staff_are_told_once_a_month_before_and_once_when_it_is_over():
    create_charity(email="office@example.org")
    today = timezone.localdate()
    ann = create_user(email="ann@example.org")
    picture = create_picture(name="The choir", uploaded_by=ann, consent_until=today + 31 * DAY, pictured="Bob Secret")
    create_post(title="Singing", lead_picture=picture)

    def told():
        before = set(OutgoingMail.objects.values_list("pk", flat=True))
        jobs.tell_about_consent(0)
        jobs.tell_about_consent(0)
        return sorted((mail.recipient, mail.subject) for mail in OutgoingMail.objects.exclude(pk__in=before))

    assert told() == []
    Picture.objects.update(consent_until=today + 30 * DAY)
    soon = "Pictures that will soon not be shown any more"
    assert told() == [("ann@example.org", soon), ("office@example.org", soon)]
    Picture.objects.update(consent_until=today - DAY)
    over = "Pictures that are no longer shown"
    assert told() == [("ann@example.org", over), ("office@example.org", over)]
    for mail in OutgoingMail.objects.all():
        for half in (mail.text, mail.html):
            assert "The choir" in half
            assert "Singing" in half
            assert f"/admin/foundation/picture/{picture.pk}/change/" in half
            assert "Bob Secret" not in half

    # A new day, a new warning.
    Picture.objects.update(consent_until=today + 10 * DAY)
    assert len(told()) == 2


def test_one_mail_tells_of_all_pictures_and_nobody_is_told_who_left():
    create_charity(email="office@example.org")
    gone = create_user(is_active=False)
    for days in (-5, 3, 4):
        create_picture(uploaded_by=gone, name=f"In {days}", consent_until=timezone.localdate() + days * DAY)

    jobs.tell_about_consent(0)

    mail = OutgoingMail.objects.get()
    assert mail.recipient == "office@example.org"
    assert mail.subject == "Pictures that are no longer shown"
    assert all(f"In {days}" in mail.text for days in (-5, 3, 4))
