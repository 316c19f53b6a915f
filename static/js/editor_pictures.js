// Pictures of the library in the text. Stored as <figure data-picture="12">: description, caption and credit belong to
// the picture itself. A file that is dropped or pasted goes into the library first.

import { Node, Plugin } from "django-prose-editor/editor";

const { described, getJSON, libraryAddress, make, pickPicture } = window.desk;

// What is known of pictures by their numbers; those that stand in the text are asked for together.
const known = new Map();
const waiting = new Set();

function ask() {
  const ids = [...waiting];
  waiting.clear();
  const asked = getJSON(`${libraryAddress}?${new URLSearchParams({ ids: ids.join(",") })}`).catch(() => ({ pictures: [] }));
  return asked.then(({ pictures }) => new Map(pictures.map((picture) => [String(picture.id), picture])));
}

let asking = null;
function facts(id) {
  if (!known.has(id)) {
    waiting.add(id);
    asking ??= Promise.resolve().then(() => {
      asking = null;
      return ask();
    });
    known.set(id, asking.then((pictures) => pictures.get(id) ?? null));
  }
  return known.get(id);
}

function view({ node, editor, getPos }) {
  const words = make("figcaption", {}, ["A picture"]);
  const dom = make("figure", { class: "picture-in-text", "data-picture": node.attrs.picture, contenteditable: "false" }, [words]);
  const change = make("button", { type: "button", class: "picture-in-text__change", tabindex: "-1" }, ["Change"]);
  change.addEventListener("click", () => {
    // Two steps: within one chain the command would still see what was selected before.
    editor.chain().focus().setNodeSelection(getPos()).run();
    editor.commands.choosePicture();
  });
  if (editor.isEditable) dom.append(change);
  facts(node.attrs.picture).then((picture) => {
    if (!picture) {
      words.textContent = "This picture is no longer in the library.";
      return;
    }
    const lines = [make("span", { class: picture.alt || picture.is_decorative ? "" : "picture-in-text__missing" }, [described(picture)])];
    if (picture.caption) lines.push(make("span", {}, [`Caption: ${picture.caption}`]));
    if (picture.credit) lines.push(make("span", {}, [picture.credit]));
    words.replaceChildren(make("strong", {}, [picture.name]), ...lines);
    dom.prepend(make("img", { src: picture.thumb, alt: picture.alt }));
  });
  return { dom, ignoreMutation: () => true };
}

// Where a picture goes, so that it cuts no sentence in two and takes no words away; null for in place of what is selected.
function besideParagraph({ $from, $to }) {
  if (!$from.parent.isTextblock || !$from.parent.content.size) return null;
  return $to.parentOffset === 0 ? $from.before() : $to.after();
}

const imageOf = (transfer) => [...(transfer?.files ?? [])].find((file) => file.type.startsWith("image/"));

export const LibraryPicture = Node.create({
  name: "libraryPicture",
  group: "block",
  atom: true,
  selectable: true,
  draggable: true,

  addAttributes: () => ({
    picture: {
      default: "",
      parseHTML: (element) => element.dataset.picture,
      renderHTML: ({ picture }) => ({ "data-picture": picture }),
    },
  }),
  parseHTML: () => [
    { tag: "figure[data-picture]", getAttrs: (element) => (/^[0-9]{1,18}$/.test(element.dataset.picture) ? null : false) },
  ],
  renderHTML: ({ HTMLAttributes }) => ["figure", HTMLAttributes],
  addNodeView: () => view,

  addCommands() {
    return {
      choosePicture:
        (options = {}) =>
        ({ editor }) => {
          const at = options.at ?? null;
          const bringBack = window.desk.keepSelection(editor);
          pickPicture(options).then((picture) => {
            if (!picture) return;
            const id = String(picture.id);
            known.set(id, Promise.resolve(picture));
            const content = { type: this.name, attrs: { picture: id } };
            if (at === null) bringBack();
            const place = at ?? besideParagraph(editor.state.selection);
            const chain = editor.chain().focus();
            if (place === null) chain.insertContent(content).run();
            else chain.insertContentAt(place, content).run();
            // Somewhere to write on; left empty, it is not kept.
            const { doc } = editor.state;
            if (doc.lastChild.type === this.type) editor.commands.insertContentAt(doc.content.size, { type: "paragraph" });
          });
          return true;
        },
    };
  },

  addKeyboardShortcuts() {
    return {
      Enter: ({ editor }) => (editor.isActive(this.name) ? editor.commands.choosePicture() : false),
    };
  },

  addProseMirrorPlugins() {
    const { editor } = this;
    return [
      new Plugin({
        props: {
          handlePaste(_view, { clipboardData }) {
            const file = imageOf(clipboardData);
            // Word puts a picture of the words beside the words.
            if (!file || clipboardData.types.includes("text/html")) return false;
            return editor.commands.choosePicture({ file });
          },
          handleDrop(view, event, _slice, isMove) {
            const file = imageOf(event.dataTransfer);
            if (!file || isMove) return false;
            event.preventDefault();
            const at = view.posAtCoords({ left: event.clientX, top: event.clientY })?.pos;
            return editor.commands.choosePicture({ file, at });
          },
        },
      }),
    ];
  },

  addMenuItems({ menu, buttons }) {
    menu.defineItem({
      name: "libraryPicture",
      groups: "nodes",
      priority: 85,
      button: buttons.material("image", "Picture"),
      command: (editor) => editor.chain().focus().choosePicture().run(),
      active: (editor) => editor.isActive("libraryPicture"),
    });
  },
});
