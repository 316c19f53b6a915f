// The fold: lists show what stands before it, and "Continue reading" leads to what follows. Stored as <hr data-fold="">,
// at most once and never within anything else.

import { Node, Plugin, pm } from "django-prose-editor/editor";

function folds(doc, type) {
  const found = [];
  doc.descendants((node, position, parent) => {
    if (node.type === type) found.push({ position, isOnTop: parent === doc });
  });
  return found;
}

export const Fold = Node.create({
  name: "fold",
  group: "block",
  atom: true,
  selectable: true,
  draggable: true,

  parseHTML: () => [{ tag: "hr[data-fold]", priority: 60 }], // before the plain dividing line
  renderHTML: () => ["hr", { "data-fold": "" }],

  addNodeView: () => () => {
    const { make } = window.desk;
    const words = make("span", {}, ["Continue reading starts here"]);
    return { dom: make("div", { class: "fold-line", "data-fold": "", contenteditable: "false" }, [words]) };
  },

  addCommands() {
    return {
      // Puts the fold behind the paragraph of the caret, taking it away from elsewhere.
      setFold:
        () =>
        ({ state, tr, dispatch }) => {
          if (!dispatch) return true;
          for (const { position } of folds(tr.doc, this.type).reverse()) tr.delete(position, position + 1);
          const { $to } = tr.selection;
          const place = $to.depth ? $to.after(1) : $to.pos;
          const isLast = place === tr.doc.content.size;
          // Somewhere to write on; left empty, it is not kept.
          tr.insert(place, [this.type.create(), ...(isLast ? [state.schema.nodes.paragraph.create()] : [])]);
          tr.setSelection(pm.state.Selection.near(tr.doc.resolve(place + 1)));
          return true;
        },
      removeFold:
        () =>
        ({ state, tr, dispatch }) => {
          const [first] = folds(state.doc, this.type);
          if (first && dispatch) tr.delete(first.position, first.position + 1);
          return Boolean(first);
        },
    };
  },

  addProseMirrorPlugins() {
    return [
      new Plugin({
        // Pasted and moved ones are held to the same rule.
        appendTransaction: (transactions, _before, { doc, tr }) => {
          if (!transactions.some((transaction) => transaction.docChanged)) return null;
          const found = folds(doc, this.type);
          const stays = found.find(({ isOnTop }) => isOnTop);
          const rest = found.filter((fold) => fold !== stays);
          for (const { position } of rest.reverse()) tr.delete(position, position + 1);
          return rest.length ? tr : null;
        },
      }),
    ];
  },

  addMenuItems({ menu, buttons }) {
    menu.defineItem({
      name: "fold",
      groups: "nodes",
      priority: 80,
      button: buttons.material("unfold_more", "“Continue reading” starts after this paragraph"),
      command(editor) {
        if (editor.isActive("fold")) editor.chain().focus().removeFold().run();
        else editor.chain().focus().setFold().run();
      },
      active: (editor) => editor.isActive("fold"),
    });
  },
});
