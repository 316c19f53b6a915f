// Once the editor stands in the place of its text box. Until then, and where its scripts do not come at all, a guest
// writes in a plain box, whose words it takes over. Where it comes without all its parts it is locked: it would throw
// away what it does not know.

"use strict";

document.addEventListener("prose-editor:ready", ({ detail: { editor, textarea } }) => {
  const field = textarea.closest("[data-editor]");
  if (!isWhole()) {
    if (!field?.hidden) lock();
    return;
  }
  for (const link of document.querySelectorAll(`a[href="#${textarea.id}"]`)) {
    link.addEventListener("click", (event) => {
      event.preventDefault();
      editor.commands.focus();
    });
  }
  if (!field) return;
  const plain = document.querySelector("textarea[data-plain]");
  const isWritingThere = plain && document.activeElement === plain;
  field.hidden = false;
  for (const instead of document.querySelectorAll("[data-until-editor]")) instead.hidden = true;
  if (!plain) return;
  plain.removeAttribute("name"); // so that it is not sent beside the editor's own text
  takeOver();
  // A copy that this browser still had of it.
  plain.addEventListener("input", takeOver);
  if (isWritingThere) editor.commands.focus("end");

  function isWhole() {
    const { extensions } = JSON.parse(textarea.dataset.djangoProseEditorConfigurable);
    const there = new Set(["document", ...editor.extensionManager.extensions.map(({ name }) => name.toLowerCase())]);
    return Object.entries(extensions).every(([name, isWanted]) => !isWanted || there.has(name.toLowerCase()));
  }

  function lock() {
    const words = document.createElement("p");
    words.className = "error-summary errornote";
    words.setAttribute("role", "alert");
    words.textContent =
      "Some of the tools for writing did not arrive. So that nothing gets lost, this text is locked. Load the page again to write on.";
    const whole = editor.view.dom.closest(".prose-editor");
    editor.setEditable(false, false); // the text box keeps what it has
    for (const part of whole.children) part.inert = true;
    whole.prepend(words);
  }

  // An empty line begins a new paragraph.
  function takeOver() {
    if (plain.value === plain.defaultValue) return;
    const written = (line) => (line ? [{ type: "text", text: line }] : []);
    const lines = (words) => words.split("\n").flatMap((line, place) => (place ? [{ type: "hardBreak" }, ...written(line)] : written(line)));
    const paragraphs = plain.value.trim().split(/\n\s*\n/).map((words) => ({ type: "paragraph", content: lines(words) }));
    editor.commands.setContent({ type: "doc", content: paragraphs }, { emitUpdate: true });
    plain.value = plain.defaultValue;
  }
});
