"""An export is read in a stream; a broken or hostile one is refused whole, with the line."""

import io
import socket

import pytest

from blog.models import Post
from sharedlives.foundation.models import Redirect
from sharedlives.site.models import ImportRun
from sharedlives.site.wordpress import reading

from .exports import BLOG, author, cdata, export, move, post

pytestmark = pytest.mark.django_db


def read(content):
    return reading.read(io.BytesIO(content))


def refused(content):
    with pytest.raises(reading.Broken) as refusal:
        move(content)
    assert not Post.objects.exists()
    assert not Redirect.objects.exists()
    assert not ImportRun.objects.exists()
    return str(refusal.value)


BOMB = """<!DOCTYPE rss [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]>
"""


def test_an_entity_bomb_is_refused_before_it_grows():
    bomb = export(post(body="Words.")).replace(b'encoding="UTF-8" ?>\n', b'encoding="UTF-8" ?>\n' + BOMB.encode())

    assert refused(bomb).startswith("Line 2: the file declares a document type")


@pytest.mark.parametrize(
    "doctype",
    [
        '<!DOCTYPE rss SYSTEM "file:///etc/passwd">',
        '<!DOCTYPE rss [<!ENTITY x SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE rss [<!ENTITY % x SYSTEM "http://127.0.0.1:9/x.dtd"> %x;]>',
        "<!DOCTYPE html>",
    ],
)
def test_other_files_and_the_network_are_never_read(doctype, monkeypatch):
    monkeypatch.setattr(socket, "create_connection", lambda *_: pytest.fail("the network was asked"))

    assert "document type" in refused(export(post(title="A"), prolog=doctype))


@pytest.mark.parametrize("encoding", ["UTF-8", "ISO-8859-1", "windows-1252", "UTF-16"])
def test_encodings(encoding):
    move(export(post(title="Zoë’s café" if encoding != "ISO-8859-1" else "Zoë's café"), encoding=encoding))

    assert Post.objects.get().title.endswith("s café")


def test_an_encoding_that_does_not_fit_is_refused_with_the_line():
    content = export(post(title="Zoë")).replace("Zoë".encode(), "Zoë".encode("latin-1"))

    line = content[: content.index(b"Zo\xeb")].count(b"\n") + 1
    assert refused(content).startswith(f"Line {line}: this is no XML")


def test_an_encoding_that_nobody_knows_is_refused():
    assert "Line 1" in refused(export(post()).replace(b"UTF-8", b"X-KLINGON"))


@pytest.mark.parametrize("cut", [0.3, 0.6, 0.95])
def test_a_file_cut_in_the_middle_is_refused_with_the_line(cut):
    content = export(*[post(number, f"Post {number}", "Words\n\nand words") for number in range(1, 20)])
    content = content[: int(len(content) * cut)]

    said = refused(content)

    assert said.startswith("Line ")
    assert int(said[5:].split(":")[0].replace(",", "")) <= len(content.split(b"\n"))
    assert "Export it again" in said or "Export it or copy it again" in said


def test_what_is_no_export_is_refused():
    assert refused(b"") == "Line 1: the file ends, in the middle (no element found). Export it or copy it again."
    assert "begins with" in refused(b"<html><body>Sign in</body></html>")
    assert "no export of WordPress" in refused(b"<rss><channel><item><title>A feed</title></item></channel></rss>")
    assert "this is no XML" in refused(b"PK\x03\x04 a zip file")


def test_characters_that_xml_forbids_are_left_out_and_told():
    content = (
        export(post(title="AxB", body="oneytwo"))
        .replace(b"AxB", b"A\x0bB")
        .replace(b"oney", b"one\x00\xef\xbf\xbe\x1f")
    )

    report = move(content)

    assert Post.objects.get().title == "AB"
    assert Post.objects.get().body == "<p>onetwo</p>"
    assert report.notes[0].said == "4 characters that no XML may hold were left out of the file."


def test_such_a_character_is_found_where_two_pieces_of_the_file_meet(monkeypatch):
    monkeypatch.setattr(reading, "CHUNK", 7)
    content = export(post(body="a\uffffb é 😀 \ud800c".encode("utf-8", "surrogatepass").decode("utf-8", "replace")))
    content = content.replace("\ufffd".encode(), b"").replace(b"b \xc3", b"b\xed\xa0\x80 \xc3")

    move(content)

    assert Post.objects.get().body == "<p>ab é 😀 c</p>"


def test_the_end_of_cdata_inside_a_text_that_the_export_took_apart():
    move(post(body="if (a[b[0]]> 1)", title="About ]]> and &"))

    assert Post.objects.get().body == "<p>if (a[b[0]]&gt; 1)</p>"
    assert Post.objects.get().title == "About ]]> and &"


@pytest.mark.parametrize("reference", ["&#0;", "&#11;", "&#xFFFE;", "&#xD800;", "&nosuch;"])
def test_references_to_what_xml_forbids_are_refused_with_the_line(reference):
    content = export(post(title="MARK")).replace(b"<![CDATA[MARK]]>", f"A {reference}".encode())

    assert refused(content).startswith("Line 4: this is no XML")


@pytest.mark.parametrize("rest", [" and <b>more</b>", " & more", " and more"])
def test_the_end_of_cdata_inside_a_text_that_it_did_not_take_apart(rest):
    content = export(post(body="MARK")).replace(b"MARK", f"Text ]]>{rest}".encode())

    assert refused(content).startswith("Line 4: ")


def test_a_post_of_ten_megabytes_is_a_loss_and_the_others_come():
    report = move(post(1, "Long", "word " * 2_000_000), post(2, "Short"))

    assert [p.title for p in Post.objects.all()] == ["Short"]
    assert report.counts["posts"] == {"not taken": 1, "new": 1}
    assert "The whole post did not come. This text is too long" in report.losses[0].said
    assert report.losses[0].source.line > 0


@pytest.mark.parametrize("body", ["<b>" * 9_000, "<div>" * 5_000, "[a]" * 40_000, "<!--" * 50_000, "x<" * 90_000])
def test_a_body_that_is_hard_to_read_is_a_loss_and_quickly_so(body):
    move(post(1, "Tangled", body), post(2, "Short"))

    assert Post.objects.filter(title="Short").exists()


@pytest.mark.parametrize("version", ["1.0", "1.1", "1.2"])
def test_all_versions_of_the_format(version):
    move(post(title="Old"), version=version)

    assert Post.objects.get().title == "Old"


def test_comments_of_rss_and_of_wordpress_are_told_apart():
    more = (
        f"<comments>{BLOG}/a/#comments</comments><wp:comment><wp:comment_id>7</wp:comment_id><wp:comment_content>"
        f"{cdata('Well said')}</wp:comment_content><wp:commentmeta><wp:meta_key>x</wp:meta_key></wp:commentmeta>"
        "</wp:comment><wp:comment><wp:comment_id>8</wp:comment_id></wp:comment>"
    )

    report = move(post(body="The text.", more=more))

    assert Post.objects.get().body == "<p>The text.</p>"
    assert report.as_json()["skipped"][0]["what"] == "comments"
    assert report.as_json()["skipped"][0]["count"] == 2
    assert report.exit_code == 3


def test_nobodys_mail_address_or_password_is_kept():
    content = export(
        post(more="<wp:post_password>opensesame</wp:post_password>", meta=[("cap-user_email", "guest@example.org")]),
        head=author(email="chief@example.org"),
    )

    with read(content) as found:
        kept = repr(found) + "".join(map(repr, found.items("text")))

    assert "opensesame" not in kept
    assert "@example.org" not in kept


def test_an_export_needs_little_memory():
    import tracemalloc

    content = export(*[post(number, f"Post {number}", "word " * 4_000) for number in range(1, 301)])
    file = io.BytesIO(content)
    tracemalloc.start()
    with reading.read(file):
        peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert len(content) > 6_000_000
    assert peak < 3_000_000
