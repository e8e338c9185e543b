// Puts a remembered sentence where the cursor stands. Without this file the button sends the form and the page comes
// back with the sentence at the end of the text.
"use strict";
document.addEventListener("click", (event) => {
  const button = event.target.closest("button[data-into]");
  if (!button) return;
  const field = document.getElementById(button.dataset.into);
  const sentence = document.getElementById(button.dataset.from).textContent;
  const before = field.value.slice(0, field.selectionStart);
  const space = before === "" || /\s$/.test(before) ? "" : " ";
  event.preventDefault();
  field.setRangeText(space + sentence, field.selectionStart, field.selectionEnd, "end");
  field.dispatchEvent(new Event("input", { bubbles: true }));
  field.focus();
});
