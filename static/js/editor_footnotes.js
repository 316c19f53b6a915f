// Footnotes: a numbered mark in the text, its words written in a dialog. Stored as <small>words</small> where the mark
// stands; the page numbers them and lists them at the end.

import { Document, Editor, Node, Paragraph, Plugin, Text } from "django-prose-editor/editor";

const { ask, make } = window.desk;
const OURS = { B: "strong", STRONG: "strong", I: "em", EM: "em", A: "a" };
const IN_NOTES = ["bold", "italic", "link", "linkDialog"]; // of the extensions
const HREF = /^(https?:|mailto:|tel:|\/(?![/\\])|#)/i;

// What a footnote may hold, and nothing else: the rest loses its elements and keeps its words.
function tidied(from, to) {
  for (const node of from.childNodes) {
    if (node.nodeType === window.Node.TEXT_NODE) to.append(node.data);
    if (node.nodeType !== window.Node.ELEMENT_NODE) continue;
    const href = node.getAttribute("href") ?? "";
    const name = OURS[node.nodeName];
    if (!name || (name === "a" && !HREF.test(href))) {
      tidied(node, to);
      continue;
    }
    const element = to.ownerDocument.createElement(name);
    if (name === "a") element.setAttribute("href", href);
    to.append(tidied(node, element));
  }
  return to;
}

function noteOf(element) {
  const inert = document.implementation.createHTMLDocument("");
  return tidied(element, inert.createElement("small")).innerHTML;
}

function fromHTML(html) {
  const { body } = new DOMParser().parseFromString(html, "text/html"); // runs and loads nothing
  return tidied(body, document.createElement("small"));
}

const inWords = (note) => fromHTML(note).textContent.trim();

function tool(name, words, icon, command) {
  const button = make("button", { type: "button", class: "prose-menubar__button material-icons", title: words, "aria-label": words }, [icon]);
  button.addEventListener("click", () => command());
  button.dataset.name = name;
  return button;
}

// Brings the note as HTML, "" to take it away, or null where nothing is to change. `marks` are those of the text around.
function askForNote(note, marks) {
  const label = make("span", { class: "desk-dialog__label", id: "footnote-words" }, ["What it says"]);
  const place = make("div", { class: "prose-editor desk-dialog__editor" });
  const error = make("p", { class: "desk-dialog__error", id: "footnote-error", hidden: true });
  const hint = make("p", { class: "desk-dialog__hint", id: "footnote-hint" }, [
    "It stands at the end of the page, under the number that readers see here. A source, or an aside.",
  ]);
  const editor = new Editor({
    element: place,
    extensions: [
      Document.extend({ content: "paragraph" }),
      Paragraph,
      Text,
      ...marks,
    ],
    content: `<p>${note}</p>`,
    editorProps: {
      attributes: {
        role: "textbox",
        "aria-multiline": "false",
        "aria-labelledby": label.id,
        "aria-describedby": `${hint.id} ${error.id}`,
      },
      handleKeyDown(_view, event) {
        if (event.key !== "Enter") return false;
        place.closest("form").requestSubmit();
        return true;
      },
    },
  });
  const bar = make("div", { class: "prose-menubar", role: "group", "aria-label": "Formatting of the footnote" }, [
    tool("bold", "Bold", "format_bold", () => editor.chain().focus().toggleBold().run()),
    tool("italic", "Italic", "format_italic", () => editor.chain().focus().toggleItalic().run()),
    tool("link", "Link", "insert_link", () => editor.chain().focus().addLink().run()),
  ]);
  place.prepend(bar);
  const asked = ask({
    title: "Footnote",
    submit: "Save footnote",
    rows(finish) {
      const remove = make("button", { type: "button", class: "desk-dialog__button" }, ["Remove this footnote"]);
      remove.addEventListener("click", () => finish(""));
      return [make("div", { class: "desk-dialog__row", "data-row": "note" }, [label, hint, place, error]), note ? remove : null].filter(Boolean);
    },
    onSubmit() {
      const words = noteOf(new DOMParser().parseFromString(editor.getHTML(), "text/html").body).trim();
      return words ? words : { errors: { note: ["Write what the footnote says."] } };
    },
  });
  editor.commands.focus("end");
  return asked.finally(() => editor.destroy());
}

export const Footnote = Node.create({
  name: "footnote",
  group: "inline",
  inline: true,
  atom: true,
  selectable: true,
  draggable: true,

  addAttributes: () => ({ note: { default: "", parseHTML: noteOf, rendered: false } }),
  parseHTML: () => [{ tag: "small" }],
  renderHTML: ({ node }) => fromHTML(node.attrs.note),
  renderText: () => "",

  addNodeView() {
    return ({ node, editor, getPos }) => {
      const words = inWords(node.attrs.note);
      const dom = make("button", {
        type: "button",
        class: "footnote-chip",
        tabindex: "-1",
        contenteditable: "false",
        title: words,
        "aria-label": `Footnote: ${words}`,
      });
      dom.addEventListener("click", () => {
        if (!editor.isEditable) return;
        // Two steps: within one chain the command would still see what was selected before.
        editor.chain().focus().setNodeSelection(getPos()).run();
        editor.commands.editFootnote();
      });
      return { dom };
    };
  },

  addCommands() {
    return {
      editFootnote:
        () =>
        ({ editor }) => {
          // As it is now: when the dialog closes, the browser may have moved it.
          const { selection } = editor.state;
          const chosen = selection.node?.type === this.type ? selection : null;
          const marks = editor.extensionManager.extensions.filter(({ name }) => IN_NOTES.includes(name));
          askForNote(chosen?.node.attrs.note ?? "", marks).then((note) => {
            const { tr } = editor.state;
            if (note === null) return;
            if (!chosen) tr.insert(selection.to, this.type.create({ note }));
            else if (note) tr.setNodeMarkup(chosen.from, null, { note });
            else tr.delete(chosen.from, chosen.to);
            editor.view.dispatch(tr);
            const behind = (chosen ? chosen.from : selection.to) + (note ? 1 : 0);
            editor.chain().focus().setTextSelection(behind).run();
          });
          return true;
        },
    };
  },

  addKeyboardShortcuts() {
    return {
      Enter: ({ editor }) => (editor.state.selection.node?.type === this.type ? editor.commands.editFootnote() : false),
      "Mod-Alt-f": ({ editor }) => editor.commands.editFootnote(),
    };
  },

  addProseMirrorPlugins() {
    return [
      new Plugin({
        // A note may hold links, so it cannot lie within one.
        appendTransaction: (transactions, _before, { doc, tr, schema }) => {
          if (!schema.marks.link || !transactions.some((transaction) => transaction.docChanged)) return null;
          doc.descendants((node, position) => {
            if (node.type === this.type && schema.marks.link.isInSet(node.marks)) tr.removeNodeMark(position, schema.marks.link);
          });
          return tr.steps.length ? tr : null;
        },
      }),
    ];
  },

  addMenuItems({ menu, buttons }) {
    menu.defineItem({
      name: "footnote",
      groups: "link",
      priority: 90,
      button: buttons.text("[1]", "Footnote"),
      command: (editor) => editor.chain().focus().editFootnote().run(),
      active: (editor) => editor.isActive("footnote"),
      enabled: ({ state }) => state.selection.$to.parent.inlineContent || state.selection.node?.type.name === "footnote",
    });
  },
});
