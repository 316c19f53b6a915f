// Links: to any address, or to a page of ours found by its words.

import { Extension } from "django-prose-editor/editor";

const { ask, getJSON, input, make, search } = window.desk;

async function find(ours, words) {
  if (words.length < 2) return { items: [], words: "" };
  const { links } = await getJSON(`${ours}?${new URLSearchParams({ q: words })}`);
  const count = links.length === 1 ? "One page" : `${links.length} pages`;
  return { items: links, words: links.length ? `${count} found.` : "No page of ours has these words." };
}

// Brings {href, words} or null. Words are asked for only where there is nothing to put the link on; our own pages are
// searched where there is an address for it.
function askForLink({ href = "", asksForWords = false, ours = "" }) {
  const address = input({
    name: "href",
    label: "Where the link leads",
    hint: "Like https://www.example.org, ann@example.org or, for a page of ours, /workshops/",
    attributes: { value: href, maxlength: 2000 },
  });
  const words = input({ name: "words", label: "Words to click on", hint: "Words that say where it leads, not “here”." });
  const pages = search({
    label: "Find a page of ours",
    hint: "",
    find: (typed) => find(ours, typed),
    show: (link) => [make("strong", {}, [link.title]), ` ${link.kind}`],
    onChoose(link, status) {
      const [to, text] = [address, words].map((row) => row.querySelector("input"));
      to.value = link.address;
      text.value ||= link.title;
      status.textContent = `The link leads to “${link.title}”.`;
      (asksForWords && text.value !== link.title ? text : to).focus();
    },
  });
  return ask({
    title: "Link",
    submit: "Save link",
    rows: [...(asksForWords ? [words] : []), address, ...(ours ? pages.rows : [])],
    onSubmit(data) {
      const answer = { href: data.get("href").trim(), words: (data.get("words") ?? "").trim() };
      const errors = {};
      if (!answer.href) errors.href = ["Say where the link leads."];
      if (asksForWords && !answer.words) errors.words = ["Give it some words, so that people know where it leads."];
      return Object.keys(errors).length ? { errors } : answer;
    },
  });
}

function putLink(editor, { href, words }) {
  const mark = { type: "link", attrs: { href } };
  if (words) editor.chain().focus().insertContent({ type: "text", text: words, marks: [mark] }).unsetMark("link").run();
  else editor.chain().focus().extendMarkRange("link").setMark("link", { href }).run();
}

export const LinkDialog = Extension.create({
  name: "linkDialog",
  priority: 10, // after Link, whose command and button it replaces

  addOptions: () => ({ ours: "" }),

  addMenuItems({ _definedItems }) {
    // The button works without a selection too: then the dialog asks for the words.
    if (_definedItems.link) _definedItems.link.enabled = (editor) => editor.state.selection.$from.parent.inlineContent;
  },

  addCommands() {
    return {
      addLink:
        () =>
        ({ editor }) => {
          const asksForWords = editor.state.selection.empty && !editor.isActive("link");
          const bringBack = window.desk.keepSelection(editor);
          askForLink({ href: editor.getAttributes("link").href, asksForWords, ours: this.options.ours }).then((answer) => {
            if (!answer) return;
            bringBack();
            putLink(editor, answer);
          });
          return true;
        },
    };
  },
});
