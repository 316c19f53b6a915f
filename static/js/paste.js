// What is pasted from Word and other programs, made into what it means: headings, lists, footnotes, emphasis.

import { Extension, Plugin } from "django-prose-editor/editor";

const LEVEL = /mso-list:\s*\S+\s+level(\d)/i;
const NUMBERED = /^\s*\(?(?:\d+|[a-z]|[ivxlc]+)[.)]/i;

function unwrap(elements) {
  for (const element of elements) element.replaceWith(...element.childNodes);
}

// Elements are made in the document of what was pasted, where nothing runs or loads: in ours an <img> would.
function rename(element, name) {
  const ours = element.ownerDocument.createElement(name);
  ours.append(...element.childNodes);
  element.replaceWith(ours);
  return ours;
}

// --- Lists

// `items`, each with its level, kind ("ul" or "ol") and nodes, as lists within lists.
function makeLists(items) {
  const inert = items[0].nodes[0]?.ownerDocument ?? document.implementation.createHTMLDocument("");
  const root = inert.createElement("div");
  const open = []; // the list at each level, outermost first
  for (const { level, kind, nodes } of items) {
    open.length = Math.min(open.length, level);
    if (open[level - 1] && open[level - 1].localName !== kind) open.length = level - 1;
    while (open.length < level) {
      const list = inert.createElement(open.length + 1 === level ? kind : "ul");
      const parent = open.length ? (open.at(-1).lastElementChild ?? open.at(-1).appendChild(inert.createElement("li"))) : root;
      parent.append(list);
      open.push(list);
    }
    const item = inert.createElement("li");
    item.append(...nodes);
    open.at(-1).append(item);
  }
  return [...root.children];
}

// Replaces those of `elements` that follow one another directly, each described by `itemOf`, by lists.
function replaceRuns(elements, itemsOf) {
  let run = [];
  const finish = () => {
    if (run.length) run[0].replaceWith(...makeLists(run.flatMap(itemsOf)));
    for (const element of run.slice(1)) element.remove();
    run = [];
  };
  for (const element of elements) {
    if (run.length && run.at(-1).nextElementSibling !== element) finish();
    run.push(element);
  }
  finish();
}

function levelOf(element) {
  const found = LEVEL.exec(element.dataset?.style ?? "");
  return found ? Number(found[1]) : 0;
}

// Word writes the bullet or number as text, between two comments or in a span marked "mso-list:Ignore".
function takeMarker(paragraph) {
  let marker = "";
  let isMarker = false;
  for (const node of [...paragraph.childNodes]) {
    if (node.nodeType === Node.COMMENT_NODE) {
      isMarker = node.data.includes("!supportLists") || (isMarker && !node.data.includes("endif"));
      node.remove();
    } else if (isMarker || /mso-list:\s*Ignore/i.test(node.outerHTML ?? "")) {
      marker += node.textContent;
      node.remove();
    }
  }
  return marker;
}

// In Word lists are lists only by their looks: paragraphs with a level.
function listsFromWord(body) {
  replaceRuns([...body.querySelectorAll("p, h1, h2, h3, h4, h5, h6")].filter(levelOf), (paragraph) => {
    const kind = NUMBERED.test(takeMarker(paragraph)) ? "ol" : "ul";
    const words = paragraph.ownerDocument.createElement("p");
    words.append(...paragraph.childNodes);
    return [{ level: levelOf(paragraph), kind, nodes: [words] }];
  });
}

// Word Online writes each entry as a list of its own, which says its level.
function listsFromWordOnline(body) {
  const items = [...body.querySelectorAll("ul > li[data-aria-level], ol > li[data-aria-level]")];
  const wrappers = new Set(items.map((item) => item.closest(".ListContainerWrapper") ?? item.parentElement));
  replaceRuns([...wrappers], (wrapper) =>
    [...wrapper.querySelectorAll("li[data-aria-level]")].map((item) => ({
      level: Math.min(Number(item.dataset.ariaLevel) || 1, 9),
      kind: item.parentElement.localName,
      nodes: [...item.childNodes],
    })),
  );
}

// --- Footnotes

const fragmentOf = (link) => (link.getAttribute("href") ?? "").split("#")[1];
const namesOf = (element) => [element.id, element.getAttribute("name"), element.closest("sup")?.id].filter(Boolean);

// A link to a place further down from which a link leads back: so Word, LibreOffice, WordPress and our own pages write
// footnotes. They become ours, and the list of them goes.
function footnotes(body) {
  const places = new Map([...body.querySelectorAll("[id], a[name]")].flatMap((place) => namesOf(place).map((name) => [name, place])));
  const used = new Set();
  for (const mark of body.querySelectorAll("a[href*='#']")) {
    const place = places.get(fragmentOf(mark));
    if (!place || !(mark.compareDocumentPosition(place) & Node.DOCUMENT_POSITION_FOLLOWING)) continue;
    const whole = place.closest("li, div[id]");
    const note = whole && !whole.contains(mark) ? whole : place.closest("p");
    if (!note || note.contains(mark)) continue;
    const isBack = (link) => namesOf(mark).includes(fragmentOf(link));
    if (![...note.querySelectorAll("a[href*='#']")].some(isBack)) continue;
    const words = note.cloneNode(true);
    body.ownerDocument.createDocumentFragment().append(words);
    for (const link of words.querySelectorAll("a[href*='#']")) if (isBack(link)) (link.closest("sup") ?? link).remove();
    for (const end of words.querySelectorAll("p + p")) end.prepend(" ");
    unwrap(words.querySelectorAll("p"));
    const small = rename(words, "small");
    small.innerHTML = small.innerHTML.replace(/\s+/g, " ").trim();
    const outer = mark.closest("sup");
    (outer?.textContent.trim() === mark.textContent.trim() ? outermost(outer) : mark).replaceWith(small);
    used.add(note);
  }
  for (const note of used) {
    let goes = note.closest("[role=doc-endnotes]") ?? note;
    const stays = (parent) => parent === body || parent.textContent.trim() || parent.querySelector("small, img, table");
    const { parentElement } = goes;
    goes.remove();
    for (goes = parentElement; goes && body.contains(goes) && !stays(goes); ) {
      const next = goes.parentElement;
      goes.remove();
      goes = next;
    }
  }
}

function outermost(element) {
  const parent = element.parentElement;
  return parent.localName === "sup" && parent.textContent === element.textContent ? outermost(parent) : element;
}

// --- Headings

// The title of the page is its only h1, so with one all move down; and we have no headings below the fourth.
function headings(body) {
  for (const title of body.querySelectorAll("p.MsoTitle")) rename(title, "h1");
  for (const heading of body.querySelectorAll("[role=heading][aria-level]")) {
    if (/^[1-9]$/.test(heading.ariaLevel ?? heading.getAttribute("aria-level"))) {
      rename(heading, `h${Math.min(heading.getAttribute("aria-level"), 6)}`);
    }
  }
  const down = body.querySelector("h1") ? 1 : 0;
  for (const heading of [...body.querySelectorAll("h1, h2, h3, h4, h5, h6")]) {
    const level = Number(heading.localName[1]);
    const ours = Math.min(level + down, 4);
    if (ours !== level) rename(heading, `h${ours}`);
  }
}

// Google Docs and others write bold and italic as styles of spans, and wrap a whole text in a <b> that is not bold.
const MARKS = [
  [/(^|[;\s])font-weight:\s*(bold|[6-9]00)/i, "strong"],
  [/(^|[;\s])font-style:\s*italic/i, "em"],
  [/(^|[;\s])text-decoration[^;]*line-through/i, "s"],
  [/(^|[;\s])vertical-align:\s*super/i, "sup"],
  [/(^|[;\s])vertical-align:\s*sub(;|$)/i, "sub"],
];

function marks(body) {
  unwrap([...body.querySelectorAll("b, strong")].filter((bold) => /(^|[;\s])font-weight:\s*(normal|400)/i.test(bold.dataset.style)));
  for (const span of body.querySelectorAll("span[data-style]")) {
    for (const [style, name] of MARKS) {
      if (!style.test(span.dataset.style)) continue;
      const mark = span.ownerDocument.createElement(name);
      mark.append(...span.childNodes);
      span.append(mark);
    }
  }
}

// Styles and handlers would only be refused by our Content-Security-Policy, with a line in the console for each; what
// styles mean is kept as data until we have read it.
function withoutStyles(html) {
  return html
    .replace(/<style[\s>][\s\S]*?<\/style>/gi, "")
    .replace(/<[a-z][^>]*>/gi, (tag) => tag.replace(/\sstyle\s*=/gi, " data-style=").replace(/\s(on\w+)\s*=/gi, " data-$1="));
}

// Comments of colleagues, marks of the clipboard, what only keeps a place.
const NOTHING = [
  "br.Apple-interchange-newline",
  "span.EOP",
  "[data-style*='mso-element:comment']",
  ".MsoCommentReference",
  ".msocomanchor",
  "o\\:p:empty",
].join();
const BLOCK = /^(p|h[1-6]|ul|ol|table|blockquote|div|hr|figure|aside)$/;

function nothings(body) {
  for (const nothing of body.querySelectorAll(NOTHING)) nothing.remove();
  for (const link of body.querySelectorAll("a")) {
    for (const { name } of [...link.attributes]) if (name !== "href") link.removeAttribute(name);
  }
  const isBlock = (node) => !node || BLOCK.test(node.localName);
  // Google Docs keeps blocks apart by lines without words.
  for (const line of body.querySelectorAll("br")) {
    if (!line.closest("p, li, td, th, h1, h2, h3, h4") && isBlock(line.previousElementSibling) && isBlock(line.nextElementSibling)) {
      const isAmongWords = [line.previousSibling, line.nextSibling].some((node) => node?.nodeType === Node.TEXT_NODE && node.data.trim());
      if (!isAmongWords) line.remove();
    }
  }
  for (const paragraph of body.querySelectorAll("p, h1, h2, h3, h4, h5, h6")) {
    if (!paragraph.textContent.trim() && !paragraph.querySelector("small") && !paragraph.closest("td, th")) paragraph.remove();
  }
}

function tidyPaste(html) {
  // A document made this way runs nothing and loads nothing.
  const { body } = new DOMParser().parseFromString(withoutStyles(html), "text/html");
  // Their names take the place of what the editor asks a form's element; and no table is a hundred columns wide.
  for (const field of body.querySelectorAll("input, button, select, textarea, output, object, fieldset, iframe, img")) field.remove();
  unwrap(body.querySelectorAll("form"));
  for (const cell of body.querySelectorAll("[colspan], [rowspan]")) {
    for (const span of ["colspan", "rowspan"]) if (!/^[1-9]\d?$/.test(cell.getAttribute(span))) cell.removeAttribute(span);
  }
  // From an editor of ours: it is as it should be.
  if (body.querySelector("[data-pm-slice]")) return body.innerHTML;
  // Elsewhere these are small print and side columns.
  unwrap(body.querySelectorAll("small"));
  for (const aside of body.querySelectorAll("aside")) rename(aside, "div");
  marks(body);
  listsFromWord(body);
  listsFromWordOnline(body);
  footnotes(body);
  headings(body);
  nothings(body);
  return body.innerHTML;
}

// As in a plain text box: a blank line begins a paragraph, a single one only a line.
function asHTML(text) {
  const escaped = document.createElement("p");
  return text
    .replace(/\r\n?/g, "\n")
    .split(/\n(?:[ \t]*\n)+/)
    .filter((paragraph) => paragraph.trim())
    .map((paragraph) => {
      escaped.textContent = paragraph.trim();
      return `<p>${escaped.innerHTML.replaceAll("\n", "<br>")}</p>`;
    })
    .join("");
}

function handlePaste(view, event) {
  const data = event.clipboardData;
  const text = data?.getData("text/plain") ?? "";
  if (!text.includes("\n") || data.getData("text/html") || data.files.length) return false;
  view.pasteHTML(asHTML(text));
  return true;
}

export const TidyPaste = Extension.create({
  name: "tidyPaste",
  addProseMirrorPlugins: () => [new Plugin({ props: { transformPastedHTML: tidyPaste, handlePaste } })],
});
