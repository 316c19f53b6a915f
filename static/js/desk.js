// Names for the search boxes of Django's admin (select2), which have none of their own for a screen reader.

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

// jQuery calls one after the other those who wait for the page; select2 is put in by one of them.
window.addEventListener("load", () => window.django?.jQuery?.(nameSearchBoxes));
// Another row of a form: select2 is put into it by a listener of the same event.
document.addEventListener("formset:added", () => setTimeout(nameSearchBoxes));
