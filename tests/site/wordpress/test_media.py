"""Pictures of the old blog: from a folder first, from the network only when asked, and never from within a network."""

import socket
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from io import BytesIO
from pathlib import Path

import pytest
from django.conf import settings
from PIL import Image

from blog.models import Author, Post
from sharedlives.foundation import redirects
from sharedlives.foundation.models import Picture
from sharedlives.site.wordpress import media, texts
from sharedlives.site.wordpress.media import Missing, Network

from .exports import BLOG, attachment, move, post, said

pytestmark = pytest.mark.django_db
UPLOADS = f"{BLOG}/wp-content/uploads/2019/10"


def jpeg(colour="red", size=(60, 40)):
    buffer = BytesIO()
    Image.new("RGB", size, colour).save(buffer, "JPEG")
    return buffer.getvalue()


@pytest.fixture
def folder(tmp_path):
    """A copy of wp-content/uploads with one picture."""
    inner = tmp_path / "uploads" / "2019" / "10"
    inner.mkdir(parents=True)
    (inner / "table.jpg").write_bytes(jpeg())
    return tmp_path / "uploads"


def files_written():
    return [path for path in Path(settings.MEDIA_ROOT).rglob("*") if path.is_file()]


# What becomes of them


def test_a_picture_in_a_text_comes_with_its_description_and_caption(folder):
    body = (
        f'Before\n\n[caption id="attachment_5" width="300"]<a href="{UPLOADS}/table.jpg"><img class="wp-image-5" '
        f'src="{UPLOADS}/table-300x200.jpg" alt="In the text"></a> Our <em>table</em>[/caption]\n\nAfter'
    )

    report = move(post(1, body=body), attachment(5, alt="A table", title="The table"), folder=folder)

    picture = Picture.objects.get()
    assert (picture.alt, picture.caption, picture.name) == ("A table", "Our table", "The table")
    assert (picture.width, picture.height) == (60, 40)
    found = Post.objects.get()
    assert found.body == f'<p>Before</p>\n<figure data-picture="{picture.pk}"></figure>\n<p>After</p>'
    assert list(found.pictures.all()) == [picture]
    assert report.losses == []
    assert files_written()


@pytest.mark.parametrize(
    "image",
    [
        f'<img src="{UPLOADS}/table-1024x683.jpg">',
        f'<img src="{UPLOADS}/table-scaled.jpg">',
        '<img src="/wp-content/uploads/2019/10/table.jpg?w=300">',
        f'<img src="{UPLOADS.replace("https://", "http://www.")}/table.jpg">',
        '<img src="https://i0.wp.com/blog.example.org/wp-content/uploads/2019/10/table.jpg?resize=300">',
        f'<img src="data:image/gif;base64,R0lGOD" data-src="{UPLOADS}/table.jpg">',
        '<!-- wp:image {"id":5} --><figure class="wp-block-image"><img class="wp-image-5"/></figure><!-- /wp:image -->',
        "[gallery ids='5']",
        "[gallery]",
    ],
)
def test_a_picture_is_known_in_every_size_and_by_every_spelling_of_its_address(image, folder):
    report = move(post(1, body=image), attachment(5, alt="A table", parent=1), folder=folder)

    assert Post.objects.get().body == f'<figure data-picture="{Picture.objects.get().pk}"></figure>'
    assert report.losses == []


def test_pictures_stand_between_paragraphs(folder):
    image = f'<img src="{UPLOADS}/table.jpg">'

    move(
        post(1, body=f"{image} one\n\ntwo {image} three\n\n<ul><li>four {image}</li></ul>"),
        attachment(5),
        folder=folder,
    )

    figure = f'<figure data-picture="{Picture.objects.get().pk}"></figure>'
    assert Post.objects.get().body == (
        f"{figure}\n<p>one</p>\n<p>two  three</p>\n{figure}\n<ul><li>four</li></ul>\n{figure}"
    )


def test_a_second_caption_of_one_picture_stays_as_words(folder):
    body = "".join(
        f'<figure><img src="{UPLOADS}/table.jpg"><figcaption>{caption}</figcaption></figure>'
        for caption in ("First", "Second", '<a href="https://elsewhere.example/">Linked</a>')
    )

    move(post(1, body=body), attachment(5), folder=folder)

    picture = Picture.objects.get()
    figure = f'<figure data-picture="{picture.pk}"></figure>'
    assert picture.caption == "First"
    assert Post.objects.get().body == (
        f'{figure}\n{figure}\n<p>Second</p>\n{figure}\n<p><a href="https://elsewhere.example/">Linked</a></p>'
    )


def test_lead_pictures_and_portraits(folder):
    guest = post(8, "Anna Moor", "", kind="guest-author", slug="cap-anna-moor",
                 meta=[("cap-display_name", "Anna Moor"), ("_thumbnail_id", "5")])  # fmt: skip

    move(post(1, meta=[("_thumbnail_id", "5")]), attachment(5), guest, folder=folder)

    assert Post.objects.get().lead_picture == Picture.objects.get()
    assert Author.objects.get().portrait == Picture.objects.get()


def test_a_picture_without_a_description_is_asked_about(folder):
    report = move(post(1), attachment(5), folder=folder)

    assert said(report.questions) == ["table: It has no description. Write one, or say that it is only decoration."]


def test_every_picture_that_did_not_come_is_named_and_comes_later(folder):
    items = [
        post(1, "One", f'Words <img src="{UPLOADS}/table.jpg">', meta=[("_thumbnail_id", "5")]),
        attachment(5, alt="A table"),
    ]

    report = move(*items)

    assert said(report.losses) == [
        "table.jpg: The picture did not come. No folder was given, and fetching was not asked for.",
        "One: Its lead picture did not come. No folder was given, and fetching was not asked for.",
        "One: A picture in the text did not come. No folder was given, and fetching was not asked for.",
    ]
    assert Post.objects.get().body == "<p>Words</p>"

    report = move(*items, folder=folder)

    assert report.losses == []
    assert report.counts["posts"] == {"updated": 1}
    assert Post.objects.get().lead_picture == Picture.objects.get()
    assert "<figure" in Post.objects.get().body


def test_a_second_run_brings_no_picture_twice(folder):
    items = [
        post(1, body=f'<img src="{UPLOADS}/table.jpg" alt="Words"><img src="{UPLOADS}/unlisted.jpg">'),
        attachment(5),
    ]
    (folder / "2019" / "10" / "unlisted.jpg").write_bytes(jpeg("blue"))
    move(*items, folder=folder)
    before = list(Picture.objects.values_list("pk", "key", "alt", "uploaded_at")), Post.objects.get().updated_at

    report = move(*items, folder=folder)

    assert (
        list(Picture.objects.values_list("pk", "key", "alt", "uploaded_at")),
        Post.objects.get().updated_at,
    ) == before
    assert report.counts["pictures"] == {"unchanged": 2}
    assert report.counts["posts"] == {"unchanged": 1}


def test_a_description_written_here_stays(folder):
    items = [post(1, body=f'<img src="{UPLOADS}/table.jpg" alt="Theirs">'), attachment(5)]
    move(*items, folder=folder)
    Picture.objects.update(alt="Ours")

    report = move(*items, folder=folder)

    assert Picture.objects.get().alt == "Ours"
    assert report.counts["pictures"] == {"edited here": 1}


def test_a_trial_reads_the_pictures_and_writes_no_file(folder):
    (folder / "2019" / "10" / "broken.jpg").write_bytes(jpeg()[:100])

    report = move(post(1), attachment(5), attachment(6, "broken.jpg"), folder=folder, is_applied=False)

    assert report.counts["pictures"] == {"new": 1, "not taken": 1}
    assert not Picture.objects.exists()
    assert files_written() == []


def test_files_are_taken_back_when_a_run_stops(folder, monkeypatch):
    def stops(*_):
        assert files_written()
        raise KeyboardInterrupt

    monkeypatch.setattr(texts.Texts, "_store", stops)

    with pytest.raises(KeyboardInterrupt):
        move(post(1), attachment(5), folder=folder)

    assert files_written() == []
    assert not Picture.objects.exists()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("drawing.svg", b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"),
        ("page.jpg", b"<html><script>alert(1)</script></html>"),
        ("empty.jpg", b""),
        ("huge.jpg", b"\xff\xd8" + b"0" * 9_000_000),
    ],
)
def test_what_is_no_picture_is_named(name, content, folder):
    (folder / "2019" / "10" / name).write_bytes(content)

    report = move(post(1), attachment(5, name), folder=folder)

    assert not Picture.objects.exists()
    assert said(report.losses)[0].startswith(f"{name}: The picture did not come.")


def test_other_files_are_named_with_what_links_to_them(folder):
    report = move(
        post(1, "One", f'<a href="{UPLOADS}/leaflet.pdf">leaflet</a> <a href="{UPLOADS}/other.pdf">other</a>'),
        attachment(5, "leaflet.pdf"),
        attachment(6, "sheet.xlsx"),
        folder=folder,
    )

    assert said(report.losses) == [
        "leaflet.pdf: Files that are no pictures do not come. These link to it: One.",
        "sheet.xlsx: Files that are no pictures do not come. No text links to it.",
        "other.pdf: Files that are no pictures do not come. These link to it: One.",
    ]
    assert f'<a href="{UPLOADS}/leaflet.pdf">leaflet</a>' in Post.objects.get().body


def test_a_picture_of_elsewhere_becomes_a_link(folder):
    report = move(post(1, body='<img src="https://elsewhere.example/a.jpg" alt="A hill"> there'), folder=folder)

    assert Post.objects.get().body == '<p><a href="https://elsewhere.example/a.jpg">A hill</a></p>\n<p>there</p>'
    assert "nothing is shown from elsewhere" in report.losses[0].said


def test_the_old_address_of_a_picture_leads_to_it_while_the_public_sees_it(folder):
    move(post(1, body=f'<img src="{UPLOADS}/table.jpg">'), attachment(5), folder=folder)
    old = "/wp-content/uploads/2019/10/table.jpg"

    assert redirects.find(old, host="blog.example.org") == Picture.objects.get().get_absolute_url()

    Post.objects.update(status="draft")
    assert redirects.find(old, host="blog.example.org") is None


# The folder


@pytest.mark.parametrize("shape", [".", "..", "flat", "deep"])
def test_the_folder_may_begin_anywhere(shape, folder, tmp_path):
    if shape == "flat":
        folder = tmp_path / "flat"
        folder.mkdir()
        (folder / "Table.JPG").write_bytes(jpeg())
    elif shape == "deep":
        folder = folder / "2019"

    move(post(1), attachment(5), folder=folder / ".." if shape == ".." else folder)

    assert Picture.objects.count() == 1


def test_another_month_has_another_picture_of_the_same_name(folder):
    with pytest.raises(Missing):
        media.Folder(folder).open(f"{BLOG}/wp-content/uploads/2020/01/table.jpg")


@pytest.mark.parametrize(
    "path",
    [
        "../secret.jpg",
        "2019/10/../../../secret.jpg",
        "/etc/passwd",
        "..%2fsecret.jpg",
        "2019/10/link.jpg",
        "linked/secret.jpg",
        "2019/10/pipe.jpg",
    ],
)
def test_no_path_and_no_link_leads_out_of_the_folder(path, folder, tmp_path):
    import os

    (tmp_path / "private").mkdir()
    (tmp_path / "private" / "secret.jpg").write_bytes(jpeg())
    (tmp_path / "secret.jpg").write_bytes(jpeg())
    (folder / "2019" / "10" / "link.jpg").symlink_to(tmp_path / "secret.jpg")
    (folder / "linked").symlink_to(tmp_path / "private")
    os.mkfifo(folder / "2019" / "10" / "pipe.jpg")

    with pytest.raises(Missing):
        media.Folder(folder).open(f"{BLOG}/wp-content/uploads/{path}")


# The network


@contextmanager
def served(answers):
    """A server that gives `answers` by path: bytes, or an address to redirect to; what it was asked for stands in
    `asked`."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            server.asked.append(self.path)
            answer = answers.get(self.path)
            self.send_response(404 if answer is None else 302 if isinstance(answer, str) else 200)
            if isinstance(answer, str):
                self.send_header("Location", answer)
            self.end_headers()
            if isinstance(answer, bytes):
                self.wfile.write(answer)

        def log_message(self, *_):
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    server.asked = []
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()


def network(server, *hosts, **options):
    """One that may reach the test's server."""
    return Network(
        hosts or ["127.0.0.1"],
        may_connect=lambda address: address == "127.0.0.1",
        ports=[server.server_port],
        **options,
    )


def at(server, path, host="127.0.0.1"):
    return f"http://{host}:{server.server_port}{path}"


def test_a_file_is_fetched():
    with served({"/a%20b.jpg?w=1": jpeg()}) as server:
        assert network(server).open(at(server, "/a b.jpg?w=1")).read() == jpeg()


def test_pictures_are_fetched_only_when_asked(folder):
    with served({"/wp-content/uploads/2019/10/other.jpg": jpeg()}) as server:
        blog = at(server, "")
        item = attachment(5, "other.jpg").replace(BLOG, blog)

        assert move(post(1), item, blog=blog).counts["pictures"] == {"not taken": 1}
        assert server.asked == []

        assert move(post(1), item, blog=blog, folder=folder, fetch=network(server)).counts["pictures"] == {"new": 1}


def test_only_hosts_of_the_list_are_asked():
    with served({"/a.jpg": jpeg()}) as server:
        with pytest.raises(Missing, match="localhost is not among the hosts to fetch from"):
            network(server).open(at(server, "/a.jpg", host="localhost"))
        assert server.asked == []


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]"])
def test_addresses_within_a_network_are_refused_after_looking_them_up(host):
    with served({"/a.jpg": jpeg()}) as server:
        with pytest.raises(Missing, match="private network|did not answer"):
            Network([host.strip("[]")], ports=[server.server_port]).open(at(server, "/a.jpg", host=host))
        assert server.asked == []


def test_a_name_that_leads_to_a_public_and_a_private_address_is_refused(monkeypatch):
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 80)) for address in ("93.184.215.14", "10.0.0.1")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
    monkeypatch.setattr(socket, "create_connection", lambda *_, **__: pytest.fail("it was connected to"))

    with pytest.raises(Missing, match="private network"):
        Network(["trap.example.org"]).open("http://trap.example.org/a.jpg")


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "0.0.0.0", "100.64.0.1", "224.0.0.1",
        "255.255.255.255", "::1", "::", "fe80::1", "fc00::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1",
        "2002:7f00:1::", "2001:db8::1", "ff02::1", "fec0::1", "::127.0.0.1",
    ],
)  # fmt: skip
def test_what_is_no_address_of_the_open_internet(address):
    assert not media.is_public(address)


@pytest.mark.parametrize("address", ["93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c"])
def test_what_is_one(address):
    assert media.is_public(address)


@pytest.mark.parametrize(
    ("leads_to", "problem"),
    [
        ("http://10.0.0.1/a.jpg", "not among the hosts"),
        ("file:///etc/passwd", "none of the web"),
        ("gopher://127.0.0.1/", "none of the web"),
        ("http://user:word@127.0.0.1/a.jpg", "none of the web"),
        ("http://127.0.0.1:22/", "unusual port"),
        ("/round", "redirects too often"),
        ("http://[broken/", "cannot be read"),
    ],
)
def test_redirects_are_looked_at_like_addresses(leads_to, problem):
    with served({"/round": leads_to}) as server, pytest.raises(Missing, match=problem):
        network(server).open(at(server, "/round"))


def test_a_file_that_is_too_large_is_left(monkeypatch):
    monkeypatch.setattr(media, "MOST_BYTES", 1000)
    with served({"/a.jpg": b"0" * 2000}) as server, pytest.raises(Missing, match="too large"):
        network(server).open(at(server, "/a.jpg"))


def test_a_file_that_takes_too_long_is_left(monkeypatch):
    monkeypatch.setattr(media, "SECONDS_IN_ALL", -1)
    with served({"/a.jpg": b"0" * 2000}) as server, pytest.raises(Missing, match="too long"):
        network(server).open(at(server, "/a.jpg"))


def test_a_host_that_lets_its_answer_drip_is_left(monkeypatch):
    """Each byte comes in time, and the whole never."""
    monkeypatch.setattr(media, "SECONDS_IN_ALL", 1)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port, is_done, dripped = listening.getsockname()[1], threading.Event(), []

        def drip():
            connection = listening.accept()[0]
            connection.sendall(b"HTTP/1.1 200 OK\r\nX-Word: ")
            try:
                while not is_done.wait(0.1) and len(dripped) < 100:
                    connection.sendall(b"a")
                    dripped.append(1)
            except OSError:
                pass
            connection.close()

        thread = threading.Thread(target=drip)
        thread.start()
        with pytest.raises(Missing, match="too long"):
            Network(["127.0.0.1"], may_connect=lambda _: True, ports=[port]).open(f"http://127.0.0.1:{port}/a.jpg")
        is_done.set()
        thread.join()

    assert len(dripped) < 100


def test_a_host_that_fails_is_left_in_peace():
    with served({}) as server:
        port = server.server_port
    asks = Network(["127.0.0.1"], may_connect=lambda _: True, ports=[port])
    for _ in range(media.MOST_FAILURES):
        with pytest.raises(Missing, match="did not answer"):
            asks.open(f"http://127.0.0.1:{port}/a.jpg")

    with pytest.raises(Missing, match="was not asked again"):
        asks.open(f"http://127.0.0.1:{port}/a.jpg")
