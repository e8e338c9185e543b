// The card beside the form, counters, a draft of the words in this tab, the way to the scripts for files: no need to send.
"use strict";
document.documentElement.classList.add("js");

const form = document.querySelector("form");
const card = document.querySelector(".look .card");
const field = (name) => form.elements.namedItem(name);

// Characters as a person counts them: an emoji of several parts is one.
const clusters = window.Intl && Intl.Segmenter ? new Intl.Segmenter() : null;
const count = (text) => (clusters ? Array.from(clusters.segment(text)) : Array.from(text)).length;
const number = (value) => value.toString().replace(/\B(?=(\d{3})+$)/g, ",");

for (const input of form.querySelectorAll("textarea[data-limit]")) {
  const left = document.createElement("span");
  left.className = "left";
  input.after(left);
  const limit = Number(input.dataset.limit);
  const show = () => {
    const used = count(input.value);
    left.textContent = `${number(used)} / ${number(limit)}`;
    left.classList.toggle("over", used > limit);
  };
  input.addEventListener("input", show);
  show();
}

const heading = card.querySelector("h2");
const postmark = card.querySelector(".pm");
const words = card.querySelector(".msg");
const from = heading.querySelector("small");
const day = postmark.querySelector("time");
const nobody = field("name").value ? "" : from.nextSibling.textContent;

const element = (tag, text) => {
  const made = document.createElement(tag);
  made.textContent = text;
  return made;
};

// As the server does: the type with which no word of a country breaks.
const width = (word) => Array.from(word).reduce((sum, sign) => sum + (sign >= "ᄀ" ? 1 : 0.62), 0);
const fit = (name, two) => {
  const widest = Math.max(...name.split(" ").map(width));
  if (widest <= 5 && width(name) <= (two ? 5 : 9)) return "";
  return widest <= 6 && width(name) <= (two ? 6 : 13) ? "long" : "tiny";
};

const draw = () => {
  heading.replaceChildren(from, field("name").value.trim() || nobody);
  if (field("group").value.trim()) heading.append(element("span", field("group").value.trim()));
  // A label such as "독일 (도이췰란드)": both names stand in the postmark.
  const [, name, north] = field("country").selectedOptions[0].text.match(/^(.*?)(?: \((.*)\))?$/);
  const korean = document.documentElement.lang === "ko";
  const parts = korean && north ? [name, north] : [field("country").selectedOptions[0].text];
  postmark.className = `pm ${fit(parts[0], parts.length > 1)}`;
  postmark.replaceChildren(element("b", parts[0]), ...parts.slice(1).map((part) => element("span", part)), day);
  const paragraphs = field("body").value.split(/\n\s*\n/).filter((part) => part.trim());
  words.removeAttribute("lang");
  words.dir = "auto";
  words.replaceChildren(...paragraphs.map((part) => element("p", part.trim())));
};

// Words only, in this tab only; the page after sending clears it.
const DRAFT = ["body", "own_ko", "alt", "name", "group"];
try {
  const draft = JSON.parse(sessionStorage.getItem("draft") || "{}");
  if (DRAFT.every((name) => !field(name).value)) {
    for (const name of DRAFT) field(name).value = draft[name] || "";
    for (const input of form.querySelectorAll("textarea")) input.dispatchEvent(new Event("input"));
  }
  form.addEventListener("input", () => {
    sessionStorage.setItem("draft", JSON.stringify(Object.fromEntries(DRAFT.map((name) => [name, field(name).value]))));
  });
} catch {
  // Storage is switched off: no draft.
}

form.addEventListener("input", draw);
draw();

// A file travels while the form is filled in, or is recorded here; without these scripts it goes with the form.
const paths = document.currentScript.dataset;
const load = (name) => {
  if (!document.querySelector(`[href="${paths.sheet}"]`)) {
    const style = element("link", "");
    style.rel = "stylesheet";
    style.href = paths.sheet;
    style.onerror = () => style.remove(); // the line was down: the next one asks again
    document.head.append(style);
  }
  return import(paths[name]);
};
const mayRecord = window.MediaRecorder && navigator.mediaDevices;

for (const kind of ["photo", "video", "voice"]) {
  const input = field(kind);
  const button = input.parentNode.querySelector("button");
  input.disabled = false; // some browsers remember otherwise over a reload
  input.addEventListener("change", () => {
    const [file] = input.files;
    if (file) load("upload").then(({ send }) => send(kind, file, file.name), () => {});
  });
  if (button && !mayRecord) button.remove();
  else if (button) {
    button.addEventListener("click", () => {
      // Both at once: what was recorded must not wait for a script. Without a line the field beside it stays.
      Promise.all([load("record"), load("upload")])
        .then(([{ open }, { send }]) => open(kind, input.parentNode, (file, name) => send(kind, file, name)))
        .catch(() => {});
    });
  }
}

try {
  if (sessionStorage.getItem("upload")) load("upload").then(({ resume }) => resume(), () => {});
} catch {
  // Storage is switched off: nothing was begun.
}
