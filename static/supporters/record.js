// Records a video or a voice with this device: at most two minutes, watched or heard before it is used.

const LIMIT = 120; // seconds
const WARNED_AT = [30, 10]; // seconds left
const QUIET = 0.02; // of full scale; a microphone that works is never so still for long
const QUIET_SECONDS = 4;
// Safari records MP4 only; where both can be had, phones encode H.264 with less of their battery.
const TYPES = {
  video: ["video/mp4;codecs=avc1.42E01E,mp4a.40.2", "video/webm;codecs=vp8,opus", "video/mp4", "video/webm"],
  voice: ["audio/mp4;codecs=mp4a.40.2", "audio/webm;codecs=opus", "audio/mp4", "audio/webm", "audio/ogg"],
};
const PICTURE = { facingMode: "user", width: { ideal: 640 }, height: { ideal: 480 }, frameRate: { ideal: 24, max: 30 } };
const RATES = { videoBitsPerSecond: 600_000, audioBitsPerSecond: 64_000 };

const form = document.querySelector("form[data-uploads]");
const clock = (seconds) => `${Math.floor(seconds / 60)}:${String(Math.floor(seconds) % 60).padStart(2, "0")}`;

/** Open the recorder before `place`; gives what was recorded to `use(blob, name)`. */
export const open = async (kind, place, use) => {
  const answer = await fetch(new URL("recorder/", form.action));
  const { body: content } = new DOMParser().parseFromString(await answer.text(), "text/html");
  // Meanwhile another kind may have been chosen, or the button pressed twice.
  if (!answer.ok || !place.offsetParent) return;
  const box = content.firstElementChild;
  const part = (name) => box.querySelector(`[data-${name}]`);
  const say = (name, values) =>
    content.querySelector(`[data-say="${name}"]`).textContent.replace(/\{(\w+)\}/g, (_, key) => values[key]);
  const media = document.createElement(kind === "video" ? "video" : "audio");
  const buttons = ["start", "stop", "again", "use", "close"];
  let stream, sound, recorder, blob, ticking;

  const show = (at, able, sentence = "") => {
    box.dataset.at = at;
    const inUse = box.contains(document.activeElement);
    for (const name of buttons) part(name).hidden = !able.includes(name);
    part("note").textContent = sentence;
    part("clock").hidden = at === "watch" || at === "none";
    part("level").hidden = at !== "ready" && at !== "recording";
    if (inUse && able.length) part(able[0]).focus();
  };

  const release = () => {
    clearInterval(ticking);
    if (recorder && recorder.state !== "inactive") recorder.stop();
    recorder = null;
    if (stream) for (const track of stream.getTracks()) track.stop();
    if (sound) sound.close();
    stream = sound = null;
    if (media.src) URL.revokeObjectURL(media.src);
    media.srcObject = null;
    media.removeAttribute("src");
  };

  const close = () => {
    release();
    removeEventListener("pagehide", release);
    form.removeEventListener("submit", submitted);
    form.removeEventListener("change", changed);
    box.remove();
    place.hidden = false;
    if (place.offsetParent) place.querySelector("button").focus();
  };

  // Another kind was chosen: no camera runs behind a page that does not show it.
  const changed = ({ target }) => target.name === "kind" && close();

  // The preview was pressed: what is recorded is meant to be in it.
  const submitted = (event) => {
    if (box.dataset.at === "recording") recorder.stop();
    else if (box.dataset.at !== "watch") return;
    event.preventDefault();
    if (box.dataset.at === "watch") {
      part("use").click();
      (event.submitter || form.querySelector("[value=preview]")).click();
    }
  };

  const listen = () => {
    sound = new (window.AudioContext || window.webkitAudioContext)();
    const meter = sound.createAnalyser();
    meter.fftSize = 1024;
    sound.createMediaStreamSource(stream).connect(meter);
    const samples = new Uint8Array(meter.fftSize);
    let heardAt = Date.now();
    return () => {
      meter.getByteTimeDomainData(samples);
      const peak = Math.max(...samples.map((sample) => Math.abs(sample - 128))) / 128;
      if (peak > QUIET) heardAt = Date.now();
      part("level").value = Math.sqrt(peak);
      return Date.now() - heardAt < QUIET_SECONDS * 1000;
    };
  };

  const prepare = async () => {
    release();
    show("asking", ["close"], say("asking"));
    part("clock").hidden = true;
    try {
      const wanted = { audio: true, video: kind === "video" && PICTURE };
      const got = await navigator.mediaDevices.getUserMedia(wanted);
      if (!box.isConnected) {
        for (const track of got.getTracks()) track.stop();
        return;
      }
      stream = got;
    } catch {
      show("none", ["close"], say("none"));
      return;
    }
    media.controls = false;
    media.muted = true;
    media.srcObject = stream;
    if (kind === "video") media.play().catch(() => {});
    part("time").textContent = clock(0);
    const hears = listen();
    const silent = say("silent");
    const hint = say(`ready-${kind}`);
    show("ready", ["start", "close"], hint);
    ticking = setInterval(() => {
      const wanted = hears() ? (box.dataset.at === "ready" ? hint : "") : silent;
      const note = part("note");
      if (note.textContent !== wanted && (wanted || note.textContent === silent)) note.textContent = wanted;
    }, 100);
  };

  const watch = (chunks, type) => {
    blob = new Blob(chunks, { type });
    if (!blob.size) {
      prepare(); // stopped before there was anything
      return;
    }
    release();
    media.muted = false;
    media.controls = true;
    media.src = URL.createObjectURL(blob);
    // A recording does not know its length until its end was looked for.
    media.onloadedmetadata = () => {
      if (media.duration === Infinity) media.currentTime = 1e7;
    };
    media.ontimeupdate = () => {
      if (media.currentTime > LIMIT * 2 || media.duration === media.currentTime) media.currentTime = 0;
      media.ontimeupdate = null;
    };
    show("watch", ["use", "again", "close"], say("watch"));
  };

  const start = () => {
    const type = TYPES[kind].find((name) => MediaRecorder.isTypeSupported(name));
    const made = new MediaRecorder(stream, { ...RATES, ...(type && { mimeType: type }) });
    const chunks = [];
    const begun = Date.now();
    recorder = made;
    made.ondataavailable = (event) => event.data.size && chunks.push(event.data);
    made.onstop = () => recorder === made && watch(chunks, made.mimeType || type);
    made.start(1000);
    show("recording", ["stop", "again"]);
    let left = LIMIT;
    const tick = setInterval(() => {
      if (recorder !== made || made.state === "inactive") {
        clearInterval(tick);
        return;
      }
      const seconds = (Date.now() - begun) / 1000;
      part("time").textContent = clock(Math.min(seconds, LIMIT));
      for (const mark of WARNED_AT) {
        if (left > mark && LIMIT - seconds <= mark) part("note").textContent = say("left", { seconds: mark });
      }
      left = LIMIT - seconds;
      if (left <= 0) made.stop();
    }, 200);
  };

  part("start").onclick = start;
  part("stop").onclick = () => recorder.stop();
  part("again").onclick = prepare;
  part("close").onclick = close;
  part("use").onclick = () => {
    const name = say("name");
    const made = blob;
    close();
    use(made, name);
  };
  addEventListener("pagehide", release);
  form.addEventListener("submit", submitted);
  form.addEventListener("change", changed);
  media.setAttribute("playsinline", "");
  media.setAttribute("aria-label", say("name"));
  part("media").append(media);
  part("use").textContent = say(`use-${kind}`);
  for (const refused of form.querySelectorAll("[data-at=refused]")) refused.remove();
  place.before(box);
  place.hidden = true;
  box.focus();
  await prepare();
};
