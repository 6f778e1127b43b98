/* What is typed and not saved yet stays on this device, so that it survives a closed page: one entry for each answer, under
   the account, the application and the page that wrote it. Gone once it is saved, after thirty days, and at signing out. */
window.draftKeep = (() => {
  "use strict";
  const DAYS = 30;
  const page = [...crypto.getRandomValues(new Uint8Array(12))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  const hold = `draft-page:${page}`;

  // A page that is open holds a lock with its name: what it has not saved yet it saves itself, and no other page does.
  navigator.locks?.request(hold, () => new Promise(() => {}));
  const openPages = async () => {
    try { return new Set((await navigator.locks.query()).held.map((one) => one.name)); } catch { return new Set(); }
  };
  const inOrder = async (act) => (navigator.locks ? navigator.locks.request("draft-adopt", act) : act());

  const keys = () => {
    try { return Object.keys(localStorage).filter((key) => key.startsWith("draft:")); } catch { return []; }
  };
  const read = (key) => {
    try { return JSON.parse(localStorage.getItem(key)); } catch { return null; }
  };
  const remove = (key) => { try { localStorage.removeItem(key); } catch { /* it was never kept */ } };
  for (const key of keys()) if (!(Date.now() - read(key)?.at < DAYS * 86_400_000)) remove(key);

  // ---- controls of a field: all that are named q_… or q_…_something, whatever the kind of the question ----
  const CHOSEN = /^(checkbox|radio)$/;
  const belong = (one, name) => (one.name === name || one.name?.startsWith(`${name}_`)) && one.type !== "file" && !one.closest("[data-upload]");
  const state = (controls) => JSON.stringify(controls
    .filter((one) => !CHOSEN.test(one.type) || one.checked)
    .flatMap((one) => (one.type === "select-multiple" ? [...one.selectedOptions].map((option) => [one.name, option.value]) : [[one.name, one.value]])));
  // As the page came, whatever was typed into it before this script did: on a slow line that is the first sentence.
  const asItCame = (controls) => JSON.stringify(controls
    .filter((one) => !CHOSEN.test(one.type) || one.defaultChecked)
    .map((one) => {
      if (CHOSEN.test(one.type)) return [one.name, one.value];
      if (!one.options) return [one.name, one.defaultValue];
      return [one.name, ([...one.options].filter((option) => option.defaultSelected).pop() ?? one.options[0])?.value ?? ""];
    }));
  // The server draws the field with somebody's answer; what its controls hold there is that answer.
  const drawn = (name, html) => {
    const page = new DOMParser().parseFromString(`<form>${html}</form>`, "text/html");
    return state([...page.querySelectorAll("input, select, textarea")].filter((one) => belong(one, name)));
  };
  const textOf = (kept) => JSON.parse(kept).map(([, value]) => value).filter(Boolean).join("\n");

  const open = (account, application) => {
    const mine = `draft:${account}:${application}:`;
    const put = (name, entry) => {
      try {
        localStorage.setItem(`${mine}${page}:${name}`, JSON.stringify({ ...entry, at: Date.now() }));
        return true;
      } catch {
        return false; // full or forbidden: the page itself still holds the text
      }
    };
    const drop = (name) => remove(`${mine}${page}:${name}`);
    // What closed pages have left becomes this page's own, but for answers that it is writing itself.
    const adopt = (isBusy = () => false) => inOrder(async () => {
      const alive = await openPages();
      const found = {};
      const orphans = keys().filter((one) => one.startsWith(mine)).map((key) => {
        const [writer, name] = key.slice(mine.length).split(":");
        return { key, writer, name, entry: read(key) };
      }).filter((one) => one.entry && one.writer !== page && !alive.has(`draft-page:${one.writer}`) && !isBusy(one.name));
      for (const { key, name, entry } of orphans.sort((one, other) => other.entry.at - one.entry.at)) {
        // Two closed pages with two texts of one answer: the older waits for its turn, as a text that stands beside the newer.
        if (found[name] && found[name].state !== entry.state) continue;
        found[name] ??= entry;
        if (put(name, found[name])) remove(key);
      }
      return found;
    });
    // The answers of other sections are sent from here; what nobody can take is handed back with the reason.
    const sendAll = async (entries, token) => {
      const left = [];
      let saved = 0;
      for (const [name, entry] of Object.entries(entries)) {
        if (!name.startsWith("q_")) continue; // a note goes with its button
        const result = await send(name, entry, token, account);
        if (result === "saved") { drop(name); saved += 1; } else left.push({ name, entry, why: result });
      }
      return { saved, left };
    };
    return { put, drop, adopt, sendAll };
  };

  const body = (token, account) => {
    const form = new FormData();
    form.set("csrfmiddlewaretoken", token);
    form.set("account", account);
    form.set("touched", "");
    return form;
  };
  const add = (form, name, kept, entry) => {
    form.append("touched", name);
    for (const [control, value] of JSON.parse(kept)) form.append(control, value);
    form.set(name.replace(/^q/, "v"), entry.v);
    form.set(name.replace(/^q/, "b"), entry.b);
  };
  const send = async (name, entry, token, account, again = true) => {
    const form = body(token, account);
    add(form, name, entry.state, entry);
    try {
      const answer = await fetch(entry.path, { method: "POST", body: form, credentials: "same-origin", redirect: "manual", headers: { "X-Autosave": "1" } });
      const said = answer.headers.get("Content-Type")?.startsWith("application/json") ? await answer.json() : {};
      const other = said.conflicts?.find((one) => one.field === name);
      if (other && again && entry.sent?.includes(drawn(name, other.html))) return send(name, { ...entry, v: other.v, b: other.b }, token, account, false);
      if (other) return "contested";
      if (said.fields?.[name] || said.newer?.[name]) return "saved";
      return said.gone?.includes(name) ? "gone" : "lost";
    } catch {
      return "lost";
    }
  };

  return { open, state, asItCame, drawn, belong, textOf, body, add };
})();

/* On a page that shows answers and has no form for them, what was left behind is sent before anybody trusts the page. */
(() => {
  "use strict";
  const here = document.querySelector("[data-draft-behind]");
  const token = document.querySelector("[name=csrfmiddlewaretoken]");
  if (!here || !token) return;
  const keep = window.draftKeep.open(here.dataset.account, here.dataset.application);
  keep.adopt().then(async (entries) => {
    if (!Object.keys(entries).some((name) => name.startsWith("q_"))) return;
    const { saved, left } = await keep.sendAll(entries, token.value);
    if (!left.length) { if (saved) location.reload(); return; }
    here.hidden = false;
    for (const { name, entry } of left) {
      const link = Object.assign(document.createElement("a"), { href: `${entry.path}#${name}`, textContent: entry.label || entry.path });
      const item = document.createElement("li");
      item.append(link);
      here.querySelector("ul").append(item);
    }
  });
})();
