// Times of subtitles from the player. Without this file the times are typed and everything else works as well.
"use strict";
(() => {
  const form = document.querySelector("form.timing");
  const clip = document.getElementById("clip");
  const lines = [...document.querySelectorAll(".cues > li[id]")];
  if (!form || !clip || !lines.length) return;
  const typing = "input:not([type=submit]):not([type=checkbox]), textarea, select, [contenteditable]";
  let chosen = lines[0];

  const field = (line, name) => line.querySelector(`[name=${name}]`);
  // 1:02.5, 62.5 and 0:01:02.5 alike; NaN for what is no time.
  const seconds = (text) => text.trim().replace(",", ".").split(":").reduce((sum, part) => sum * 60 + Number(part || NaN), 0);
  const clock = (time) => {
    const tenths = Math.round(time * 10);
    return `${Math.floor(tenths / 600)}:${String(Math.floor(tenths / 10) % 60).padStart(2, "0")}.${tenths % 10}`;
  };
  const open = () => { clip.closest("details").open = true; };

  function choose(line) {
    chosen.classList.remove("chosen");
    chosen = line;
    chosen.classList.add("chosen");
  }

  function set(line, name) {
    // Rounding must not lead past the end of the clip.
    const end = Number.isFinite(clip.duration) ? Math.floor(clip.duration * 10) / 10 : Infinity;
    field(line, name).value = clock(Math.min(clip.currentTime, end));
    choose(line);
  }

  function play(line) {
    const begin = seconds(field(line, "begin").value);
    open();
    choose(line);
    if (!Number.isNaN(begin)) clip.currentTime = begin;
    clip.play();
  }

  function mark() {
    for (const line of lines) {
      const [begin, end] = ["begin", "end"].map((name) => seconds(field(line, name).value));
      line.classList.toggle("playing", begin <= clip.currentTime && clip.currentTime < end);
    }
  }

  for (const part of document.querySelectorAll("[data-script]")) part.hidden = false;
  choose(chosen);
  clip.addEventListener("timeupdate", mark);
  form.addEventListener("focusin", (event) => {
    const line = event.target.closest(".cues > li[id]");
    if (line) choose(line);
  });
  form.addEventListener("click", (event) => {
    const button = event.target.closest("button[type=button]");
    const line = button && button.closest(".cues > li[id]");
    if (!line) return;
    if ("play" in button.dataset) play(line);
    else set(line, button.dataset.now);
  });
  document.addEventListener("keydown", (event) => {
    if (!("keys" in form.dataset) || event.defaultPrevented || event.repeat || event.isComposing) return;
    if (event.ctrlKey || event.altKey || event.metaKey || event.shiftKey || event.target.closest(typing)) return;
    if (event.code === "KeyB") set(chosen, "begin");
    else if (event.code === "KeyE") {
      set(chosen, "end");
      choose(lines[Math.min(lines.indexOf(chosen) + 1, lines.length - 1)]);
      // The eye has to find the words that come next.
      chosen.scrollIntoView({ block: "nearest" });
    } else if (event.code === "KeyP") {
      open();
      if (clip.paused) clip.play(); else clip.pause();
    } else return;
    event.preventDefault();
  });
})();
