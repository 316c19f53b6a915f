// Dialogs of the desk: each has a name, closes on Escape, shows errors beside the fields and gives the focus back.
// A plain script, so that forms with and without the rich-text editor can share it: `desk.ask(...)`.

"use strict";

window.desk = (() => {
  let number = 0;

  // An element with attributes and children; what is null or false is left out.
  function make(name, attributes = {}, children = []) {
    const element = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) {
      if (value === true) element.setAttribute(key, "");
      else if (value !== false && value !== null && value !== undefined) element.setAttribute(key, value);
    }
    element.append(...children.filter((child) => child !== null));
    return element;
  }

  // A control with its label, its hint and a place for what is wrong with it.
  function row(control, { name, label, hint = "" }) {
    const id = `desk-${++number}`;
    control.id = id;
    if ("name" in control) control.name = name;
    const help = hint ? make("p", { class: "desk-dialog__hint", id: `${id}-hint` }, [hint]) : null;
    const error = make("p", { class: "desk-dialog__error", id: `${id}-error`, hidden: true });
    control.setAttribute("aria-describedby", [help?.id, error.id].filter(Boolean).join(" "));
    const words = make("label", { for: id }, [label]);
    const inOrder = control.type === "checkbox" ? [control, words, help, error] : [words, help, control, error];
    return make("div", { class: "desk-dialog__row", "data-row": name }, inOrder);
  }

  const input = (options) => row(make("input", { type: "text", autocomplete: "off", ...options.attributes }), options);
  const textarea = (options) => row(make("textarea", { rows: 2, ...options.attributes }), options);
  const tick = (options) => row(make("input", { type: "checkbox", ...options.attributes }), options);
  const select = (options) =>
    row(make("select", {}, options.choices.map(([value, words]) => make("option", { value }, [words]))), options);

  // Errors as {field: [sentences]}; those of no field shown here stand on top.
  function showErrors(form, errors) {
    for (const place of form.querySelectorAll(".desk-dialog__error")) {
      place.hidden = true;
      place.textContent = "";
    }
    for (const control of form.querySelectorAll("[aria-invalid]")) control.removeAttribute("aria-invalid");
    for (const [name, sentences] of Object.entries(errors)) {
      const its = form.querySelector(`[data-row="${CSS.escape(name)}"]`);
      const place = its?.querySelector(".desk-dialog__error") ?? form.querySelector(".desk-dialog__error--all");
      place.textContent = [place.textContent, ...sentences].filter(Boolean).join(" ");
      place.hidden = false;
      its?.querySelector("input, textarea, select, [role=textbox]")?.setAttribute("aria-invalid", "true");
    }
    (form.querySelector("[aria-invalid]") ?? form.querySelector(".desk-dialog__error--all")).focus();
  }

  // Opens a dialog. `onSubmit(data)` gives what the promise is to bring, or {errors} to stay open.
  // `rows` may be a function that gets `finish`, for a dialog that can end in other ways too.
  function ask({ title, rows, submit, onSubmit = (data) => Object.fromEntries(data), isWide = false }) {
    return new Promise((resolve) => {
      let answer = null;
      const finish = (result) => {
        answer = result;
        dialog.close();
      };
      const heading = make("h2", { class: "desk-dialog__title", id: `desk-${++number}` }, [title]);
      const cancel = make("button", { type: "button", class: "desk-dialog__button" }, ["Cancel"]);
      const go = submit ? make("button", { type: "submit", class: "desk-dialog__button desk-dialog__button--main" }, [submit]) : null;
      const form = make("form", { novalidate: true }, [
        heading,
        make("p", { class: "desk-dialog__error desk-dialog__error--all", role: "alert", tabindex: "-1", hidden: true }),
        ...(typeof rows === "function" ? rows(finish) : rows),
        make("div", { class: "desk-dialog__buttons" }, [go, cancel]),
      ]);
      const dialog = make("dialog", { class: `desk-dialog${isWide ? " desk-dialog--wide" : ""}`, "aria-labelledby": heading.id }, [form]);
      cancel.addEventListener("click", () => dialog.close());
      form.addEventListener("submit", async (event) => {
        event.preventDefault();
        event.stopPropagation();
        if (go.disabled) return;
        go.disabled = true; // a second click on Upload is no second picture
        const result = await onSubmit(new FormData(form), form);
        go.disabled = false;
        if (result?.errors) showErrors(form, result.errors);
        else finish(result);
      });
      dialog.addEventListener("close", () => {
        dialog.remove(); // the browser has given the focus back by now
        resolve(answer);
      });
      dialog.addEventListener("keydown", (event) => {
        event.stopPropagation(); // a form's own shortcuts and the editor's listen further out
        if (event.key !== "Escape" || event.isComposing) return;
        event.preventDefault(); // a text box like the editor's keeps the browser from doing it
        dialog.close();
      });
      document.body.append(dialog);
      dialog.showModal();
    });
  }

  // Brings an editor's selection back to what it is now: when a dialog closes, the browser may have moved it.
  function keepSelection(editor) {
    const { from, to, node } = editor.state.selection;
    return () => (node ? editor.commands.setNodeSelection(from) : editor.commands.setTextSelection({ from, to }));
  }

  // A search box with what it finds below it: `find(words)` brings {items, words}, `show(item)` its button's content.
  function search({ label, hint, find, show, onChoose, isGrid = false }) {
    const box = input({ name: "search", label, hint, attributes: { inputmode: "search" } });
    const found = make("ul", { class: `desk-dialog__found${isGrid ? " desk-dialog__found--grid" : ""}`, hidden: true });
    const status = make("p", { class: "desk-dialog__status", role: "status" });
    const control = box.querySelector("input");
    let latest = 0;
    async function look() {
      const mine = ++latest;
      let items = [];
      let words = "The search does not answer just now. Try again in a moment.";
      try {
        ({ items, words } = await find(control.value.trim()));
      } catch {
        // Said in the words above.
      }
      if (mine !== latest) return; // an answer that came after a later one
      status.textContent = words;
      found.hidden = !items.length;
      found.replaceChildren(
        ...items.map((item) => {
          const button = make("button", { type: "button", class: "desk-dialog__choice" }, show(item));
          button.addEventListener("click", () => onChoose(item, status));
          return make("li", {}, [button]);
        }),
      );
    }
    let waiting = 0;
    control.addEventListener("input", () => {
      clearTimeout(waiting);
      waiting = setTimeout(look, 250);
    });
    control.addEventListener("keydown", (event) => {
      if (event.key !== "Enter") return;
      event.preventDefault(); // Enter searches; it does not send the dialog
      clearTimeout(waiting);
      look();
    });
    return { rows: [box, status, found], look };
  }

  async function getJSON(address) {
    const response = await fetch(address, { headers: { Accept: "application/json" } });
    if (!response.ok) throw new Error(response.status);
    return response.json();
  }

  const token = () => document.querySelector("[name=csrfmiddlewaretoken]")?.value ?? "";

  return { ask, getJSON, input, keepSelection, make, search, select, textarea, tick, token };
})();
