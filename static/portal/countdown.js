/* Counts down from the seconds the server measured, with performance.now(): the device's clock is never asked.
   After the tab slept, the server is asked again by the Date header of a HEAD request. */
(() => {
  "use strict";
  const places = [...document.querySelectorAll("[data-seconds-left]")].map((node) => ({
    node,
    left: Number(node.dataset.secondsLeft),
    since: performance.now(),
    instant: Date.parse(node.dataset.instant),
  }));
  if (!places.length) return;

  const fill = (form, values) => form.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);

  const show = (place) => {
    const seconds = Math.ceil(place.left - (performance.now() - place.since) / 1000);
    const data = place.node.dataset;
    if (Number.isNaN(seconds)) return;
    if (seconds <= 0) {
      if (!place.over) {
        place.over = true;
        place.node.textContent = data.over;
        place.node.closest(".deadline")?.classList.add("deadline-passed");
        document.dispatchEvent(new CustomEvent("minato:deadline"));
      }
      return;
    }
    const values = { d: Math.floor(seconds / 86400), m: Math.floor((seconds % 3600) / 60), s: seconds % 60 };
    values.mm = String(values.m).padStart(2, "0");
    values.ss = String(values.s).padStart(2, "0");
    values.h = Math.floor(seconds / 3600) - (seconds >= 172800 ? values.d * 24 : 0);
    const form = seconds >= 172800 ? data.days : seconds >= 3600 ? data.hours : data.minutes;
    const text = fill(form, values);
    if (place.node.textContent !== text) place.node.textContent = text;
    place.node.closest(".deadline")?.classList.toggle("deadline-soon", seconds < 259200);
  };
  const showAll = () => places.forEach(show);

  const ask = async () => {
    try {
      const answer = await fetch(window.location.href, { method: "HEAD", cache: "no-store" });
      const now = Date.parse(answer.headers.get("Date"));
      if (Number.isNaN(now)) return;
      for (const place of places) {
        if (Number.isNaN(place.instant)) continue;
        place.left = (place.instant - now) / 1000;
        place.since = performance.now();
      }
      showAll();
    } catch { /* offline: the last known count goes on */ }
  };

  let hidden = 0;
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) hidden = performance.now();
    else if (hidden) ask();
  });
  showAll();
  setInterval(showAll, 1000);
})();
