// What is pasted from Word and other programs, made into what it means: there, lists are lists only by their looks.

import { Extension, Plugin } from "django-prose-editor/editor";

const LEVEL = /mso-list:\s*\S+\s+level(\d)/i;
const NUMBERED = /^\s*\(?(?:\d+|[a-z]|[ivxlc]+)[.)]/i;

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

function makeList(paragraphs) {
  const root = document.createElement("div");
  const open = []; // the list at each level, outermost first
  for (const paragraph of paragraphs) {
    const level = levelOf(paragraph);
    const kind = NUMBERED.test(takeMarker(paragraph)) ? "ol" : "ul";
    open.length = Math.min(open.length, level);
    if (open[level - 1] && open[level - 1].localName !== kind) open.length = level - 1;
    while (open.length < level) {
      const list = document.createElement(open.length + 1 === level ? kind : "ul");
      const parent = open.length ? (open.at(-1).lastElementChild ?? open.at(-1).appendChild(document.createElement("li"))) : root;
      parent.append(list);
      open.push(list);
    }
    const item = document.createElement("li");
    const words = document.createElement("p");
    words.append(...paragraph.childNodes);
    item.append(words);
    open.at(-1).append(item);
  }
  return [...root.children];
}

function listsFromWord(body) {
  let run = [];
  const finish = () => {
    if (run.length) run[0].replaceWith(...makeList(run));
    for (const paragraph of run.slice(1)) paragraph.remove();
    run = [];
  };
  for (const element of [...body.querySelectorAll("p, h1, h2, h3, h4, h5, h6")]) {
    const isNext = run.length && run.at(-1).nextElementSibling === element;
    if (!levelOf(element)) continue;
    if (run.length && !isNext) finish();
    run.push(element);
  }
  finish();
}

// The title of the page is its only h1, and we have no headings below the fourth.
function headings(body) {
  for (const [from, to] of [["h1", "h2"], ["h5", "h4"], ["h6", "h4"]]) {
    for (const heading of body.querySelectorAll(from)) {
      const ours = document.createElement(to);
      ours.append(...heading.childNodes);
      heading.replaceWith(ours);
    }
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
  for (const element of body.querySelectorAll("b, strong")) {
    if (/(^|[;\s])font-weight:\s*(normal|400)/i.test(element.dataset.style)) element.replaceWith(...element.childNodes);
  }
  for (const span of body.querySelectorAll("span[data-style]")) {
    for (const [style, name] of MARKS) {
      if (!style.test(span.dataset.style)) continue;
      const mark = document.createElement(name);
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

function tidyPaste(html) {
  // A document made this way runs nothing and loads nothing.
  const { body } = new DOMParser().parseFromString(withoutStyles(html), "text/html");
  for (const nothing of body.querySelectorAll("br.Apple-interchange-newline")) nothing.remove();
  listsFromWord(body);
  headings(body);
  marks(body);
  return body.innerHTML;
}

export const TidyPaste = Extension.create({
  name: "tidyPaste",
  addProseMirrorPlugins: () => [new Plugin({ props: { transformPastedHTML: tidyPaste } })],
});
