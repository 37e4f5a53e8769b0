// Only what plain forms cannot do: times as the reader's clock shows them, cards that change by
// themselves, and a click that does not load the whole page. Without it everything still works.
"use strict";

(() => {
  const list = document.getElementById("cards");
  const said = document.getElementById("said");
  const everySeconds = 4;
  const longestSeconds = 60;
  const floatSeconds = 12;
  const quietMilliseconds = 600;

  // Times

  const clock = new Intl.DateTimeFormat(undefined, {
    dateStyle: "medium",
    timeStyle: "short",
  });

  function localTimes(root) {
    for (const time of root.querySelectorAll("time[datetime]")) {
      const moment = new Date(time.dateTime);
      if (time.title || Number.isNaN(moment.getTime())) continue;
      time.title = time.textContent;
      time.textContent = clock.format(moment);
    }
  }

  // What a person is told. It floats where they look, and after a while rests above the cards.

  let rest = 0;

  function float() {
    said.classList.remove("rests");
    window.clearTimeout(rest);
    rest = window.setTimeout(() => said.classList.add("rests"), floatSeconds * 1000);
  }

  function tell(text, done, sign = done ? "Done." : "Not done.") {
    said.className = done ? "said" : "said refused";
    const word = document.createElement("strong");
    word.textContent = sign;
    said.replaceChildren(word, ` ${text}`);
    float();
  }

  function tellFragment(html) {
    const fresh = parse(html).getElementById("said");
    if (!fresh) return false;
    said.className = fresh.className;
    said.replaceChildren(...fresh.childNodes);
    float();
    return true;
  }

  function tellWhere(card) {
    const link = document.createElement("a");
    link.href = `#${card.id}`;
    link.textContent = "Show the case";
    said.append(" ", link);
  }

  function parse(html) {
    return new DOMParser().parseFromString(html, "text/html");
  }

  // Cards

  function typedIn(card) {
    for (const field of card.querySelectorAll("textarea, input:not([type=hidden]), select")) {
      if (field.type === "radio" ? field.checked !== field.defaultChecked
        : "defaultValue" in field && field.value !== field.defaultValue) return true;
    }
    return false;
  }

  function busy(card) {
    return (
      card.contains(document.activeElement) ||
      card.querySelector(".ask[open], .menu[open]") !== null ||
      typedIn(card)
    );
  }

  // The server's HTML of a card, kept beside the node, tells whether it has changed.
  const known = new WeakMap();

  function markup(card) {
    return card.outerHTML;
  }

  function remember(root) {
    for (const card of root.querySelectorAll(".card")) known.set(card, markup(card));
    localTimes(root);
  }

  function offerNewest(card, fresh) {
    card.querySelector(":scope > .changed")?.remove();
    const note = document.createElement("p");
    note.className = "changed";
    note.setAttribute("role", "status");
    const button = document.createElement("button");
    button.type = "button";
    button.className = "quiet";
    button.textContent = typedIn(card)
      ? "Drop what I typed and show how it is now" : "Show how it is now";
    button.addEventListener("click", () => {
      const made = adopt(fresh);
      card.replaceWith(made);
      made.focus();
    });
    note.append("This case has changed since you opened it. ", button);
    card.prepend(note);
  }

  function adopt(fresh) {
    const made = document.importNode(fresh, true);
    known.set(made, markup(fresh));
    localTimes(made);
    return made;
  }

  function current(fresh, force) {
    const old = document.getElementById(fresh.id);
    if (!old) return adopt(fresh);
    if (known.get(old) === markup(fresh)) return old;
    if (fresh.id !== force && busy(old)) {
      if (old.dataset.offered !== markup(fresh)) {
        old.dataset.offered = markup(fresh);
        offerNewest(old, fresh);
      }
      return old;
    }
    const made = adopt(fresh);
    const fold = made.querySelector(".fold");
    if (fold && old.querySelector(".fold[open]")) fold.open = true;
    old.replaceWith(made);
    return made;
  }

  function merge(html, force) {
    const fresh = parse(html);
    const focused = document.activeElement;
    const selection = focused && "selectionStart" in focused
      ? [focused.selectionStart, focused.selectionEnd] : null;
    const waitedFor = new Set(Array.from(list.querySelectorAll("#waiting .card"), (c) => c.id));
    for (const group of fresh.querySelectorAll(".cards")) {
      const home = list.querySelector(`.cards[data-group="${group.dataset.group}"]`);
      let last = null;
      for (const card of Array.from(group.children)) {
        const node = current(card, force);
        const next = last ? last.nextElementSibling : home.firstElementChild;
        if (node !== next) home.insertBefore(node, next);
        last = node;
      }
    }
    const ids = new Set(Array.from(fresh.querySelectorAll(".card"), (card) => card.id));
    for (const card of list.querySelectorAll(".card")) if (!ids.has(card.id)) card.remove();
    list.querySelector(".counts").replaceWith(
      document.importNode(fresh.querySelector(".counts"), true),
    );
    for (const nothing of list.querySelectorAll(".nothing")) {
      nothing.hidden = nothing.previousElementSibling.childElementCount > 0;
    }
    const waiting = list.querySelectorAll("#waiting .card");
    document.title = `${waiting.length ? `(${waiting.length}) ` : ""}Cases · Amends`;
    keepFocus(focused, selection);
    return Array.from(waiting).filter((card) => !waitedFor.has(card.id)).length;
  }

  // Moving a node takes the focus from it; give it back where the person was.
  function keepFocus(focused, selection) {
    if (!focused || !focused.isConnected || focused === document.activeElement) return;
    focused.focus({ preventScroll: true });
    if (selection) {
      try {
        focused.setSelectionRange(...selection);
      } catch {
        // a field without a caret
      }
    }
  }

  // Refreshing

  let tag = "";
  let pause = everySeconds;
  let timer = 0;

  function later() {
    window.clearTimeout(timer);
    timer = window.setTimeout(refresh, pause * 1000);
  }

  async function refresh(force = "") {
    if (document.hidden && !force) return later();
    try {
      const headers = tag && !force ? { "If-None-Match": tag } : {};
      const answer = await fetch(list.dataset.refresh, { headers, cache: "no-store" });
      if (answer.status === 401) {
        tell("You have been signed out. Load the page to sign in again.", false);
        return undefined;
      }
      if (answer.status === 200) {
        const more = merge(await answer.text(), force);
        beQuiet();
        tag = answer.headers.get("ETag") ?? "";
        if (more && !force) {
          tell(`${more === 1 ? "One more case waits" : `${more} more cases wait`} for you.`, true, "New.");
        }
      }
      pause = everySeconds;
    } catch {
      pause = Math.min(pause * 2, longestSeconds);
    }
    return later();
  }

  // Clicking

  // After cards have moved, the second half of a double click would hit another case's button.
  let quietUntil = 0;

  function beQuiet() {
    quietUntil = performance.now() + quietMilliseconds;
  }

  async function submit(event) {
    const form = event.target;
    if (!list || form.getAttribute("action") !== "/decisions") return;
    event.preventDefault();
    if (performance.now() < quietUntil) return;
    const button = event.submitter;
    const card = form.closest(".card");
    if (button) button.disabled = true;
    try {
      const answer = await fetch("/decisions", {
        method: "POST",
        headers: { "X-Amends": "fetch" },
        body: new URLSearchParams(new FormData(form)),
      });
      const understood = [200, 409].includes(answer.status) && !answer.redirected &&
        tellFragment(await answer.text());
      if (!understood) tell("Load the page to see how things stand.", false);
      const typed = answer.status === 409 && form.querySelector("textarea, input:not([type=hidden]), select");
      if (!typed && understood) {
        const group = card.closest(".cards");
        const next = card.nextElementSibling;
        await refresh(card.id);
        goOn(document.getElementById(card.id), group, next);
      }
    } catch {
      tell("Amends does not answer. Nothing may have been done: load the page to see.", false);
    } finally {
      if (button) button.disabled = false;
    }
  }

  // A case that moved away leaves the person at the next one, where their eyes are.
  function goOn(card, group, next) {
    const stayed = card && card.closest(".cards") === group;
    if (card && !stayed) tellWhere(card);
    const target = stayed || !next?.isConnected ? card : next;
    target?.focus({ preventScroll: true });
    if (!stayed) target?.scrollIntoView({ block: "start" });
  }

  // One open form at a time is enough, but for one in which something was typed.
  function closeOthers(event) {
    const opened = event.target;
    if (!(opened instanceof HTMLDetailsElement) || !opened.open) return;
    const row = opened.closest(".actions");
    if (!row) return;
    for (const other of row.querySelectorAll("details[open]")) {
      if (other !== opened && !other.contains(opened) && !typedIn(other)) other.open = false;
    }
  }

  function escape(event) {
    if (event.key !== "Escape") return;
    const open = document.activeElement?.closest("details.ask[open], details.menu[open]");
    if (!open || typedIn(open)) return;
    open.open = false;
    open.querySelector("summary").focus();
  }

  document.addEventListener("submit", submit);
  document.addEventListener("toggle", closeOthers, true);
  document.addEventListener("keydown", escape);
  remember(document);
  if (said?.textContent) float();
  if (list) later();
})();
