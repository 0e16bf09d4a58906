// Before the first paint: the theme that was chosen here last, so that nothing flashes.
"use strict";
(() => {
  let chosen = null;
  try {
    chosen = localStorage.getItem("theme");
  } catch {
    // Storage is switched off in this browser: the system's theme it is.
  }
  if (chosen === "light" || chosen === "dark") document.documentElement.classList.add(`m-${chosen}`);
})();
