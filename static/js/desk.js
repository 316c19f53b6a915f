// Small helps for the forms of the desk: names for Django's search boxes (select2), which have none of their own for a
// screen reader, and tags to choose from.

"use strict";

function nameSearchBoxes() {
  for (const select of document.querySelectorAll("select.select2-hidden-accessible")) {
    const box = select.nextElementSibling?.querySelector('[role="combobox"]');
    const label = select.labels[0];
    if (!box || !label || box.dataset.named) continue;
    box.dataset.named = "yes";
    label.id ||= `${select.id}_label`;
    const shown = box.querySelector(".select2-selection__rendered");
    box.setAttribute("aria-labelledby", `${label.id} ${shown.id}`);
    shown.setAttribute("aria-labelledby", label.id);
  }
}

// Tags are typed with commas between them: what is there already is offered for the last one.
function suggestTags(box) {
  const list = document.createElement("datalist");
  list.id = `${box.id}_known`;
  box.after(list);
  box.setAttribute("list", list.id);
  box.autocomplete = "off";
  let waiting = 0;
  async function look() {
    const typed = box.value.split(",");
    const term = typed.pop().trim();
    if (!term) return list.replaceChildren();
    const query = new URLSearchParams({ app_label: "blog", model_name: "post", field_name: "tags", term });
    const response = await fetch(`/admin/autocomplete/?${query}`);
    if (!response.ok) return undefined;
    const { results } = await response.json();
    const before = typed.map((tag) => `${tag.trim()}, `).join("");
    return list.replaceChildren(
      ...results.map(({ text }) => Object.assign(document.createElement("option"), { value: before + text })),
    );
  }
  box.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(look, 200);
  });
}

// How many people are like that, while somebody chooses to whom they write.
function countWhileChoosing(fieldset) {
  const shown = fieldset.querySelector('[role="status"]');
  let last = 0;
  async function count() {
    const mine = ++last;
    const chosen = new URLSearchParams(new FormData(fieldset.form));
    ["csrfmiddlewaretoken", "subject", "text", "seen", "request_id"].forEach((name) => chosen.delete(name));
    const response = await fetch(`${fieldset.dataset.countUrl}?${chosen}`);
    if (response.ok && mine === last) shown.textContent = await response.text();
  }
  fieldset.addEventListener("change", count);
  count();
}

window.addEventListener("load", () => document.querySelectorAll("[data-count-url]").forEach(countWhileChoosing));
window.addEventListener("load", () => document.querySelectorAll("[data-tags]").forEach(suggestTags));
// jQuery calls one after the other those who wait for the page; select2 is put in by one of them.
window.addEventListener("load", () => window.django?.jQuery?.(nameSearchBoxes));
// Another row of a form: select2 is put into it by a listener of the same event.
document.addEventListener("formset:added", () => setTimeout(nameSearchBoxes));
