// What is typed, pasted or put in while a picture, a fold or a footnote is selected goes behind it. By itself the editor
// puts it in its place: who only touched a picture would lose it without a word.

import { Extension, Plugin, pm } from "django-prose-editor/editor";

const { Selection, TextSelection } = pm.state;

// Puts the caret behind what is selected whole: after a footnote, or into a paragraph of its own after a block.
function stepBehind({ tr, schema }) {
  const { node, $to } = tr.selection;
  if (!node) return null;
  if (node.isInline) return tr.setSelection(TextSelection.create(tr.doc, $to.pos));
  const isThere = $to.nodeAfter?.type === schema.nodes.paragraph && !$to.nodeAfter.content.size;
  if (!isThere) tr.insert($to.pos, schema.nodes.paragraph.create());
  return tr.setSelection(Selection.near(tr.doc.resolve($to.pos + 1)));
}

function goBehind(view) {
  const tr = stepBehind(view.state);
  if (tr) view.dispatch(tr);
  return Boolean(tr);
}

function writeBehind(view, text) {
  const tr = stepBehind(view.state);
  if (tr) view.dispatch(tr.insertText(text).scrollIntoView());
  return Boolean(tr);
}

export const TypeBehind = Extension.create({
  name: "typeBehind",
  priority: 1000, // before all others

  addCommands: () => ({
    stepBehind:
      () =>
      ({ tr, state }) => {
        stepBehind({ tr, schema: state.schema });
        return true;
      },
  }),

  addProseMirrorPlugins: () => [
    new Plugin({
      props: {
        handleTextInput: (view, _from, _to, text) => writeBehind(view, text),
        handlePaste(view) {
          goBehind(view);
          return false;
        },
        handleDOMEvents: {
          // Keyboards on screens and dictation bring no keys, but whole words.
          beforeinput(view, event) {
            if (!["insertText", "insertReplacementText"].includes(event.inputType) || !event.data) return false;
            if (!writeBehind(view, event.data)) return false;
            event.preventDefault();
            return true;
          },
          compositionstart(view) {
            goBehind(view);
            return false;
          },
        },
      },
    }),
  ],
});
