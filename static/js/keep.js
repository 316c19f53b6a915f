// Keeps what somebody writes, while they write: on the server every few seconds, and in this tab until it is there.
// For the form with data-keep="address"; it says what happened in the element with data-keep-status.

"use strict";

(() => {
  const marked = document.querySelector("[data-keep]");
  if (!marked) return;
  const form = marked.form ?? marked.closest("form") ?? document.getElementById(marked.dataset.keepForm);
  const status = document.querySelector("[data-keep-status]");
  const copy = `keep ${location.pathname}`;
  const NAMES = ["title", "standfirst", "introduction", "body", "content_note", "name", "organisation"];
  const PAUSE = 2000;
  const AGAIN = 10000;
  let sent = words();
  let seen = sent;
  let timer = null;
  let isSending = false;

  function words() {
    const data = new FormData(form);
    return JSON.stringify(NAMES.filter((name) => data.has(name)).map((name) => [name, data.get(name)]));
  }

  function say(text) {
    if (status && status.textContent !== text) status.textContent = text;
  }

  // Only in this tab, and only while the server does not have it: on a shared machine nothing must stay behind.
  function remember(text) {
    try {
      if (text === null) sessionStorage.removeItem(copy);
      else sessionStorage.setItem(copy, text);
    } catch {
      // Full, or switched off: the words still stand on the page.
    }
  }

  function later(pause) {
    clearTimeout(timer);
    timer = setTimeout(keep, pause);
  }

  async function keep() {
    const now = words();
    if (isSending || now === sent) return;
    isSending = true;
    remember(now);
    const data = new FormData();
    for (const [name, value] of JSON.parse(now)) data.append(name, value);
    for (const name of ["base", "csrfmiddlewaretoken"]) data.append(name, form.elements[name].value);
    try {
      const response = await fetch(marked.dataset.keep, { method: "POST", body: data, headers: { Accept: "application/json" } });
      const answer = await response.json().catch(() => ({}));
      if (response.ok) {
        sent = now;
        remember(null);
        say(`Kept at ${answer.kept}.`);
      } else if (answer.problem) {
        say(`Not kept. ${answer.problem}`);
      } else {
        throw new Error(String(response.status));
      }
    } catch {
      say("Not kept: the site does not answer. Your words stay on this page, and we try again.");
      later(AGAIN);
    } finally {
      isSending = false;
    }
  }

  function changed() {
    const now = words();
    if (now === seen) return;
    seen = now;
    remember(now);
    later(PAUSE);
  }

  // The editor writes into its text box without an event of its own.
  form.addEventListener("input", changed);
  form.addEventListener("keyup", changed);
  setInterval(changed, PAUSE);
  form.addEventListener("submit", () => clearTimeout(timer));

  const left = (() => {
    try {
      return sessionStorage.getItem(copy);
    } catch {
      return null;
    }
  })();
  if (left && left !== sent) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "button button--quiet";
    button.textContent = "Take up the words that this browser still has";
    button.addEventListener("click", () => {
      for (const [name, value] of JSON.parse(left)) {
        const field = form.elements[name];
        if (!field) continue;
        field.value = value;
        field.dispatchEvent(new Event("input", { bubbles: true }));
        field.dispatchEvent(new CustomEvent("taken-up", { bubbles: true }));
      }
      button.remove();
      changed();
    });
    (status ?? marked).after(button);
  }
})();
