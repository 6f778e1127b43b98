/* Saves the form while people write in it together. Without it the button saves; with it nothing is lost to a closed lid, to a
   session that ended, to a network that is gone, or to a colleague who writes in the same answer. Needs keep.js. */
(() => {
  "use strict";
  const form = document.querySelector("form[data-autosave]");
  if (!form || !window.draftKeep) return;
  const { open, state, asItCame, drawn, belong, textOf, body, add } = window.draftKeep;
  const words = form.dataset;
  const keep = open(words.account, words.application);
  const marks = document.querySelectorAll("[data-saved-mark]");
  const news = form.querySelector("[data-news]");
  const backNotice = form.querySelector("[data-back]");
  const elsewhere = form.querySelector("[data-elsewhere]");
  const token = form.elements.namedItem("csrfmiddlewaretoken");
  const SECOND = 1000;
  const PAUSE = 1.2 * SECOND;
  const AT_LEAST = 10 * SECOND; // while somebody types on and on
  const PATIENCE = 20 * SECOND;
  const ASK = 15 * SECOND; // what colleagues wrote
  const ASK_SOON = 5 * SECOND; // while they write
  const IDLE = 600 * SECOND; // an open page that nobody uses asks no more: a session must be able to end
  const fill = (text, values) => text.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);

  let tone = "";
  const say = (text, state = "") => {
    tone = state;
    for (const mark of marks) {
      if (mark.textContent !== text) mark.textContent = text;
      mark.classList.toggle("is-unsaved", state === "unsaved");
      mark.classList.toggle("is-saving", state === "saving");
    }
  };

  // ---- fields: q_… is an answer, v_… its version, b_… the mark of what the page showed in it ----
  const fields = new Map();
  for (const place of form.querySelectorAll("[data-asked]")) {
    const name = place.dataset.asked;
    const version = form.elements.namedItem(name.replace(/^q/, "v"));
    const controls = [...form.elements].filter((one) => belong(one, name));
    if (!version || !controls.length) continue;
    fields.set(name, {
      name, place, controls, version, base: form.elements.namedItem(name.replace(/^q/, "b")),
      // Shown again after a save that did not take it: it is nowhere but on this page.
      shown: "unsaved" in place.dataset ? "" : asItCame(controls),
      sent: [], other: null, panel: null, isKept: true,
    });
  }
  const now = (field) => state(field.controls);
  const isDirty = (field) => now(field) !== field.shown;
  const anyDirty = () => [...fields.values()].some(isDirty);
  const labelOf = (field) => field.place.querySelector("legend, label")?.textContent.trim() ?? "";
  let writing = false;
  const write = (field, kept) => {
    const pairs = JSON.parse(kept);
    writing = true;
    for (const one of field.controls) {
      const given = pairs.filter(([control]) => control === one.name).map(([, value]) => value);
      const place = document.activeElement === one && "selectionStart" in one ? one.selectionStart : null;
      if (/^(checkbox|radio)$/.test(one.type)) one.checked = given.includes(one.value);
      else if (one.type === "select-multiple") for (const option of one.options) option.selected = given.includes(option.value);
      else one.value = given[field.controls.filter((two) => two.name === one.name).indexOf(one)] ?? "";
      if (place !== null && one.type !== "number") try { one.setSelectionRange(place, place); } catch { /* not a text */ }
    }
    // What hears fields (counters, conditions) hears this too.
    for (const one of field.controls) for (const kind of ["input", "change"]) one.dispatchEvent(new Event(kind, { bubbles: true }));
    writing = false;
  };
  const take = (field, entry) => {
    field.version.value = entry.v;
    field.base.value = entry.b;
  };

  // ---- the copy on this device, while something is not saved ----
  const keepOne = (field) => {
    if (isDirty(field)) {
      field.isKept = keep.put(field.name, {
        path: location.pathname, label: labelOf(field), state: now(field), v: field.version.value, b: field.base.value, sent: field.sent,
      });
    } else { keep.drop(field.name); field.isKept = true; }
  };
  const keepAll = () => fields.forEach(keepOne);
  const isKept = () => [...fields.values()].every((field) => field.isKept);

  // ---- two texts of one answer ----
  const contest = (field, entry) => {
    const isNew = field.other?.v !== entry.v;
    field.other = entry;
    field.theirs = drawn(field.name, entry.html);
    if (!field.panel) {
      field.panel = form.querySelector("template[data-conflict]").content.firstElementChild.cloneNode(true);
      const key = field.name.slice(2);
      const title = field.panel.querySelector("[data-conflict-title]");
      title.id = `conflict-${key}`;
      field.panel.setAttribute("aria-labelledby", title.id);
      field.panel.querySelector("[data-take-theirs]").value = key;
      field.panel.querySelector("[data-take-both]").hidden = !isText(field);
      (field.place.querySelector(":scope > .question") ?? field.place.firstElementChild).after(field.panel);
    }
    field.panel.querySelector("[data-conflict-title]").textContent = fill(entry.mine ? words.sayMine : words.sayTheirs, { who: entry.who, at: entry.at });
    field.panel.querySelector("[data-conflict-theirs]").textContent = entry.words || words.sayEmpty;
    if (isNew) tell(fill(words.sayBoth, { who: entry.who, label: labelOf(field) }));
    keepOne(field);
  };
  const isText = (field) => field.controls.length === 1 && /^(text|textarea)$/.test(field.controls[0].type);
  const settle = (field) => {
    if (field.other?.html !== undefined) take(field, field.other);
    field.other = null;
    const inside = field.panel?.contains(document.activeElement);
    field.panel?.remove();
    field.panel = null;
    if (inside) field.controls.find((one) => !one.disabled)?.focus();
  };
  const mineStays = (field) => {
    settle(field);
    field.shown = ""; // not what is kept, whatever it reads
    keepOne(field);
    later(0);
  };
  const theirsCome = (field) => {
    const mine = now(field);
    const entry = field.other;
    const theirs = field.theirs;
    settle(field);
    write(field, theirs);
    field.shown = now(field);
    field.sent = [];
    keepOne(field);
    edited(field, entry, mine);
    later(0);
  };
  form.addEventListener("click", (event) => {
    const button = event.target.closest("[data-keep-mine], [data-take-theirs], [data-take-both]");
    const field = button && [...fields.values()].find((one) => one.panel?.contains(button));
    // A panel that the server drew knows no other text to put into the field: its button asks the server.
    if (!field || (field.theirs === undefined && !button.matches("[data-keep-mine]"))) return;
    event.preventDefault();
    if (button.matches("[data-keep-mine]")) mineStays(field);
    else if (button.matches("[data-take-theirs]")) theirsCome(field);
    else {
      const [[name, mine]] = JSON.parse(now(field));
      const between = field.controls[0].type === "textarea" ? "\n\n" : " ";
      write(field, JSON.stringify([[name, `${mine}${between}${textOf(field.theirs)}`]]));
      keepOne(field);
      field.controls[0].focus();
    }
  });

  // ---- what colleagues wrote elsewhere: it comes by itself, with a quiet mark ----
  const tell = (text) => { if (news) news.textContent = text; };
  const edited = (field, entry, put_aside = "") => {
    const line = field.place.querySelector("[data-edited]");
    if (!line) return;
    line.textContent = fill(words.sayEdited, { who: entry.who, at: entry.at });
    line.hidden = !entry.who;
    if (!put_aside || !textOf(put_aside)) return;
    const back = Object.assign(document.createElement("button"), { type: "button", className: "btn btn-link", textContent: words.sayBring });
    back.addEventListener("click", () => {
      write(field, put_aside);
      line.hidden = true;
      field.controls[0].focus();
      keepOne(field);
      later(0);
    });
    line.append(" ", back);
  };
  // A fact of the record was changed here: whether the record follows.
  const ask = (field, html) => {
    field.place.querySelector("[data-known]")?.remove();
    if (!html) return;
    field.place.querySelector(".read-by").insertAdjacentHTML("beforebegin", html);
    tell(field.place.querySelector("[data-asks]")?.textContent.trim().replace(/\s+/g, " ") ?? "");
  };
  const hear = (field, entry, before) => {
    if (field.other) { contest(field, entry); return; }
    // Typed meanwhile over the old text: it stays, and the next save shows both.
    if (now(field) !== before) return;
    write(field, drawn(field.name, entry.html));
    take(field, entry);
    field.shown = now(field);
    field.sent = [];
    keepOne(field);
    if (entry.mine) return;
    edited(field, entry);
    tell(fill(words.sayNews, { who: entry.who, label: labelOf(field), at: entry.at }));
  };

  // ---- one exchange; answers "saved", "shown" (there is something to read first), "out", "lost" ----
  let timer = 0;
  let due = Infinity;
  let running = null;
  let unsavedSince = 0;
  let misses = 0;
  let spoke = Date.now();
  let usedAt = Date.now();
  let heardAt = 0;
  const later = (pause) => {
    window.clearTimeout(timer);
    due = Date.now() + pause;
    timer = window.setTimeout(() => { due = Infinity; save(); }, pause);
  };

  const lost = (isCut) => {
    misses += 1;
    if (isCut || misses > 1 || anyDirty()) {
      say(isKept() ? (isCut ? words.sayOffline : words.sayLater) : words.sayOnlyHere, "unsaved");
    }
    later(Math.min(2 * misses, 15) * SECOND);
    return "lost";
  };
  const refuse = (text) => {
    say(text, "unsaved");
    return "shown";
  };

  const exchange = async (signal) => {
    const sent = new Map();
    const page = new Map([...fields.values()].map((field) => [field, now(field)]));
    const message = body(token.value, words.account);
    let size = 0;
    for (const [field, shown] of page) {
      const name = field.name.replace(/^q/, "v");
      if (shown === field.shown || field.other) { message.set(name, field.other?.v ?? field.version.value); continue; }
      add(message, field.name, shown, { v: field.version.value, b: field.base.value });
      size += 3 * shown.length;
      sent.set(field, shown);
      // The answer may be lost when the server has it: our own text is no colleague's.
      if (!field.sent.includes(shown)) field.sent = [...field.sent.slice(-4), shown];
      keepOne(field);
    }
    const answer = await fetch(location.pathname, {
      method: "POST", body: message, credentials: "same-origin", redirect: "manual", signal,
      keepalive: size < 40_000, headers: { "X-Autosave": "1" },
    });
    return { answer, sent, page };
  };
  const understand = (said, sent, page) => {
    for (const [field, shown] of sent) {
      const entry = said.fields?.[field.name];
      if (!entry) continue;
      take(field, entry);
      field.shown = shown;
      field.sent = [];
      if (entry.known !== undefined) ask(field, entry.known);
    }
    for (const [name, entry] of Object.entries(said.newer ?? {})) {
      const field = fields.get(name);
      if (field) { hear(field, entry, page.get(field)); heardAt = Date.now(); }
    }
    let ownAgain = false;
    for (const entry of said.conflicts ?? []) {
      const field = fields.get(entry.field);
      if (!field) continue;
      const theirs = drawn(field.name, entry.html);
      if (field.sent.includes(theirs)) { // what this page sent and never heard of
        take(field, entry);
        field.shown = theirs;
        field.sent = [];
        ownAgain = true;
      } else { contest(field, entry); heardAt = Date.now(); }
    }
    keepAll();
    return ownAgain;
  };
  const attempt = async () => {
    const stop = new AbortController();
    const tooLong = window.setTimeout(() => stop.abort(), PATIENCE);
    try {
      if (tone !== "unsaved" && [...fields.values()].some((field) => isDirty(field) && !field.other)) say(words.saySaving, "saving");
      let { answer, sent, page } = await exchange(stop.signal);
      if (answer.status === 403) {
        const who = await whoIsHere();
        if (who !== "same") return ended(who);
        ({ answer, sent, page } = await exchange(stop.signal));
      }
      if (answer.status === 404) return refuse(words.sayGone);
      if (answer.status === 401 || answer.type === "opaqueredirect") return ended("nobody");
      const said = answer.headers.get("Content-Type")?.startsWith("application/json") ? await answer.json() : null;
      if (!said) return lost(false);
      if (said.other_account) return ended("other");
      if (misses) comeBack();
      misses = 0;
      spoke = Date.now();
      ended("same");
      const ownAgain = understand(said, sent, page);
      unsavedSince = 0;
      if (said.refusal) return refuse(said.refusal);
      if (said.gone?.length) return refuse(words.sayGone);
      if ([...fields.values()].some((field) => field.other)) {
        say(words.sayConflict, "unsaved");
        if ([...fields.values()].some((field) => isDirty(field) && !field.other)) later(ownAgain ? 0 : PAUSE);
        return "shown";
      }
      if (anyDirty()) { say(words.saySaving, "saving"); later(ownAgain ? 0 : PAUSE); return "again"; }
      if (said.saved) say(`${words.saySaved} ${said.saved}`);
      else if (tone) say(hourSaved);
      if (said.saved) hourSaved = `${words.saySaved} ${said.saved}`;
      return "saved";
    } catch (error) {
      return lost(error.name !== "AbortError" || !navigator.onLine);
    } finally {
      window.clearTimeout(tooLong);
    }
  };
  const save = async () => {
    window.clearTimeout(timer);
    due = Infinity;
    while (running) await running;
    running = attempt();
    try { return await running; } finally { running = null; }
  };

  // ---- a session that ended is renewed beside the page ----
  const dialog = document.querySelector("dialog[data-session]");
  const renew = form.querySelector("[data-renew]");
  const channel = "BroadcastChannel" in window ? new BroadcastChannel("portal-session") : null;
  let session = "same";
  let cameFrom = null;
  const whoIsHere = async () => {
    const answer = await fetch(location.pathname, { credentials: "same-origin", redirect: "manual", headers: { "X-Autosave": "1" } });
    if (!answer.ok || !answer.headers.get("Content-Type")?.startsWith("application/json")) return "nobody";
    const said = await answer.json();
    if (said.account !== words.account) return "other";
    token.value = said.token;
    return "same";
  };
  const ended = (who) => {
    const before = session;
    session = who;
    if (renew) renew.hidden = who === "same";
    if (who === "same") {
      if (dialog?.open) dialog.close();
      return "saved";
    }
    say(isKept() ? words.saySignedOut : words.sayOnlyHere, "unsaved");
    dialog?.querySelectorAll("[data-when]").forEach((part) => { part.hidden = part.dataset.when !== who; });
    if (dialog && !dialog.open && before !== who) {
      cameFrom = document.activeElement;
      dialog.showModal();
    }
    return "out";
  };
  dialog?.addEventListener("close", () => cameFrom?.focus());
  renew?.addEventListener("click", () => { cameFrom = document.activeElement; dialog?.showModal(); });
  dialog?.addEventListener("click", (event) => {
    const link = event.target.closest("a[target]");
    // A window of its own, which may close itself when it is done.
    if (link && window.open(link.href, "portal-session", "popup,width=520,height=760")) event.preventDefault();
  });
  const lookAgain = async () => {
    if (session === "same" || running) return;
    try {
      const who = await whoIsHere();
      if (who === "same") await save();
      else ended(who);
    } catch { /* no network: it is asked again */ }
  };
  if (channel) channel.onmessage = lookAgain;

  // ---- when to save ----
  form.addEventListener("input", (event) => {
    if (writing) return;
    usedAt = Date.now();
    const field = [...fields.values()].find((one) => one.controls.includes(event.target));
    if (!field) return;
    keepOne(field);
    if (!isDirty(field)) { later(PAUSE); return; }
    if (tone !== "unsaved") say(words.saySaving, "saving");
    unsavedSince ||= Date.now();
    later(misses ? PAUSE : Math.max(0, Math.min(PAUSE, unsavedSince + AT_LEAST - Date.now())));
  });
  const soon = () => { if (!writing && anyDirty() && session === "same") later(0); };
  form.addEventListener("focusout", soon);
  form.addEventListener("change", (event) => { if (!/^(text|textarea)$/.test(event.target.type)) soon(); });
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) { if (anyDirty() && session === "same") save(); return; }
    usedAt = Date.now();
    if (session === "same") later(0); else lookAgain();
  });
  window.addEventListener("focus", () => { usedAt = Date.now(); if (session === "same") later(anyDirty() ? 0 : SECOND); else lookAgain(); });
  for (const kind of ["pointerdown", "keydown"]) document.addEventListener(kind, () => { usedAt = Date.now(); }, { passive: true });
  window.addEventListener("online", () => later(0));
  window.addEventListener("offline", () => { if (anyDirty()) say(isKept() ? words.sayOffline : words.sayOnlyHere, "unsaved"); });
  // Cleared by a sign-out elsewhere; what this page still holds is kept again once its own person is back.
  window.setInterval(() => {
    if (document.hidden || running) return;
    if (session !== "same") { lookAgain(); return; }
    const often = Date.now() - heardAt < 120 * SECOND ? ASK_SOON : ASK;
    if (Date.now() - usedAt < IDLE && Date.now() - spoke >= often && due === Infinity) save();
  }, 2.5 * SECOND);

  // The button first makes sure that the server takes it: a page left for the sign-in page is a text lost.
  let mayGo = false;
  form.addEventListener("submit", (event) => {
    window.clearTimeout(timer);
    if (mayGo) return;
    event.preventDefault();
    const button = event.submitter;
    if (form.getAttribute("aria-busy")) return;
    form.setAttribute("aria-busy", "true");
    const go = (result) => {
      form.removeAttribute("aria-busy");
      const open = [...fields.values()].find((field) => field.panel && field.theirs !== undefined);
      if (open) { open.panel.querySelector("[data-conflict-title]").focus(); return; }
      if (result === "out" && dialog && !dialog.open) dialog.showModal();
      if (result === "out" || result === "lost") return;
      window.clearTimeout(timer);
      mayGo = true;
      form.requestSubmit(button);
    };
    // What was typed while the save was under way goes with the next one.
    const again = (times) => save().then((result) => (result === "again" && times ? again(times - 1) : go(result)));
    again(3);
  });
  window.addEventListener("pageshow", () => { mayGo = false; });

  // ---- what was left behind: on this page, and in other sections ----
  let hourSaved = marks[0]?.textContent.trim() ?? "";
  const putBack = (entries) => {
    const back = [];
    for (const [name, entry] of Object.entries(entries)) {
      const field = fields.get(name);
      if (!field) continue;
      delete entries[name];
      if (entry.state === now(field) || isDirty(field)) { keepOne(field); continue; }
      const before = now(field);
      // As the page was when it was typed: what a colleague wrote since is shown, not overwritten. Our own text that the
      // server has had after all is none of theirs.
      if (!entry.sent?.includes(before)) take(field, entry);
      field.sent = entry.sent ?? [];
      write(field, entry.state);
      keepOne(field);
      back.push([field, before]);
    }
    return back;
  };
  // A note to the team goes with its button; until it stands on the page it waits on the device too.
  const keepNote = (target) => {
    if (target.value.trim()) keep.put(target.name, { path: location.pathname, state: JSON.stringify([[target.name, target.value]]), sent: [] });
    else keep.drop(target.name);
  };
  form.addEventListener("input", ({ target }) => { if (target.matches(".note-field")) keepNote(target); });
  for (const one of form.querySelectorAll(".note-field")) if (one.value !== one.defaultValue) keepNote(one);
  const putNotesBack = (entries) => {
    for (const [name, entry] of Object.entries(entries).filter(([one]) => one.startsWith("n_"))) {
      delete entries[name];
      const box = form.elements.namedItem(name)?.closest("details");
      if (!box) continue;
      const text = textOf(entry.state).trim();
      const stands = [...box.querySelectorAll(".note-text")].some((one) => one.innerText.trim() === text || one.textContent.trim() === text);
      if (stands) keep.drop(name);
      else if (!box.querySelector(".note-field").value) {
        box.querySelector(".note-field").value = text;
        box.open = true;
      }
    }
  };
  const showLeft = (left) => {
    if (!elsewhere || !left.length) return;
    const list = elsewhere.querySelector("ul");
    list.replaceChildren(...left.map(({ name, entry, why }) => {
      const item = document.createElement("li");
      if (why === "gone") item.textContent = `${entry.label}: ${textOf(entry.state)}`;
      else item.append(Object.assign(document.createElement("a"), { href: `${entry.path}#${name}`, textContent: entry.label || entry.path }));
      return item;
    }));
    elsewhere.hidden = false;
  };
  let waiting = {};
  const comeBack = async () => {
    Object.assign(waiting, await keep.adopt((name) => fields.has(name) && isDirty(fields.get(name))));
    putNotesBack(waiting);
    const back = putBack(waiting);
    if (back.length && backNotice) {
      backNotice.hidden = false;
      backNotice.querySelector("[data-undo]").onclick = () => {
        for (const [field, before] of back) { write(field, before); keepOne(field); }
        backNotice.hidden = true;
        later(0);
      };
    }
    if (back.length) later(0);
    if (!Object.keys(waiting).length) return;
    const { left } = await keep.sendAll(waiting, token.value);
    waiting = Object.fromEntries(left.map(({ name, entry }) => [name, entry]));
    showLeft(left.filter(({ why }) => why !== "lost"));
  };
  // A panel that came with the page stands for a text that is nowhere but here.
  for (const field of fields.values()) {
    const panel = field.place.querySelector("[data-conflict-panel]");
    if (panel) { field.panel = panel; field.other = { v: field.version.value }; }
  }
  if (anyDirty()) { keepAll(); later(PAUSE); }
  comeBack();
  // The page before this one may not have let go yet of what it kept.
  for (const pause of [SECOND, 5 * SECOND]) window.setTimeout(comeBack, pause);
})();
