/* Small helps. Everything works without them. */
(() => {
  "use strict";
  const menus = () => document.querySelectorAll("details[data-menu][open]");

  // The style sheet of the Japanese letters weighs as much as all others: only a page with such letters asks for it.
  const japanese = /[\u3000-\u30ff\u3400-\u9fff\uf900-\ufaff\uff00-\uffef]/;
  const sheets = document.currentScript?.dataset.japanese?.split(" ") ?? [];
  const bringLetters = () => {
    for (const href of sheets.splice(0)) document.head.append(Object.assign(document.createElement("link"), { rel: "stylesheet", href }));
  };
  const isWritten = [...document.querySelectorAll("input")].some((field) => japanese.test(field.value));
  if (isWritten || japanese.test(document.body.textContent)) bringLetters();
  else document.addEventListener("input", (event) => japanese.test(event.target.value ?? "") && bringLetters());

  // A menu closes when one clicks elsewhere or presses Escape.
  document.addEventListener("click", (event) => {
    for (const menu of menus()) if (!menu.contains(event.target)) menu.open = false;
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const menu of menus()) {
      const inside = menu.contains(document.activeElement);
      menu.open = false;
      if (inside) menu.querySelector("summary").focus();
    }
  });

  // <a href="/confirm/" data-dialog="id"> opens the native dialog of that id; without JavaScript it is a link to a page that asks.
  document.addEventListener("click", (event) => {
    const opener = event.target.closest("[data-dialog]");
    if (opener) {
      const dialog = document.getElementById(opener.dataset.dialog);
      if (dialog?.showModal) {
        event.preventDefault();
        dialog.showModal();
      }
    }
    if (event.target.closest("[data-close]")) event.target.closest("dialog")?.close();
  });

  // A button that prints; without JavaScript the browser's own menu does.
  for (const button of document.querySelectorAll("[data-print]")) button.addEventListener("click", () => window.print());

  // A form sent once: a double click sends one request (the server would count them as one anyway).
  for (const form of document.querySelectorAll("form[data-once]")) {
    form.addEventListener("submit", (event) => {
      if (form.dataset.sent) event.preventDefault();
      form.dataset.sent = "yes";
      form.setAttribute("aria-busy", "true");
    });
  }
  window.addEventListener("pageshow", () => {
    for (const form of document.querySelectorAll("form[data-once]")) {
      delete form.dataset.sent;
      form.removeAttribute("aria-busy");
    }
  });

  // A new account starts in the time zone of the device, if the list knows it and nobody has chosen another.
  for (const list of document.querySelectorAll("select[data-time-zone]")) {
    const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
    if (list.value === "UTC" && [...list.options].some((option) => option.value === zone)) list.value = zone;
  }

  // A public page does not know where its reader lives and says the hour in UTC: the device knows.
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (["", "UTC"].includes(document.body.dataset.zone) && zone && !["UTC", "Etc/UTC"].includes(zone)) {
    const lang = document.documentElement.lang;
    const parts = (instant, timeZone) => Object.fromEntries(new Intl.DateTimeFormat(lang.startsWith("en") ? "en-US" : lang, {
      timeZone, weekday: "short", day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit", hourCycle: "h23",
    }).formatToParts(instant).map((part) => [part.type, part.value]));
    for (const node of document.querySelectorAll(".deadline-when time[datetime], .board-when time[datetime]")) {
      const instant = new Date(node.dateTime);
      if (Number.isNaN(instant.getTime())) continue;
      const { weekday, day, month, year, hour, minute } = parts(instant, zone);
      const place = node.closest(".deadline-when, .board-when");
      let reader = place.querySelector(".deadline-reader");
      const date = `${day} ${month}`;
      if (node.textContent.includes(`${date} ${year}, ${hour}:${minute}`)) {
        reader?.remove(); // both clocks show the same
        continue;
      }
      const time = node.textContent.includes(`${date} ${year}`) ? `${hour}:${minute}` : `${weekday} ${date}, ${hour}:${minute}`;
      const text = document.body.dataset.yourTime.replace("{time}", time);
      if (!reader) {
        reader = document.createElement("span");
        reader.className = "deadline-reader";
        (node.closest("strong") ?? node).after(" ", reader);
      }
      reader.textContent = place.matches(".deadline-when") ? `(${text})` : text;
    }
  }

  // The criteria start as a closed drawer on a small screen; without JavaScript they start open.
  const small = window.matchMedia("(max-width: 899px)");
  for (const drawer of document.querySelectorAll("details.desk-drawer")) {
    const place = () => { drawer.open = !small.matches; };
    place();
    small.addEventListener("change", place);
  }

  // A shared computer must not offer one person's unsaved text to the next.
  for (const form of document.querySelectorAll('form[action$="/accounts/logout/"]')) {
    form.addEventListener("submit", () => {
      try {
        sessionStorage.clear();
        for (const key of Object.keys(localStorage)) if (key.startsWith("draft:")) localStorage.removeItem(key);
      } catch { /* nothing is kept then */ }
    });
  }
})();
