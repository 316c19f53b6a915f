// Says every half minute that this form is open, and who else has it open: a word, never a lock.

"use strict";

(() => {
  const marked = document.querySelector("[data-presence]");
  const status = document.querySelector("[data-presence-status]");
  if (!marked || !status) return;

  async function here() {
    const data = new FormData();
    data.append("csrfmiddlewaretoken", document.querySelector("[name=csrfmiddlewaretoken]").value);
    try {
      const response = await fetch(marked.dataset.presence, { method: "POST", body: data, headers: { Accept: "application/json" } });
      if (!response.ok) return;
      const { others } = await response.json();
      const words = others.length ? `${others.join(", ")} ${others.length === 1 ? "has" : "have"} this post open too.` : "";
      if (status.textContent !== words) status.textContent = words;
      status.hidden = !words;
    } catch {
      // Away for a moment; the next word comes in half a minute.
    }
  }

  here();
  setInterval(() => document.hidden || here(), 30_000);
})();
