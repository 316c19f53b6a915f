"""From a tree of WordPress's HTML to the elements that this site has.

Pictures stand between the blocks of a text here, never within a paragraph: one that opens a block goes before it, any
other behind. What the site cannot show (films, forms, pictures of elsewhere) becomes a link, and is told.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from html import escape
from typing import Protocol
from urllib.parse import urlsplit

from .told import Told
from .tree import Node

SAME = {"strong": "strong", "b": "strong", "em": "em", "i": "em", "sub": "sub", "sup": "sup", "s": "s", "del": "s",
        "strike": "s"}  # fmt: skip
FILMS = {
    "youtube.com": "Video on YouTube", "youtube-nocookie.com": "Video on YouTube", "youtu.be": "Video on YouTube",
    "vimeo.com": "Video on Vimeo", "player.vimeo.com": "Video on Vimeo", "twitter.com": "Post on X (Twitter)",
    "x.com": "Post on X (Twitter)", "instagram.com": "Post on Instagram", "facebook.com": "Post on Facebook",
    "soundcloud.com": "Recording on SoundCloud", "w.soundcloud.com": "Recording on SoundCloud",
    "open.spotify.com": "Recording on Spotify", "tiktok.com": "Video on TikTok",
    "slideshare.net": "Slides on SlideShare", "google.com": "Map or form at Google",
    "docs.google.com": "Document at Google", "flickr.com": "Pictures on Flickr",
    "bbc.co.uk": "Watch or listen at the BBC",
}  # fmt: skip
_ADDRESS_ALONE = re.compile(r"https?://[^\s<>\"]+$")
_WORD = re.compile(r"\w+")


@dataclass(frozen=True)
class Placed:
    """What became of a picture in a text: its number here, or why there is none."""

    id: int = 0
    has_caption: bool = False  # the picture itself says the caption
    problem: str = ""
    link: str = ""  # where it can be seen instead, for a picture of somebody else's site


class Around(Protocol):
    def link(self, href: str) -> str: ...
    def picture(self, wp_id: str, src: str, *, alt: str, caption: str) -> Placed: ...
    def is_file_of(self, href: str, wp_id: str, src: str) -> bool: ...


class Flow:
    """Turns one text over; `moved` are words that stand elsewhere now, in a caption or a note."""

    def __init__(self, around: Around, told: Told, notes: dict[str, str]):
        self.around, self.told, self.notes = around, told, notes
        self.moved: Counter[str] = Counter()
        self.before: list[str] = []  # what was lifted out of the block that is being written
        self.behind: list[str] = []
        self.has_words = False
        self.has_fold = False

    def html(self, root: Node) -> str:
        return "\n".join(self.blocks(root.children, is_top=True))

    # Blocks

    def blocks(self, children: list[Node | str], *, is_top: bool = False) -> list[str]:
        written: list[str] = []
        run: list[Node | str] = []
        for child in [*children, None]:
            if isinstance(child, str) or (child is not None and not child.is_block):
                run.append(child)
                continue
            if run:
                self.add(written, self.paragraph(run), is_top)
                run = []
            if child is not None and child.tag in WRAPPERS:
                written += self.blocks(child.children, is_top=is_top)
            elif child is not None:
                self.add(written, self.block(child), is_top)
        return written

    def add(self, written: list[str], block: str, is_top: bool) -> None:
        """Add a block, with what was lifted out of it where we are at the top."""
        if not is_top:
            written += [block] if block else []
            return
        written += [piece for piece in (*self.before, block, *self.behind) if piece]
        self.before, self.behind, self.has_words = [], [], False

    def lift(self, html: str) -> str:
        (self.behind if self.has_words else self.before).append(html)
        return ""

    def block(self, node: Node) -> str:
        return BLOCK.get(node.tag, Flow.plain_block)(self, node)

    def plain_block(self, node: Node) -> str:
        return self.paragraph(node.children)

    def paragraph(self, children: list[Node | str]) -> str:
        alone = "".join(child if isinstance(child, str) else child.text() for child in children).strip()
        if _ADDRESS_ALONE.fullmatch(alone) and not any(isinstance(c, Node) and c.find("a", "img") for c in children):
            return self.address_alone(alone)
        words = self.inline(children).strip()
        return f"<p>{words}</p>" if words else ""

    def address_alone(self, address: str) -> str:
        """WordPress shows a film where an address stands alone in its line."""
        if _host(address) in FILMS:
            self.moved.update(words_of(address))
            return self.film(address, "")
        self.has_words = True
        return f'<p><a href="{escape(self.around.link(address))}">{escape(address)}</a></p>'

    def heading(self, node: Node) -> str:
        words = self.inline(node.children).strip()
        return f"<{node.tag}>{words}</{node.tag}>" if words else ""

    def listing(self, node: Node) -> str:
        start = node.attributes.get("start", "")
        opening = f'<ol start="{escape(start)}">' if node.tag == "ol" and start.isdigit() else f"<{node.tag}>"
        entries = [
            self.entry(child if child.tag == "li" else Node("li", children=[child]))
            for child in node.children
            if isinstance(child, Node) or child.strip()
            for child in [Node("li", children=[child]) if isinstance(child, str) else child]
        ]
        return f"{opening}{''.join(filter(None, entries))}</{node.tag}>" if any(entries) else ""

    def entry(self, node: Node) -> str:
        words = self.cell_words(node)
        return f"<li>{words}</li>" if words else ""

    def cell_words(self, node: Node) -> str:
        if not any(isinstance(child, Node) and child.is_block for child in node.children):
            return self.inline(node.children).strip()
        blocks = self.blocks(node.children)
        first = re.fullmatch(r"<p>(.*)</p>", blocks[0], re.DOTALL) if blocks else None
        # "<li>Words<ul>...": a lone opening paragraph is none.
        if first and not any(block.startswith("<p>") for block in blocks[1:]):
            blocks[0] = first[1]
        return "".join(blocks)

    def quote(self, node: Node) -> str:
        if node.has_class("twitter-tweet") or node.has_class("instagram-media"):
            self.told.note("A post of a social network was embedded; its words and links stay, as a quotation.")
        inner = "".join(self.blocks(node.children))
        return f"<blockquote>{inner}</blockquote>" if inner else ""

    def pullquote(self, node: Node) -> str:
        while len(node.children) == 1 and isinstance(node.children[0], Node) and node.children[0].tag == "blockquote":
            node = node.children[0]
        inner = "".join(self.blocks(node.children))
        return f"<aside>{inner}</aside>" if inner else ""

    def preformatted(self, node: Node) -> str:
        words = self.inline(node.children).strip("\n").replace("\n", "<br>")
        return f"<p>{words}</p>" if words.strip() else ""

    def rule(self, node: Node) -> str:
        if "data-fold" not in node.attributes:
            return "<hr>"
        if not self.has_fold:
            self.has_fold = True
            self.has_words = True  # it ends what comes before, wherever it stands
            self.behind.append('<hr data-fold="">')
        return ""

    def term(self, node: Node) -> str:
        words = self.inline(node.children).strip()
        return f"<p><strong>{words}</strong></p>" if words else ""

    def terms(self, node: Node) -> str:
        return "".join(self.blocks(node.children))

    def table(self, node: Node, caption: Node | None = None) -> str:
        caption = caption or next(iter(node.find("caption")), None)
        words = self.inline(caption.children).strip() if caption else ""
        rows = "".join(self.rows(part) for part in node.children if isinstance(part, Node) and part.tag != "caption")
        return f"<table>{f'<caption>{words}</caption>' if words else ''}{rows}</table>" if rows else ""

    def rows(self, part: Node) -> str:
        if part.tag == "tr":
            cells = [self.cell(cell) for cell in part.children if isinstance(cell, Node) and cell.tag in ("td", "th")]
            return f"<tr>{''.join(cells)}</tr>" if cells else ""
        tag = "tbody" if part.tag == "tfoot" else part.tag
        inner = "".join(self.rows(row) for row in part.children if isinstance(row, Node))
        return f"<{tag}>{inner}</{tag}>" if inner and tag in ("thead", "tbody") else inner

    def cell(self, node: Node) -> str:
        attributes = "".join(
            f' {name}="{escape(value)}"' for name, value in node.attributes.items() if name != "class" and value != "1"
        )
        return f"<{node.tag}{attributes}>{self.cell_words(node)}</{node.tag}>"

    # Pictures and films

    def figure(self, node: Node) -> str:
        caption = next(
            (child for child in node.children if isinstance(child, Node) and child.tag == "figcaption"), None
        )
        others = Node("div", children=[child for child in node.children if child is not caption])
        if node.has_class("wp-block-pullquote"):
            return self.pullquote(others)
        if tables := others.find("table"):
            return self.table(tables[0], caption)
        images = others.find("img")
        if len(images) == 1 and not others.find("figure"):
            self.linked_picture(others, images[0], caption)
            return ""
        written = "".join(self.blocks(others.children))
        words = self.inline(caption.children).strip() if caption else ""
        return self.lift(f"<p>{words}</p>") + written if words else written

    def linked_picture(self, frame: Node, image: Node, caption: Node | None) -> None:
        link = next((a.attributes.get("href", "") for a in frame.find("a") if image in a.walk()), "")
        self.picture(image, caption, link)
        words = Node("p", children=[child for child in frame.children if not isinstance(child, Node)])
        if words.text().strip():
            self.lift(self.paragraph(words.children))

    def picture(self, node: Node, caption: Node | None = None, link: str = "") -> None:
        alt = " ".join(node.attributes.get("alt", "").split())
        if _is_symbol(node):
            return
        wp_id, src = _picture_of(node)
        has_link = caption is not None and bool(caption.find("a"))
        plain = " ".join(caption.text().split()) if caption and not has_link else ""
        placed = self.around.picture(wp_id, src, alt=alt, caption=plain)
        if placed.id:
            self.lift(f'<figure data-picture="{placed.id}"></figure>')
        elif placed.link:
            self.told.lost(placed.problem, src)
            self.lift(f'<p><a href="{escape(placed.link)}">{escape(alt or "Picture on another site")}</a></p>')
        else:
            self.told.lost(placed.problem, src or f"picture {wp_id}")
        if caption and placed.has_caption:
            self.moved.update(words_of(caption.text()))
        elif caption and (words := self.inline(caption.children).strip()):
            self.lift(f"<p>{words}</p>")
        if link and not self.around.is_file_of(link, wp_id, src):
            address = escape(self.around.link(link))
            self.told.note("A picture was a link; the link stands below it.", link)
            self.lift(f'<p><a href="{address}">{escape(_link_words(alt, link))}</a></p>')

    def media(self, node: Node) -> str:
        address = node.attributes.get("src") or next((s.attributes.get("src", "") for s in node.find("source")), "")
        return self.film(address, node.attributes.get("title", ""))

    def film(self, address: str, title: str) -> str:
        address = _film_page(address)
        if not address.startswith(("http://", "https://", "/")):
            self.told.lost("Something embedded does not come, it names no address.", address)
            return ""
        words = title or FILMS.get(_host(address)) or f"Embedded from {_host(address) or 'the old site'}"
        self.told.lost("Something embedded became a link.", address)
        self.has_words = True
        return f'<p><a href="{escape(self.around.link(address))}">{escape(words)}</a></p>'

    # Words

    def inline(self, children: list[Node | str]) -> str:
        written = []
        for child in children:
            if isinstance(child, str):
                self.has_words = self.has_words or bool(child.strip())
                written.append(escape(child, quote=False))
            elif child.tag in INLINE:
                written.append(INLINE[child.tag](self, child))
            elif child.tag in SAME:
                inner = self.inline(child.children)
                written.append(f"<{SAME[child.tag]}>{inner}</{SAME[child.tag]}>" if inner.strip() else inner)
            elif child.is_block:
                written.append(f" {self.inline_block(child)} ")
            else:
                written.append(self.inline(child.children))
        return "".join(written)

    def inline_block(self, node: Node) -> str:
        """A block where only words may stand: its words."""
        if node.tag in ("figure", "iframe", "video", "audio", "hr"):
            block = self.block(node)
            return re.sub("</?p>", "", block)
        return self.inline(node.children)

    def line_break(self, node: Node) -> str:
        return "<br>"

    def image(self, node: Node) -> str:
        if _is_symbol(node):
            return escape(node.attributes.get("alt", ""))
        self.picture(node)
        return ""

    def link(self, node: Node) -> str:
        href = node.attributes.get("href", "").strip()
        images = [image for image in node.find("img") if not _is_symbol(image)]
        if images and not node.text().strip():
            for image in images:
                self.picture(image, link=href)
            return ""
        inner = self.inline(node.children)
        if href.startswith("#") or not href:
            return inner
        return f'<a href="{escape(self.around.link(href))}">{inner}</a>' if inner.strip() else inner

    def superscript(self, node: Node) -> str:
        if "data-note" in node.attributes:
            return f"<small>{self.inline(node.children).strip()}</small>"
        mark = node.attributes.get("data-fn")
        if mark is None:
            inner = self.inline(node.children)
            return f"<sup>{inner}</sup>" if inner.strip() else inner
        self.moved.update(words_of(node.text()))  # the number
        if mark not in self.notes:
            self.told.lost("A footnote's text is not in the export.", node.text().strip())
            return ""
        return f"<small>{self.notes[mark]}</small>"

    def quoted(self, node: Node) -> str:
        return f"“{self.inline(node.children)}”"

    def abbreviation(self, node: Node) -> str:
        if title := node.attributes.get("title", "").strip():
            self.told.lost("The explanation of an abbreviation is not shown here.", f"{node.text().strip()}: {title}")
        return self.inline(node.children)

    def embedded(self, node: Node) -> str:
        return re.sub("</?p>", "", self.media(node))


WRAPPERS = set("div section article header footer main center form fieldset nav address details figcaption".split())
BLOCK = {
    **dict.fromkeys(["h1", "h2", "h3", "h4", "h5", "h6"], Flow.heading),
    **dict.fromkeys(["ul", "ol"], Flow.listing),
    **dict.fromkeys(["iframe", "video", "audio"], Flow.media),
    "blockquote": Flow.quote,
    "aside": Flow.pullquote,
    "pre": Flow.preformatted,
    "hr": Flow.rule,
    "dl": Flow.terms,
    "dt": Flow.term,
    "summary": Flow.term,
    "table": Flow.table,
    "figure": Flow.figure,
}
INLINE = {
    "br": Flow.line_break,
    "img": Flow.image,
    "a": Flow.link,
    "sup": Flow.superscript,
    "q": Flow.quoted,
    "abbr": Flow.abbreviation,
    "embed": Flow.embedded,
}


def words_of(text: str) -> Counter[str]:
    return Counter(_WORD.findall(text))


def _is_symbol(node: Node) -> bool:
    """A smiley, or a dot that only counts readers."""
    tiny = node.attributes.get("width") in ("0", "1") and node.attributes.get("height") in ("0", "1")
    return tiny or node.has_class("wp-smiley") or node.has_class("emoji")


def _picture_of(node: Node) -> tuple[str, str]:
    """The number that WordPress gave the picture, if it says, and the address of its file."""
    found = re.search(r"\bwp-image-(\d+)", node.attributes.get("class", ""))
    names = ("data-orig-file", "data-src", "data-lazy-src", "src")
    sources = [node.attributes[name] for name in names if node.attributes.get(name)]
    src = next((source for source in sources if not source.startswith("data:")), "".join(sources[:1])[:80])
    return (found[1] if found else node.attributes.get("data-id", "")), src


def _link_words(alt: str, link: str) -> str:
    return alt or _host(link) or "More"


def _host(address: str) -> str:
    try:
        return (urlsplit(address).hostname or "").removeprefix("www.").removeprefix("m.")
    except ValueError:
        return ""


def _film_page(address: str) -> str:
    """The page of a film, from the address of its player."""
    address = f"https:{address}" if address.startswith("//") else address
    if found := re.match(r"https?://(?:www\.)?youtube(?:-nocookie)?\.com/(?:embed|v)/([\w-]{5,20})", address):
        return f"https://www.youtube.com/watch?v={found[1]}"
    if found := re.match(r"https?://player\.vimeo\.com/video/(\d+)", address):
        return f"https://vimeo.com/{found[1]}"
    return address
