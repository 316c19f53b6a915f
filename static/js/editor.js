// Our own manners for the rich-text editor: names for screen readers, a way out by keyboard, links and tables as our
// pages want them. Loaded by the editor itself (DJANGO_PROSE_EDITOR_EXTENSIONS), as paste.js is.

import { Extension, Plugin, updateAttrsDialog } from "django-prose-editor/editor";

const NAMES = {
  heading2: "Heading",
  heading3: "Smaller heading",
  heading4: "Smallest heading",
  paragraph: "Ordinary text",
  bulletList: "List with bullets",
  orderedList: "Numbered list",
  blockquote: "Quotation",
  horizontalRule: "Dividing line",
  bold: "Bold",
  italic: "Italic",
  strike: "Struck through",
  subscript: "Below the line",
  superscript: "Above the line",
  link: "Link (select some words first)",
  unlink: "Remove the link",
  table: "Insert a table",
  "history:undo": "Undo",
  "history:redo": "Redo",
};

const askForLink = updateAttrsDialog(
  {
    href: {
      type: "string",
      title: "Where the link leads",
      description: "Like https://www.example.org, ann@example.org or, for a page of ours, /workshops/",
      required: true,
    },
  },
  { title: "Link", submitText: "Save link" },
);

const askForTable = updateAttrsDialog(
  {
    rows: { type: "number", title: "Rows, the row of headings included", format: "number", default: "3", min: "2", max: "100" },
    cols: { type: "number", title: "Columns", format: "number", default: "2", min: "1", max: "12" },
  },
  { title: "Table", submitText: "Insert table" },
);

function nameTheTextBox(editor, textarea) {
  const box = editor.view.dom;
  const label = textarea.labels[0];
  box.setAttribute("role", "textbox");
  box.setAttribute("aria-multiline", "true");
  if (label) {
    label.id ||= `${textarea.id}_label`;
    box.setAttribute("aria-labelledby", label.id);
    label.addEventListener("click", () => editor.commands.focus());
  }
  for (const attribute of ["aria-describedby", "aria-invalid", "aria-required"]) {
    if (textarea.hasAttribute(attribute)) box.setAttribute(attribute, textarea.getAttribute(attribute));
  }
}

function nameTheButtons(editor) {
  const bar = editor.view.dom.parentElement.querySelector(".prose-menubar");
  if (!bar) return;
  bar.setAttribute("role", "group");
  bar.setAttribute("aria-label", "Formatting");
  const buttons = [...bar.querySelectorAll("button[data-name]")];
  for (const button of buttons) {
    const name = NAMES[button.dataset.name];
    if (name) {
      button.title = name;
      button.setAttribute("aria-label", name);
    }
  }
  const tell = () => {
    for (const button of buttons) {
      button.setAttribute("aria-pressed", button.classList.contains("active"));
      button.setAttribute("aria-disabled", button.classList.contains("disabled"));
    }
  };
  editor.on("transaction", tell);
  tell();
}

export const HouseRules = Extension.create({
  name: "houseRules",
  priority: 10, // after Link and Table, whose commands it replaces

  onCreate({ editor }) {
    // Once all others are done: the menu is made in the same round.
    setTimeout(() => {
      const textarea = editor.view.dom.closest(".prose-editor").querySelector("textarea");
      nameTheTextBox(editor, textarea);
      nameTheButtons(editor);
    });
  },

  addCommands() {
    return {
      addLink:
        () =>
        ({ editor }) => {
          if (editor.state.selection.empty && !editor.isActive("link")) return false;
          askForLink(editor, editor.getAttributes("link")).then((attrs) => {
            if (attrs) editor.chain().focus().extendMarkRange("link").setMark("link", { href: attrs.href.trim() }).run();
          });
          return true;
        },
      insertTableWithOptions:
        () =>
        ({ editor }) => {
          askForTable(editor, {}).then((attrs) => {
            if (!attrs) return;
            // Always with headings: without them a table cannot be read aloud.
            const size = { rows: Number.parseInt(attrs.rows, 10) || 3, cols: Number.parseInt(attrs.cols, 10) || 2 };
            editor.chain().focus().insertTable({ ...size, withHeaderRow: true }).run();
          });
          return true;
        },
    };
  },

  addProseMirrorPlugins() {
    let mayLeave = false;
    return [
      new Plugin({
        props: {
          handleDOMEvents: {
            // In lists and tables Tab has a meaning of its own; after Escape it leaves the text box (WCAG 2.1.2).
            keydown(_view, event) {
              const leaves = mayLeave && event.key === "Tab";
              mayLeave = event.key === "Escape" || (mayLeave && event.key === "Shift");
              return leaves;
            },
          },
        },
      }),
    ];
  },
});
