// Copies the private link; after sending, forgets the draft; looks again while the file is being prepared.
"use strict";
document.documentElement.classList.add("js");

for (const button of document.querySelectorAll("[data-copy]")) {
  if (!navigator.clipboard) {
    button.remove();
    continue;
  }
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent);
    button.textContent = button.dataset.copied;
  });
}

if ("sent" in document.currentScript.dataset) {
  try {
    sessionStorage.removeItem("draft");
    sessionStorage.removeItem("upload");
  } catch {
    // Storage is switched off: there was no draft.
  }
}

// Slower and slower, and not behind another tab: the page says the same without it.
const FIRST = 3; // seconds
const SLOWEST = 30;
let pause = FIRST;
const waits = () => document.querySelector("[data-state=received], [data-state=processing]");
const lookAgain = async () => {
  if (!document.hidden) {
    try {
      const page = await (await fetch(location.pathname)).text();
      const fresh = new DOMParser().parseFromString(page, "text/html").querySelector("[data-state]");
      const old = waits();
      const hadFocus = old.contains(document.activeElement);
      if (fresh && fresh.outerHTML !== old.outerHTML) {
        old.replaceWith(document.adoptNode(fresh));
        const heard = document.getElementById("heard");
        heard.textContent = fresh.querySelector("p").textContent;
        if (hadFocus) (fresh.querySelector("a") || document.querySelector("main")).focus();
        pause = FIRST;
      }
    } catch {
      // The line is down: later.
    }
  }
  pause = Math.min(pause * 1.5, SLOWEST);
  if (waits()) setTimeout(lookAgain, pause * 1000);
};
if (waits()) setTimeout(lookAgain, pause * 1000);
