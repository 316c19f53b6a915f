// Our own manners for the rich-text editor: names for screen readers, a way out by keyboard, tables as our pages want
// them. Loaded by the editor itself (DJANGO_PROSE_EDITOR_EXTENSIONS), as the other editor_*.js and paste.js are.

import { Extension, Plugin } from "django-prose-editor/editor";

const { ask, input } = window.desk;

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
  link: "Link",
  unlink: "Remove the link",
  table: "Insert a table",
  "table:addColumnAfter": "Add a column after this one",
  "table:deleteColumn": "Delete this column",
  "table:addRowAfter": "Add a row below this one",
  "table:deleteRow": "Delete this row",
  "table:deleteTable": "Delete the whole table",
  "history:undo": "Undo",
  "history:redo": "Redo",
};

function askForTable() {
  const number = (name, label, hint, value, max) =>
    input({ name, label, hint, attributes: { type: "number", inputmode: "numeric", value, min: 1, max } });
  return ask({
    title: "Table",
    submit: "Insert table",
    rows: [
      number("rows", "Rows", "The row of headings included.", 3, 100),
      number("cols", "Columns", "", 2, 12),
    ],
    onSubmit(data) {
      const [rows, cols] = [Number(data.get("rows")), Number(data.get("cols"))];
      const errors = {};
      if (!(rows >= 2 && rows <= 100)) errors.rows = ["From 2 to 100: the headings, and one row at least."];
      if (!(cols >= 1 && cols <= 12)) errors.cols = ["From 1 to 12."];
      return Object.keys(errors).length ? { errors } : { rows: Math.trunc(rows), cols: Math.trunc(cols) };
    },
  });
}

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

// The row of headings stays: whoever wants it gone deletes the table.
function isInHeadings({ selection }) {
  for (let depth = selection.$from.depth; depth > 0; depth--) {
    if (selection.$from.node(depth).type.name !== "tableRow") continue;
    return selection.$from.index(depth - 1) === 0 && selection.$from.node(depth).firstChild.type.name === "tableHeader";
  }
  return false;
}

function isWithoutHeadings({ selection }) {
  for (let depth = selection.$from.depth; depth > 0; depth--) {
    const node = selection.$from.node(depth);
    if (node.type.name === "table") return node.firstChild.firstChild.type.name !== "tableHeader";
  }
  return false;
}

function tableTools({ _definedItems, menu, buttons }) {
  for (const name of ["table:mergeCells", "table:splitCell", "table:toggleHeaderCell"]) delete _definedItems[name];
  if (!_definedItems["table:deleteRow"]) return;
  _definedItems["table:deleteRow"].enabled = (editor) => !isInHeadings(editor.state);
  menu.defineItem({
    name: "table:headings",
    groups: "table",
    button: buttons.material("table_rows", "Make the first row headings"),
    command: (editor) => editor.chain().focus().toggleHeaderRow().run(),
    hidden: (editor) => !isWithoutHeadings(editor.state),
  });
}

export const HouseRules = Extension.create({
  name: "houseRules",
  priority: 10, // after Table, whose command and buttons it replaces

  addMenuItems: tableTools,

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
      insertTableWithOptions:
        () =>
        ({ editor }) => {
          askForTable().then((size) => {
            // Always with headings: without them a table cannot be read aloud.
            if (size) editor.chain().focus().stepBehind().insertTable({ ...size, withHeaderRow: true }).run();
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
