/* Asks for the page anew and puts in what changed, so that stage and desk agree. Without a script the page
   reloads by itself. What has the focus stays; while something is being sent, nothing is asked. */
(() => {
  "use strict";
  const place = document.querySelector("[data-refresh]");
  if (!place) return;
  let sending = false;
  document.addEventListener("submit", () => { sending = true; });
  // A page that comes back from the browser's store has sent nothing.
  window.addEventListener("pageshow", () => { sending = false; });
  const words = (node) => node.textContent.replace(/\s+/g, " ").trim();

  const ask = async () => {
    if (sending || document.hidden) return;
    try {
      const answer = await fetch(window.location.href, { cache: "no-store", redirect: "error" });
      if (!answer.ok || sending) return;
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const fresh = page.getElementById(place.id);
      if (!fresh || words(fresh) === words(place)) return;
      const held = document.activeElement;
      const name = place.contains(held) ? held.getAttribute("value") : null;
      place.replaceChildren(...fresh.childNodes);
      if (name) [...place.querySelectorAll("button")].find((one) => one.value === name)?.focus();
    } catch { /* offline: what stands there stays */ }
  };
  setInterval(ask, Number(place.dataset.refresh) * 1000);
  document.addEventListener("visibilitychange", ask);
})();
