// Copies the private link; after sending, forgets the draft.
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
  } catch {
    // Storage is switched off: there was no draft.
  }
}
