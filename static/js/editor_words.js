// How long the text is, below its box.

import { Extension } from "django-prose-editor/editor";

const WORDS_A_MINUTE = 200; // as blog/models/posts.py has it, which tells readers

function inWords(editor) {
  const text = editor.state.doc.textBetween(0, editor.state.doc.content.size, " ", " ");
  const count = text.match(/\S*[\p{L}\p{N}]\S*/gu)?.length ?? 0;
  if (!count) return "No words yet";
  const minutes = Math.max(1, Math.round(count / WORDS_A_MINUTE));
  return `${count === 1 ? "1 word" : `${count.toLocaleString("en-GB")} words`}, about ${minutes === 1 ? "a minute" : `${minutes} minutes`} to read`;
}

export const WordCount = Extension.create({
  name: "wordCount",

  onCreate({ editor }) {
    const line = window.desk.make("p", { class: "word-count" });
    const tell = () => {
      line.textContent = inWords(editor);
    };
    let waiting = 0;
    editor.on("update", () => {
      clearTimeout(waiting);
      waiting = setTimeout(tell, 300);
    });
    tell();
    editor.view.dom.after(line);
  },
});
