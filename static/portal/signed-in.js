/* Tells the pages of this browser that somebody is signed in again, and closes the window that was opened for it. */
(() => {
  "use strict";
  if ("BroadcastChannel" in window) new BroadcastChannel("portal-session").postMessage("in");
  if (window.opener || window.name === "portal-session") window.setTimeout(() => window.close(), 600);
})();
